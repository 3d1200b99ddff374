"""What one replica needs, as the chart starts it: the figures of docs/operations.md."""

import concurrent.futures
import contextlib
import http.client
import json
import ssl
import time

from harness.replicas import Replicas
from harness.serving import review_of
from harness.suite import case, expect
from install.lifecycle import BAD, clean_up, install

CONNECTIONS = 300
LARGE_REVIEWS = 20
LARGE_BYTES = 32 * 1024**2 - 2048
READY_SECONDS = 10
UNITS = {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}


@case
def under_its_limits(world):
    """with 300 connections and twenty reviews of 32 MiB a replica stays below the chart's memory limit,
    answers each, and judges a large one when it is alone"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        stack.callback(clean_up, world, replicas)
        install(world, replicas)
        [first, replica] = replicas.running()
        replicas.end(first)
        limit = _limit(world)
        at_rest = _peak(replica)
        tls = ssl.create_default_context(cafile=world.directory / "install-certs" / "ca.crt")
        tls.check_hostname = False
        small = json.dumps(review_of({**BAD, "metadata": {"name": "b", "namespace": ""}})).encode()
        connections = [stack.enter_context(_connection(replica, tls)) for _ in range(CONNECTIONS)]
        for connection in connections:
            expect(_ask(connection, small) == 200, "a small review is not answered")
        connected = _peak(replica)
        body = _large()
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(LARGE_REVIEWS) as pool:
            answers = list(pool.map(lambda _: _ask_once(replica, tls, body), range(LARGE_REVIEWS)))
        seconds = time.monotonic() - started
        peak = _peak(replica)
        # 500: too slow for its own deadline, on a machine that others use.
        expect(set(answers) <= {200, 500, 503}, f"answers: {sorted(set(answers))}")
        # Those that are told to come again would be asked again by the API server.
        alone = [_ask_once(replica, tls, body) for _ in range(3)]
        expect(200 in alone, f"a large review alone is not judged: {alone}")
        expect(_ask(connections[0], small) == 200, "it does not answer afterwards")
        expect(peak < limit, f"it took {peak / 2**20:.0f} MiB of {limit / 2**20:.0f} MiB")
    return (
        f"{at_rest / 2**20:.0f} MiB at rest, {connected / 2**20:.0f} MiB with {CONNECTIONS} connections,"
        f" {peak / 2**20:.0f} MiB at the peak; {answers.count(200)} of {LARGE_REVIEWS} large reviews judged,"
        f" {answers.count(503)} told to come again, in {seconds:.1f} s"
    )


under_its_limits.seconds = 200


@case
def soon_ready(world):
    """a replica is ready within seconds of its start"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        stack.callback(clean_up, world, replicas)
        install(world, replicas)
        [old, *_] = replicas.running()
        replicas.kill(old)
        started = time.monotonic()
        replicas.replace()
        # replace() waits for lagging endpoints as well.
        seconds = time.monotonic() - started
        newest = replicas.running()[-1]
        ready = newest.ready_after
    expect(ready < READY_SECONDS, f"it took {ready:.1f} s")
    return f"ready after {ready:.1f} s, in its Service after {seconds:.1f} s"


def _limit(world):
    deployment = world.cluster.get("deployment", "-n", "pxguard", "pxguard")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    text = container["resources"]["limits"]["memory"]
    return int(text[:-2]) * UNITS[text[-2:]]


def _peak(replica):
    with open(f"/proc/{replica.process_id}/status") as status:
        [line] = [line for line in status if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


@contextlib.contextmanager
def _connection(replica, tls):
    connection = http.client.HTTPSConnection(*replica.address, context=tls, timeout=60)
    try:
        yield connection
    finally:
        connection.close()


def _ask(connection, body):
    connection.request("POST", "/validate", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _ask_once(replica, tls, body):
    with _connection(replica, tls) as connection:
        return _ask(connection, body)


def _large():
    """A ConfigMap-like object of one long text: what an API server could send at most."""
    thing = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "large", "namespace": "default", "annotations": {"text": ""}},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}},
    }
    size = len(json.dumps(review_of(thing)))
    thing["metadata"]["annotations"]["text"] = "x" * (LARGE_BYTES - size)
    return json.dumps(review_of(thing)).encode()
