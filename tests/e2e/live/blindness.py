"""pxguard reads Secrets and holds none. Looks back at all tests of this cluster before it."""

import base64
import copy
import hashlib
import hmac
import json
import os
import re
import time

from harness import memory, requests
from harness.bystander import Bystander
from harness.canaries import canaries_of, encoded, forms
from harness.serving import review_of, stored
from harness.objects import container
from harness.suite import Skipped, case, expect
from harness.waiting import TimedOut, wait_until
from harness.world import ROOT
from live import stage

QUIET_SECONDS = 20
WIPED_SECONDS = 5
# Read by a view alone, and never part of a review that this process was sent.
ONLY_READ = "canaryOnlyReadByTheViewQ8vLm3XzT5nBw7YcHpK2gRs9JdFe4UoAi6"
READ_LATER = "canaryReadLaterByTheViewM4kTz8WqX2nVb6LyHpC9gRs3JdFe7UoAi5"
OF_AN_AUDIT = "canaryReadOnceByAnAuditP7xNw4KqZ9tLb2VyHmC6gRs8JdFe3UoAi5"
GUESSED = "canaryIsBeingGuessedAtT3vXm8KqW5nZb9LyHpC2gRs6JdFe4UoAi7"
SINK_KINDS = "daemonsets,deployments,pods,policyreports,reports.openreports.io,leases"


@case
def guesses_without_certificate(world):
    """who shows no certificate learns nothing about a key: a right guess and a wrong one are answered
    alike, byte by byte"""
    with stage.standing(world, *_guessed_secret(world), stage.portworx(world)):
        _wait_for_sight(world, world.guard)
        for title, right, wrong in _guesses(world):
            answers = [_without_age(world.guard.review(guess)) for guess in (right, wrong)]
            expect(answers[0] == answers[1], f"{title} tells them apart", b"\n".join(answers).decode())


@case
def guesses_with_certificate(world):
    """who shows a certificate that is asked for has the bytes compared"""
    authority = world.authority
    pair = authority.issue("a-client", ["DNS:api-server"], usage="clientAuth")
    with stage.standing(world, *_guessed_secret(world), stage.portworx(world)):
        guard = Bystander(world, "pxguard-with-certificate")
        guard.start([f"--client-ca={authority.certificate}"])
        try:
            _wait_for_sight(world, guard, pair)
            told = []
            for title, right, wrong in _guesses(world):
                answers = [_without_age(guard.review(guess, pair)) for guess in (right, wrong)]
                if answers[0] != answers[1]:
                    told.append(title)
            expect("a literal of Stork" in told, "a literal is not compared with the key", told)
            return f"compared: {', '.join(told)}"
        finally:
            guard.kill()


@case
def memory_of_serve(world):
    """no value of a Secret that the view has read stays in the memory of serve"""
    _need_root()
    secret = world.object("px-system-secrets.yaml")
    secret["stringData"]["apps-secret"] = ONLY_READ
    with stage.standing(world, *stage.keys(world, "pxkeys.yaml"), secret, stage.portworx(world)):
        guard = Bystander(world, "pxguard-observed")
        guard.start()
        try:
            wait_until("its view is there", lambda: _sees_difference(world, guard), 10)
            first = _gone_after(guard.process_id, ONLY_READ)
            secret["stringData"]["apps-secret"] = READ_LATER
            world.plant(secret)
            later = _gone_after(guard.process_id, READ_LATER)
            own = memory.counted(world.guard.process_id, _needles(ONLY_READ) + _needles(READ_LATER))
            # Reviews hold what people write: nothing of the two Secrets came to the other process so.
            return f"read at the start: {first}; read after a change: {later}; in the webhook: {own}"
        finally:
            guard.kill()


@case
def memory_of_audit(world):
    """no value of a Secret is in the memory of audit when it is done"""
    _need_root()
    secret = world.object("px-system-secrets.yaml")
    secret["stringData"]["apps-secret"] = OF_AN_AUDIT
    with stage.standing(world, *stage.keys(world, "pxkeys.yaml"), secret, stage.portworx(world)):
        # It stops where it writes its report, until somebody reads that.
        with world.guard.stopped_audit() as (process, read_report):
            found = memory.counted(process, _needles(OF_AN_AUDIT))
        expect('"findings"' in read_report(), "there is no report", read_report())
        expect(not found, "a value is still there", found)
        return f"nothing found of {len(_needles(OF_AN_AUDIT))} forms"


@case
def steady_state(world):
    """in a cluster where nothing happens pxguard writes nothing"""
    with stage.standing_portworx(world):
        world.quiet_calls()
        _wait_for_quiet(world)
        before = len(requests.recorded(world.cluster.audit_text()))
        time.sleep(QUIET_SECONDS)
        later = requests.recorded(world.cluster.audit_text())[before:]
        writes = [request for request in later if request.is_write]
        expect(not writes, "it writes", "\n".join(map(str, writes)))
        return f"{len(later)} requests in {QUIET_SECONDS} s: {requests.by_verb(later)}"


@case
def secrets_by_name(world):
    """the API server's audit log has no request for Secrets without a single name, none for a name that
    is not on the policy's list, and none for what pxguard has no business with"""
    found = requests.recorded(world.cluster.audit_text())
    secrets = [request for request in found if request.resource == "secrets"]
    expect(secrets, "no Secret was ever read")
    unnamed = [str(request) for request in secrets if not request.name]
    expect(not unnamed, "Secrets without a name", "\n".join(unnamed[:5]))
    # Listed by the policies of these tests, with a namespace.
    listed = {*stage.DEFAULT_SECRETS}
    strange = [str(request) for request in secrets if request.name not in listed]
    expect(not strange, "Secrets that are not on the list", "\n".join(strange[:5]))
    writes = {(request.verb, request.resource) for request in found if request.is_write}
    may_write = {"events", "leases", "policyreports", "clusterpolicyreports", "reports", "clusterreports"}
    expect({what for _, what in writes} <= may_write, "it writes something else", writes)
    codes = {code: sum(request.code == code for request in found) for code in (401, 403, 404, 409)}
    return f"{len(found)} requests, {len(secrets)} for Secrets; writes: {sorted(writes)}; {codes}"


