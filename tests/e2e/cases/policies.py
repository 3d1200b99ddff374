"""A policy that changes while pxguard serves, and Pods of controllers under both policies."""

import contextlib

from harness.guard import ENTRIES
from harness.objects import controlled_by, pod_of
from harness.suite import case, expect
from harness.waiting import wait_until

ENFORCE = ENTRIES[0]
FAULTY = "portworx-without-system-key.yaml"
# The line of deploy/install.yaml that goes with `controllerPods: Warn`, in both entries.
PODS_ARE_ADVISED = 'request.resource.resource in ["pods", "replicasets", "jobs"] ||'


@case
def policy_changes(world):
    """a policy that is changed while pxguard serves is in force without a restart, and back again"""
    faulty = world.object(FAULTY, namespace=world.namespace("policy-changed"))
    dry_run = ["--dry-run=server"]
    world.expect_refusal(world.create(faulty, flags=dry_run), "DaemonSet", "PXS101")
    with world.guard.policy_with("upgrades: Gate", "upgrades: Gate\nrules: {PXS101: warn}"):
        answer = world.create(faulty, flags=dry_run)
        world.expect_accepted(answer)
        world.expect_warning(answer, "PXS101")
    world.expect_refusal(world.create(faulty, flags=dry_run), "DaemonSet", "PXS101")


@case
def exceptions(world):
    """an exception of the policy lets an object pass, says why each time, and no other object"""
    namespace = world.namespace("excepted")
    exception = (
        "upgrades: Gate\nexceptions: [{rule: PXS101, object: {kind: DaemonSet, "
        f"namespace: {namespace}}}, reason: the lab holds no data, expires: 2199-12-31}}]"
    )
    excepted = world.object(FAULTY, namespace=namespace)
    with world.guard.policy_with("upgrades: Gate", exception), world.connect() as connection:
        reply = connection.create(excepted, dry_run=True)
        expect(reply.accepted, "the exception should let it pass", reply)
        [warning] = reply.warnings
        expect("the lab holds no data" in warning, "the reason is not said", reply)
        annotations = world.audit_annotations(reply)
        used = annotations.get("enforce.pxguard.io/exceptions", "")
        expect("PXS101" in used, "the audit log does not name the exception", annotations)
        answer = world.create(world.object(FAULTY), flags=["--dry-run=server"])
        world.expect_refusal(answer, "DaemonSet", "PXS101")


@case
def denied_controller_pods(world):
    """with controllerPods: Deny a faulty Pod of a controller is refused, and a right one is not"""
    namespace = world.namespace("pods-denied")
    faulty, right = (
        _controlled_pod(world, file, namespace) for file in (FAULTY, "portworx.yaml")
    )
    with _pods_denied(world, faulty), world.connect() as connection:
        reply = connection.create(faulty, dry_run=True)
        expect(reply.status == 403, "it should be refused", reply)
        expect("\nPXS101 " in reply.message, "PXS101 is not the reason", reply)
        reply = connection.create(right, dry_run=True)
        expect(reply.accepted and not reply.warnings, "a right Pod should pass", reply)
        # What a StorageCluster controls is advised all the same.
        operators = controlled_by(faulty, "core.libopenstorage.org/v1", "StorageCluster")
        reply = connection.create(operators, dry_run=True)
        expect(reply.accepted and reply.warnings, "the operator's Pod should pass", reply)


@case
def events_of_denied_pods(world):
    """with controllerPods: Deny the event of a DaemonSet says why its Pod does not come"""
    namespace = world.namespace("pods-missing")
    faulty = world.object(FAULTY, namespace=namespace)
    with _pods_denied(world, _controlled_pod(world, FAULTY, namespace)):
        world.plant(faulty)
        selector = "--field-selector=reason=FailedCreate"

        def messages():
            events = world.cluster.get("events", "-n", namespace, selector)["items"]
            return [event["message"] for event in events if "PXS101" in event["message"]]

        [message, *_] = wait_until("an event tells of the refusal", messages)
        world.said.append(message)
        expect(not world.pods(namespace, "name=portworx"), "there is a Pod all the same")
        # Or its controller would ask again and again.
        world.cluster.must("delete", "daemonset/portworx", "-n", namespace)


@case
def warned_controller_pods(world):
    """back with controllerPods: Warn the same Pod is accepted with a warning"""
    pod = _controlled_pod(world, FAULTY, world.namespace("pods-warned"))
    with world.connect() as connection:
        reply = connection.create(pod, dry_run=True)
    expect(reply.accepted, "it should be accepted", reply)
    expect(any("PXS101 " in warning for warning in reply.warnings), "no warning", reply)


@contextlib.contextmanager
def _pods_denied(world, faulty):
    """Both halves of `controllerPods: Deny`: the policy, and the conditions that go with it."""
    policy = world.guard.policy_with("controllerPods: Warn", "controllerPods: Deny")
    # The conditions go back first: the API server has read them before the policy is back.
    with policy, world.guard.conditions_without(PODS_ARE_ADVISED), world.connect() as connection:

        def refused():
            return f'"{ENFORCE}" denied' in connection.create(faulty, dry_run=True).message

        wait_until(f"{ENFORCE} refuses the Pod", refused)
        yield


def _controlled_pod(world, file, namespace):
    pod = pod_of(world.object(file), name="portworx-1", namespace=namespace)
    return controlled_by(pod, "apps/v1", "DaemonSet")
