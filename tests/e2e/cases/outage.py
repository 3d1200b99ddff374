"""pxguard goes away. Storage must not, and a bad object must not slip in meanwhile."""

from cases.before import SURVIVORS
from harness.guard import DRAIN_SECONDS
from harness.suite import case, expect
from harness.waiting import wait_until
from harness.world import AS_OPERATOR


@case
def terminated(world):
    """SIGTERM ends pxguard with status 0 within 15 s"""
    status, seconds = world.guard.stop()
    expect(status == 0 and seconds <= DRAIN_SECONDS, f"status {status} after {seconds:.1f} s")


@case
def bad_objects_without_pxguard(world):
    """while pxguard is dead a bad DaemonSet is refused by the failure policy"""
    world.guard.kill()
    answer = world.apply(world.object("portworx-without-system-key.yaml", name="meanwhile"))
    expect(
        not answer.accepted and 'failed calling webhook "enforce.pxguard.io"' in answer.err,
        "the API server should refuse what it cannot ask about",
        answer,
    )


@case
def pods_without_pxguard(world):
    """while pxguard is dead the pods of Portworx and Stork come back"""
    world.guard.kill()
    for label in ("name=portworx", "name=stork"):
        wait_until(f"pods of {label} are there", lambda label=label: world.pods(SURVIVORS, label))
        _replace_pods(world, label)


@case
def strangers_without_pxguard(world):
    """while pxguard is dead nobody else notices"""
    world.guard.kill()
    namespace = world.namespace("unnoticed")
    objects = world.manifest("unrelated.yaml")
    for thing in objects:
        thing["metadata"]["namespace"] = namespace
    world.expect_accepted(world.create(*objects))
    wait_until("the Deployment has its pod", lambda: world.pods(namespace, "app=web"))


@case
def operator_without_pxguard(world):
    """while pxguard is dead the operator writes its Secrets and its StorageCluster"""
    world.guard.kill()
    keys = world.object("pxkeys.yaml", name="px-system-secrets", namespace=SURVIVORS)
    world.expect_accepted(world.create(keys, flags=AS_OPERATOR))
    patch = ["--type=merge", "-p", '{"spec":{"version":"3.1.0"}}', *AS_OPERATOR]
    world.expect_accepted(world.kubectl("patch", "storagecluster/px-e2e", "-n", SURVIVORS, *patch))


@case
def deletion_without_pxguard(world):
    """while pxguard is dead a namespace with keys in it can be deleted"""
    world.guard.kill()
    world.cluster.must("delete", "namespace", "leftover", "--wait=false")
    wait_until(
        "the namespace is gone",
        lambda: not world.kubectl("get", "namespace", "leftover").accepted,
        60,
    )


def _replace_pods(world, label):
    before = world.pods(SURVIVORS, label)
    world.cluster.must("delete", "pods", "-n", SURVIVORS, "-l", label, "--wait=false")
    wait_until(
        f"new pods of {label} are there",
        lambda: world.pods(SURVIVORS, label).keys() - before.keys(),
    )
