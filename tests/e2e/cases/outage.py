"""pxguard goes away. Storage must not, and a bad object must not slip in meanwhile."""

from cases.before import SURVIVORS
from harness.serving import DRAIN_SECONDS
from harness.objects import controlled_by
from harness.suite import case, expect
from harness.waiting import wait_until
from harness.world import OPERATOR, STORK

LABEL = {"metadata": {"labels": {"changed": "yes"}}}
FILES = [
    "portworx-without-system-key.yaml",
    "stork-with-user-key.yaml",
    "storagecluster.yaml",
    "pxkeys.yaml",
]


@case
def terminated(world):
    """SIGTERM ends pxguard with status 0 within 15 s"""
    status, seconds = world.guard.stop()
    expect(status == 0 and seconds <= DRAIN_SECONDS, f"status {status} after {seconds:.1f} s")


@case
def bad_objects_without_pxguard(world):
    """while pxguard is dead no person writes anything of Portworx: the failure policy refuses it"""
    world.guard.kill()
    for file in FILES:
        answer = world.apply(world.object(file, name="meanwhile"))
        expect(
            not answer.accepted and 'failed calling webhook "enforce.pxguard.io"' in answer.err,
            "the API server should refuse what it cannot ask about",
            answer,
        )


@case
def pods_without_pxguard(world):
    """while pxguard is dead the pods of Portworx and Stork come back, change and go"""
    world.guard.kill()
    for label in ("name=portworx", "name=stork"):
        wait_until(f"pods of {label} are there", lambda label=label: world.pods(SURVIVORS, label))
        _replace_pods(world, label)
        changed = world.kubectl("label", "pods", "-n", SURVIVORS, "-l", label, "changed=yes")
        world.expect_accepted(changed)


@case
def released_pods_without_pxguard(world):
    """while pxguard is dead a controller lets go of a pod, and what is orphaned goes on alone"""
    world.guard.kill()
    [pod, *_] = wait_until("Stork has its pod", lambda: world.pods(SURVIVORS, "name=stork"))
    place = [f"pod/{pod}", "-n", SURVIVORS]
    world.expect_accepted(world.kubectl("label", *place, "name=quarantined", "--overwrite"))
    wait_until(
        "Stork has another pod", lambda: world.pods(SURVIVORS, "name=stork").keys() - {pod}
    )
    wait_until(
        "the pod has no controller",
        lambda: "ownerReferences" not in world.cluster.get(*place)["metadata"],
    )
    orphan = ["daemonset/portworx", "-n", SURVIVORS, "--cascade=orphan", "--wait=false"]
    before = world.pods(SURVIVORS, "name=portworx")
    world.expect_accepted(world.kubectl("delete", *orphan))
    wait_until("the DaemonSet is gone", lambda: not world.kubectl("get", *orphan[:3]).accepted)
    left = world.pods(SURVIVORS, "name=portworx")
    expect(before and before.keys() == left.keys(), "its pods should go on", f"{before} {left}")


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
    """while pxguard is dead the operator makes, changes and deletes all that is its own"""
    world.guard.kill()
    keys = world.object("pxkeys.yaml", name="px-system-secrets", namespace=SURVIVORS)
    owned = world.object("portworx.yaml", name="px-of-operator", namespace=SURVIVORS)
    with world.connect() as connection:
        cluster = ("StorageCluster", SURVIVORS, "px-e2e")
        uid = connection.get(*cluster).thing["metadata"]["uid"]
        controlled_by(owned, "core.libopenstorage.org/v1", "StorageCluster", "px-e2e", uid)
        for thing in (keys, owned):
            place = (thing["kind"], SURVIVORS, thing["metadata"]["name"])
            _expect_accepted(
                connection.create(thing, user=OPERATOR),
                connection.patch(*place, LABEL, user=OPERATOR),
                connection.delete(*place, user=OPERATOR),
            )
        _expect_accepted(
            connection.patch(*cluster, {"spec": {"version": "3.1.0"}}, user=OPERATOR),
            connection.patch(*cluster, LABEL, user=STORK),
        )
        # What it owns is its own, whoever writes it.
        _expect_accepted(connection.create(owned))


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


def _expect_accepted(*replies):
    for reply in replies:
        expect(reply.accepted, "it should be accepted", reply)