@case
def canaries_in_no_output(world):
    """no key is in a log, a metric, a message, a report, an Event or the audit log of this cluster"""
    canaries = canaries_of([*ROOT.glob("manifests/*.yaml"), *ROOT.glob("live/*.py")])
    expect(len(canaries) > 10, "the manifests have lost their keys", canaries)
    for sink, text in _sinks(world).items():
        for canary in canaries:
            shown = [form for form in forms(canary) if form in text]
            expect(not shown, f"{sink}: {shown} of a key is shown")


def _sinks(world):
    """All that anybody may read of what pxguard has said, by the name of where it is."""
    cluster = world.cluster
    mine = {name: text for name, text in cluster.logs().items()}
    events = cluster.must("get", "events.v1.events.k8s.io", "-A", "-o", "json").out
    listed = cluster.get(SINK_KINDS, "-A")["items"]
    return {
        **{f"log of {name}": text for name, text in mine.items()},
        "metrics": world.guard.all_metrics(),
        "messages": "\n".join(world.said),
        "audit log": cluster.audit_text(),
        "events": events,
        "objects": "\n".join(json.dumps(thing) for thing in listed),
    }


def _guessed_secret(world):
    keys = world.object("pxkeys.yaml")
    keys["stringData"]["stork-secret"] = GUESSED
    return [keys, world.object("px-system-secrets.yaml")]


def _guesses(world):
    """Triples of a title, and reviews with the right and with a wrong guess at a key of pxkeys."""
    wrong = GUESSED[::-1].replace("yranac", "canary")
    for title, make in {
        "a literal of Stork": _literal_of_stork,
        "a literal of Portworx": _literal_of_portworx,
        "a Secret in use that is made again": _secret_made,
        "a Secret in use that is changed": _secret_changed,
        "another Secret": _another_secret,
        "a token": _token,
    }.items():
        yield title, make(world, GUESSED), make(world, wrong)


def _literal_of_stork(world, guess):
    return review_of(_with_literal(world.object("stork.yaml"), "PX_SHARED_SECRET", guess))


def _literal_of_portworx(world, guess):
    made = world.object("portworx.yaml", name="portworx-2")
    return review_of(_with_literal(made, "PORTWORX_AUTH_SYSTEM_APPS_KEY", guess))


def _with_literal(workload, name, guess):
    [variable] = [entry for entry in container(workload)["env"] if entry["name"] == name]
    del variable["valueFrom"]
    variable["value"] = guess
    return workload


def _secret_made(world, guess):
    secret = world.object("pxkeys.yaml")
    secret["stringData"]["stork-secret"] = guess
    return review_of(stored(secret))


def _secret_changed(world, guess):
    """The old object is forged as well: nobody but the API server knows the true one."""
    secret = stored(_secret_made(world, guess)["request"]["object"])
    changed = copy.deepcopy(secret)
    changed["metadata"]["labels"] = {"team": "storage"}
    return review_of(changed, old=secret, operation="UPDATE")


def _another_secret(world, guess):
    secret = world.object("px-system-secrets.yaml")
    secret["stringData"]["apps-secret"] = guess
    return review_of(stored(secret))


def _token(world, guess):
    claims = {"iss": "apps.portworx.io", "sub": "a", "name": "a", "email": "a", "exp": 2**32}
    claims.update({"iat": 1_700_000_000, "roles": ["system.user"], "groups": ["*"]})
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.new(guess.encode(), signed, hashlib.sha256).digest()
    token = signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")
    secret = world.object("px-system-secrets.yaml", name="px-user-token")
    return review_of(stored({**secret, "stringData": {"auth-token": token.decode()}}))


def _without_age(answer):
    """Two reviews may come on either side of a second."""
    return re.sub(rb"\d+ s (old|ago)", rb"N s \1", answer)


def _wait_for_sight(world, guard, certificate=None):
    wrong = review_of(stage.stork(world, stage.OTHER))

    def refused():
        return b'"allowed":false' in guard.review(wrong, certificate)

    wait_until("it sees Portworx and its keys", refused, 10)


def _sees_difference(world, guard):
    return not stage.asked(world, stage.stork(world, stage.OTHER), guard)["allowed"]


def _gone_after(process, canary):
    """How long the value is found, from now on; in words."""
    started = time.monotonic()
    first = memory.counted(process, _needles(canary))
    scanned = time.monotonic() - started
    if not first:
        return f"nothing found by a scan of {scanned:.1f} s"
    try:
        wait_until(
            "the value is gone from memory",
            lambda: not memory.counted(process, _needles(canary)),
            WIPED_SECONDS,
        )
    except TimedOut:
        expect(False, "a value stays", "\n".join(map(str, memory.places(process, _needles(canary)))))
    return f"{sum(first.values())} places at first, none after {time.monotonic() - started:.1f} s"


def _needles(canary):
    return [form.encode() for form in {canary, encoded(canary), *forms(canary)}]


def _need_root():
    if os.geteuid() != 0:
        raise Skipped("only root may read the memory of another process")


def _wait_for_quiet(world):
    """Until what the test itself has changed is read and reported."""

    def is_quiet():
        before = len(requests.recorded(world.cluster.audit_text()))
        time.sleep(3)
        return before == len(requests.recorded(world.cluster.audit_text()))

    wait_until("pxguard is done with what has changed", is_quiet, 40)
