"""1,000 nodes, 10,000 claims, 500 classes and 500 ClusterPairs, and the memory and time that they cost."""

import time
from concurrent.futures import ThreadPoolExecutor

from harness import memory, requests
from harness.bystander import Bystander
from harness.objects import controlled_by, pod_of
from harness.prober import probing
from harness.suite import case, expect
from harness.waiting import wait_until
from live import stage

NODES, CLAIMS, CLASSES, PAIRS, STRANGERS = 1_000, 10_000, 500, 500, 2_000
WRITERS = 24
BUILD_SECONDS = 60
SETTLE_SECONDS = 3


class Figures:
    """What one test measured and the next one compares with."""

    idle_kib = None


@case
def idle(world):
    """an empty cluster: how long the view takes, and what it costs"""
    seconds, guard = _cold(world, "pxguard-idle")
    time.sleep(SETTLE_SECONDS)
    Figures.idle_kib = memory.resident_kib(guard.process_id)
    guard.kill()
    return f"ready after {seconds:.2f} s, resident {_mib(Figures.idle_kib)}"


@case
def strangers(world):
    """2,000 Deployments that are no Portworx leave nothing in memory"""
    namespace = world.namespace("strangers")
    _create(world, (_deployment(namespace, index) for index in range(STRANGERS)))
    seconds, guard = _cold(world, "pxguard-with-strangers")
    time.sleep(SETTLE_SECONDS)
    resident = memory.resident_kib(guard.process_id)
    guard.kill()
    grown = resident - (Figures.idle_kib or resident)
    return f"ready after {seconds:.2f} s, resident {_mib(resident)}, {grown:+d} KiB against idle"


@case
def filling(world):
    """the cluster is filled, and the pxguard that is there sees it"""
    world.plant(*stage.keys(world), stage.portworx(world), stage.stork(world))
    stage.wait_for_refusal(world)
    started = time.monotonic()
    owner = world.cluster.get("daemonset/portworx", "-n", stage.NAMESPACE)["metadata"]["uid"]
    _create(world, (_node(index) for index in range(NODES)))
    _create(world, (_pod(world, owner, index) for index in range(NODES)))
    _create(world, (_class(index) for index in range(CLASSES)))
    for namespace in ("a", "b"):
        world.namespace(f"claims-{namespace}")
    _create(world, (_claim(index) for index in range(CLAIMS)))
    _create(world, (_pair(index) for index in range(PAIRS)))
    seconds = time.monotonic() - started
    return f"in {seconds:.0f} s; resident {_mib(memory.resident_kib(world.guard.process_id))}"


@case
def cold(world):
    """a pxguard that starts in the large cluster: view from cold, memory, latency meanwhile"""
    seconds, guard = _cold(world, "pxguard-cold")
    ready = memory.resident_kib(guard.process_id)
    time.sleep(SETTLE_SECONDS)
    kept, peak = memory.resident_kib(guard.process_id), memory.peak_kib(guard.process_id)
    guard.kill()
    return (
        f"ready after {seconds:.2f} s, resident {_mib(ready)} then, {_mib(kept)} later, "
        f"at most {_mib(peak)}"
    )


@case
def latency_while_rebuilt(world):
    """admission is answered in its time while the whole view is read anew"""
    review = stage.Witness(world).review()
    with probing(world.guard, review) as quiet:
        time.sleep(5)
    before = len(world.guard.proxy.requests)
    with probing(world.guard, review) as busy:
        # Every kind is listed again: its version is too old, and the policy is another one.
        with world.guard.proxy.answering(410, watches_only=True):
            world.guard.proxy.drop()
            wait_until("watches are refused", lambda: world.guard.proxy.hits >= 3, 20)
        with world.guard.policy_with("upgrades: Gate", "upgrades: Gate\nsecrets: [pxkeys]"):
            time.sleep(5)
        wait_until("all is read", lambda: stage.asked(world, stage.stork(world))["allowed"], 30)
    asked = len(world.guard.proxy.requests) - before
    expect(not (quiet.failures or busy.failures), "a review was not answered", busy.failures[:3])
    return (
        f"quiet: middle {quiet.middle_ms():.1f} ms, slowest {quiet.slowest_ms():.1f} ms; while it is "
        f"read ({asked} requests): middle {busy.middle_ms():.1f} ms, slowest {busy.slowest_ms():.1f} ms"
    )


