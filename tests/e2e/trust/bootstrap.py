"""How pxguard comes into a cluster by itself, and how it goes."""

import contextlib
import time

from harness.suite import case, expect
from harness.waiting import wait_until
from trust import stage
from trust.stage import Kept

OTHERS = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "others"},
    "webhooks": [
        {
            "name": "everything.example.com",
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "timeoutSeconds": 1,
            "admissionReviewVersions": ["v1"],
            "clientConfig": {"service": {"namespace": "default", "name": "nobody"}},
            "rules": [
                {
                    "apiGroups": ["*"],
                    "apiVersions": ["*"],
                    "resources": ["secrets", "storageclasses", "pods", "deployments"],
                    "operations": ["*"],
                }
            ],
        }
    ],
}


@case
def from_nothing(world):
    """without a replica the cluster stays usable; from its first start on pxguard comes to refuse by
    itself"""
    with stage.applied(world):
        expect(stage.create_bad(world).accepted, "nobody runs, and it is refused all the same")
        first = Kept(world, "first")
        try:
            began = time.monotonic()
            first.begin(stage.service_address(world)).wait_until_ready()
            wait_until("it refuses", lambda: stage.refuses(world), 30)
            refusing = time.monotonic() - began
            wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 10)
            closed = time.monotonic() - began
            stage.expect_trusted(world, first)
            _expect_owner(world)
            status, said = stage.certs(world, "show")
            expect(status == 0, "certs show finds a fault", said)
            expect("PRIVATE" not in said, "certs show shows a key", said)
        finally:
            first.kill()
    return f"refused after {refusing:.1f} s, closed after {closed:.1f} s"


def _expect_owner(world):
    """So that it goes with the ClusterRole, whoever deletes that."""
    [owner] = stage.configuration(world)["metadata"]["ownerReferences"]
    role = world.cluster.get("clusterrole", "pxguard")
    expect(owner["uid"] == role["metadata"]["uid"], "the ClusterRole does not own it", owner)


@case
def others_are_down(world):
    """while every other webhook is down pxguard waits and says so, and refuses by itself once they are
    back; nothing of theirs goes by way of pxguard"""
    with stage.applied(world), contextlib.ExitStack() as stack:
        world.cluster.must("create", "-f", "-", objects=[OTHERS])
        delete = ("delete", "--ignore-not-found", stage.CONFIGURATION, "others")
        stack.callback(world.cluster.must, *delete)
        first = Kept(world, "beside-others")
        stack.callback(first.kill)
        first.begin(stage.service_address(world))
        wait_until("it says why", lambda: "everything.example.com" in first.log(), 20)
        expect(first.is_running() and not first.is_ready(), "it should wait", first.tail())
        expect(stage.configuration(world) is None, "it has made its configuration already")
        world.cluster.must(*delete)
        began = time.monotonic()
        wait_until("it refuses", lambda: stage.refuses(world), 60)
    return f"refused {time.monotonic() - began:.1f} s after the others were back"


@case
def two_at_once(world):
    """two replicas that start at once from nothing agree on one CA and serve the same certificate"""
    with stage.applied(world), contextlib.ExitStack() as stack:
        both = [Kept(world, name) for name in ("left", "right")]
        for replica in both:
            stack.callback(replica.kill)
        both[0].begin(stage.service_address(world))
        both[1].begin()
        for replica in both:
            replica.wait_until_ready()
        wait_until("it refuses", lambda: stage.refuses(world), 30)
        expect(both[0].shown() == both[1].shown(), "they serve different certificates")
        expect({stage.authorities(each) for each in stage.bundles(world)} == {1}, "not one CA")
        stage.expect_trusted(world, *both)


@case
def last_one_opens(world):
    """the last replica that stops in order opens what it closed; one that has a successor does not, and
    one that is killed leaves it closed"""
    with stage.running(world, "leaving") as [replica]:
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 10)
        expect(replica.end() == 0, "it does not end well", replica.tail())
        expect(stage.failure_policy(world) == "Fail", "it has opened in spite of a successor")
        replica.begin(stage.service_address(world)).wait_until_ready()
        wait_until("it refuses", lambda: stage.refuses(world), 30)
        world.cluster.must("delete", "endpointslice", "-n", stage.NAMESPACE, "pxguard-elsewhere")
        expect(replica.end() == 0, "it does not end well", replica.tail())
        expect(stage.failure_policy(world) == "Ignore", "it has left a closed door")
        expect(stage.create_bad(world).accepted, "the cluster is not usable")
        replica.begin(stage.service_address(world)).wait_until_ready()
        wait_until("it is closed again", lambda: stage.failure_policy(world) == "Fail", 30)
        replica.kill()
        expect(stage.failure_policy(world) == "Fail", "a crash has opened it")
        expect(not stage.create_bad(world).accepted, "a crash lets things in")


@case
def goes_with_its_role(world):
    """who deletes the ClusterRole of pxguard takes the webhook configuration along, without any hook"""
    with stage.running(world, "uninstalled") as [replica]:
        replica.kill()
        world.cluster.must("delete", "clusterrole", "pxguard")
        wait_until("it is gone", lambda: stage.configuration(world) is None, 60)
