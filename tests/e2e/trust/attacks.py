"""Attacks on the webhook itself, each under the number that docs/certificates.md gives it."""

import contextlib
import copy
import json
import socket
import ssl
import time

from harness.api import FAILURES
from harness.load import load
from harness.serving import review_of
from harness.suite import case, expect
from harness.waiting import wait_until
from install.lifecycle import BAD
from trust import stage

SLOW = 300


def _stork(world, name, key="shared-secret"):
    thing = copy.deepcopy(world.object("stork.yaml", namespace="kube-system"))
    [container] = thing["spec"]["template"]["spec"]["containers"]
    for variable in container["env"]:
        if variable["name"] == "PX_SHARED_SECRET":
            variable["valueFrom"] = {"secretKeyRef": {"name": name, "key": key}}
    return thing


@case
def oracle(world):
    """A-02: who asks pxguard directly does not learn whether a Secret exists that is none of Portworx's"""
    with stage.running(world, "oracle") as [replica]:
        make = ["create", "secret", "generic", "-n", "kube-system"]
        world.cluster.must(*make, "canary-there", "--from-literal=shared-secret=canary")
        try:
            answers = []
            for name in ("canary-there", "canary-away"):
                review = review_of(_stork(world, name))
                text = _asked(replica, review).decode()
                answers.append(text.replace(name, "canary"))
            expect(answers[0] == answers[1], "the answers differ", "\n".join(answers))
        finally:
            delete = ["delete", "secret", "-n", "kube-system", "canary-there"]
            world.cluster.must(*delete)


def _asked(replica, review):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    body = json.dumps(review).encode()
    head = (
        f"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(replica.address, timeout=5) as bare:
        with tls.wrap_socket(bare) as connection:
            connection.sendall(head.encode() + body)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
    return answer.split(b"\r\n\r\n", 1)[1]


@case
def slow_clients(world):
    """A-07: hundreds of clients that hold their connections and say next to nothing cost nobody else a
    request"""
    with stage.running(world, "besieged") as [replica], contextlib.ExitStack() as stack:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        with load(world) as people:
            people.wait_for(50)
            for number in range(SLOW):
                bare = socket.create_connection(replica.address, timeout=5)
                stack.callback(bare.close)
                if number % 3 == 0:
                    continue
                with contextlib.suppress(OSError):
                    connection = tls.wrap_socket(bare)
                    stack.callback(connection.close)
                    if number % 3 == 1:
                        connection.sendall(b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Le")
                    else:
                        smuggled = b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                        connection.sendall(smuggled + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            people.wait_for(300)
        others = people.others()
        expect(not others, f"{len(others)} of {people.count()} writes failed", others[:3])
        expect(stage.refuses(world), "it refuses no more")
    return f"{SLOW} clients, {people.count()} writes, none failed"


@case
def labels(world):
    """A-16: no label of a namespace takes its objects out of sight: the one that counts cannot be chosen"""
    with stage.running(world, "labelled"):
        world.cluster.kubectl("delete", "namespace", "hiding", "--ignore-not-found")
        world.cluster.must("create", "namespace", "hiding")
        name = "kubernetes.io/metadata.name=pxguard"
        world.cluster.kubectl("label", "namespace", "hiding", name, "--overwrite")
        for label in ("pxguard.io/ignore=true", "control-plane=true", "admission=disabled"):
            world.cluster.must("label", "namespace", "hiding", label)
        hidden = _stork(world, "px-system-secrets")
        hidden["metadata"]["namespace"] = "hiding"
        [container] = hidden["spec"]["template"]["spec"]["containers"]
        for variable in container["env"]:
            if variable.pop("valueFrom", None):
                variable["value"] = "canaryInTheOpen"
        answer = world.create(hidden, flags=("--dry-run=server",))
        expect(not answer.accepted and "PXS" in answer.err, "it slips through", answer)
        for entry in stage.configuration(world)["webhooks"]:
            keys = {each["key"] for each in entry["namespaceSelector"]["matchExpressions"]}
            expect(keys == {"kubernetes.io/metadata.name"}, "another label counts", keys)
            expect(not entry.get("objectSelector"), "a label of the object counts", entry)
        world.cluster.must("delete", "namespace", "hiding", "--wait=false")


@case
def users(world):
    """A-17: no user and no group is let through: not an administrator, a node, or pxguard itself"""
    users = {
        "admin": ["system:masters"],
        "system:node:one": ["system:nodes", "system:masters"],
        "system:serviceaccount:pxguard:pxguard": ["system:masters"],
        "system:serviceaccount:kube-system:generic-garbage-collector": ["system:masters"],
        "system:apiserver": ["system:masters"],
        "pxguard": ["system:masters", "system:serviceaccounts:kube-system"],
    }
    with stage.running(world, "impersonated"):
        for user, groups in users.items():
            flags = ["--dry-run=server", f"--as={user}", *(f"--as-group={group}" for group in groups)]
            answer = world.create(BAD, flags=flags)
            expect(not answer.accepted and "PXS607" in answer.err, f"{user} is let in", answer)


@case
def forced_open(world):
    """A-18: whoever crashes pxguard, again and again, or keeps it busy gets nothing bad in"""
    with stage.running(world, "crashed") as [replica]:
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 10)
        accepted = []
        for _ in range(3):
            replica.kill()
            accepted += [stage.create_bad(world).accepted for _ in range(3)]
            replica.begin(stage.service_address(world)).wait_until_ready()
            accepted.append(stage.create_bad(world).accepted)
        with load(world) as people:
            people.wait_for(100)
            ended = time.monotonic() + 5
            with world.connect() as connection:
                while time.monotonic() < ended:
                    accepted.append(_accepts(connection))
        expect(not any(accepted), f"{sum(accepted)} of {len(accepted)} got in")
    return f"{len(accepted)} attempts, none got in"


def _accepts(connection):
    try:
        path = "/apis/storage.k8s.io/v1/storageclasses?dryRun=All"
        return connection.send("POST", path, BAD).accepted
    except FAILURES:
        return False


@case
def taken_apart(world):
    """A-19: its configuration, Secret, Service and Lease are deleted one after the other: each is seen, and
    pxguard refuses again by itself, or never stopped"""
    with stage.running(world, "taken-apart") as [replica]:
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 10)
        gaps = {}
        for kind, name in ((stage.CONFIGURATION, "pxguard"), ("secret", stage.SECRET)):
            began = time.monotonic()
            place = ["-n", stage.NAMESPACE] if kind == "secret" else []
            world.cluster.must("delete", kind, name, *place)
            wait_until(f"{kind}: it refuses", lambda: stage.refuses(world), 60)
            gaps[kind] = time.monotonic() - began
        service = world.cluster.get("service", "-n", stage.NAMESPACE, "pxguard")
        world.cluster.must("delete", "service", "-n", stage.NAMESPACE, "pxguard")
        expect(not stage.create_bad(world).accepted, "without its Service things get in")
        for field in ("resourceVersion", "uid", "creationTimestamp"):
            service["metadata"].pop(field, None)
        world.cluster.must("create", "-f", "-", objects=[service])
        wait_until("it refuses", lambda: stage.refuses(world), 30)
        expect(replica.is_running(), "it has ended")
    return ", ".join(f"{kind} {seconds:.1f} s" for kind, seconds in gaps.items())
