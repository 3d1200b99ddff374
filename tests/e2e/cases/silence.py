"""Keys that were sent to pxguard, and must not come out of it; and other sums over all tests."""

from harness import metrics
from harness.canaries import canaries_of, encoded, forms
from harness.suite import case, expect
from harness.world import ROOT

FAULTY = "portworx-without-system-key.yaml"
STATES = "daemonsets,deployments,replicasets,statefulsets,jobs,pods,storageclusters"


@case
def keys_are_never_repeated(world):
    """no key that was sent is in a log, a metric, a message, an event, a status or the audit log"""
    canaries = _canaries()
    expect(len(canaries) > 10, "the manifests have lost their keys", canaries)
    _expect_sent(world)
    # Something is said even when this test runs alone.
    world.expect_refusal(world.create(world.object(FAULTY)), "DaemonSet", "PXS101")
    for sink, text in _sinks(world).items():
        expect(text, f"{sink}: there is nothing to look at")
        for canary in canaries:
            shown = [form for form in forms(canary) if form in text]
            expect(not shown, f"{sink}: {shown} of a key is shown")


@case
def no_condition_ever_failed(world):
    """no condition has failed in all these tests"""
    name = "apiserver_admission_match_condition_evaluation_errors_total"
    failed = metrics.total(world.cluster.metrics(), name)
    expect(failed == 0, f"the API server counts {failed:.0f} failed conditions")


def _sinks(world):
    """All that anybody may read of what pxguard has said, by the name of where it is."""
    listed = world.cluster.get(STATES, "--all-namespaces")["items"]
    events = world.cluster.get("events", "--all-namespaces")["items"]
    return {
        **{f"log of {name}": text for name, text in world.cluster.logs().items()},
        "metrics": world.guard.all_metrics(),
        "messages": "\n".join(world.said),
        "audit log": world.cluster.audit_text(),
        "events": "\n".join(event.get("message", "") for event in events),
        "statuses": "\n".join(str(thing.get("status")) for thing in listed),
    }


def _expect_sent(world):
    """The keys did come by: the cluster has them, and kubectl wrote them where they can be read."""
    stored = world.cluster.must("get", "secret", "pxkeys", "-n", "kube-system", "-o", "json").out
    [canary, *_] = world.object("pxkeys.yaml")["stringData"].values()
    expect(encoded(canary) in stored and canary in stored, "a key was not sent in both forms")


def _canaries():
    """All keys of these tests: in the manifests, and in the cases that change one."""
    return canaries_of([*ROOT.glob("manifests/*.yaml"), *ROOT.glob("cases/*.py")])