@case
def audit_of_all(world):
    """pxguard audit of the large cluster: time and memory"""
    started = time.monotonic()
    status, _, said = world.guard.audit("--quiet")
    seconds = time.monotonic() - started
    expect(status in (0, 1), f"audit ends with {status}", said)
    return f"{seconds:.1f} s, status {status}"


@case
def requests_of_a_minute(world):
    """requests of a minute in which nothing happens; nothing is written"""
    time.sleep(20)
    before = len(requests.recorded(world.cluster.audit_text()))
    time.sleep(60)
    later = requests.recorded(world.cluster.audit_text())[before:]
    writes = [str(request) for request in later if request.is_write]
    expect(not writes, "it writes", "\n".join(writes))
    return f"{len(later)} requests: {requests.by_verb(later)}"


def _cold(world, name):
    guard = Bystander(world, name)
    started = time.monotonic()
    guard.start(patience=BUILD_SECONDS)
    return time.monotonic() - started, guard


def _create(world, things):
    def write(batch):
        with world.connect() as connection:
            for path, thing in batch:
                reply = connection.send("POST", path, thing, user=stage.OPERATOR)
                expect(reply.accepted, "it should be created", reply)

    things = list(things)
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, (things[place::WRITERS] for place in range(WRITERS))))


def _node(index):
    return "/api/v1/nodes", {"kind": "Node", "metadata": {"name": f"node-{index}"}}


def _pod(world, owner, index):
    metadata = {"name": f"portworx-{index}", "labels": {"name": "portworx"}}
    pod = controlled_by(
        pod_of(world.object("portworx.yaml"), **metadata), "apps/v1", "DaemonSet", "portworx", owner
    )
    pod["spec"]["nodeName"] = f"node-{index}"
    return f"/api/v1/namespaces/{stage.NAMESPACE}/pods", pod


def _class(index):
    token = {
        f"csi.storage.k8s.io/{step}-secret-{part}": value
        for step in ("provisioner", "node-publish", "controller-expand")
        for part, value in (("name", "px-user-token"), ("namespace", stage.NAMESPACE))
    }
    return "/apis/storage.k8s.io/v1/storageclasses", {
        "metadata": {"name": f"px-class-{index}"},
        "provisioner": "pxd.portworx.com",
        "parameters": {"repl": "3", **token},
    }


def _claim(index):
    return f"/api/v1/namespaces/claims-{'ab'[index % 2]}/persistentvolumeclaims", {
        "metadata": {"name": f"claim-{index}", "labels": {"app": "database"}},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": f"px-class-{index % CLASSES}",
            "resources": {"requests": {"storage": "10Gi"}},
        },
    }


def _pair(index):
    namespace = stage.NAMESPACE
    return f"/apis/stork.libopenstorage.org/v1alpha1/namespaces/{namespace}/clusterpairs", {
        "apiVersion": "stork.libopenstorage.org/v1alpha1",
        "kind": "ClusterPair",
        "metadata": {"name": f"pair-{index}"},
        "spec": {"options": {"ip": "10.0.0.1", "port": "9001", "token": f"canary-token-{index}"}},
    }


def _deployment(namespace, index):
    labels = {"app": f"web-{index}"}
    container = {"name": "web", "image": "nginx:1.27", "env": [{"name": "A", "value": "b"}]}
    return f"/apis/apps/v1/namespaces/{namespace}/deployments", {
        "metadata": {"name": f"web-{index}"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _mib(kib):
    return f"{kib / 1024:.1f} MiB"
