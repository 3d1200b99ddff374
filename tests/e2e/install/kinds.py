"""Kinds that are not workloads: conditions on objects that lack what they look at, or have something else
there."""

import contextlib

from harness import metrics
from harness.replicas import Replicas
from harness.suite import case, expect
from install.lifecycle import BAD, clean_up, install

FAILED = "apiserver_admission_match_condition_evaluation_errors_total"
SNAPSHOT = ("snapshot.storage.k8s.io/v1", "VolumeSnapshotClass")
GROUP = ("groupsnapshot.storage.k8s.io/v1", "VolumeGroupSnapshotClass")
STORK = ("stork.libopenstorage.org/v1", "Migration")
# Each with whether it is sent.
OBJECTS = [
    (("storage.k8s.io/v1", "StorageClass"), {"provisioner": "pxd.portworx.com"}, True),
    (("storage.k8s.io/v1", "StorageClass"), {"provisioner": "kubernetes.io/portworx-volume"}, True),
    (("storage.k8s.io/v1", "StorageClass"), {"provisioner": "ebs.csi.aws.com"}, False),
    (SNAPSHOT, {"driver": "pxd.portworx.com", "deletionPolicy": "Delete"}, True),
    (SNAPSHOT, {"driver": "ebs.csi.aws.com"}, False),
    (SNAPSHOT, {}, False),
    (SNAPSHOT, {"driver": 7}, False),
    (SNAPSHOT, {"driver": ["pxd.portworx.com"]}, False),
    (SNAPSHOT, {"driver": None}, False),
    (GROUP, {"driver": "com.openstorage.pxd"}, True),
    (GROUP, {"driver": {}}, False),
    (STORK, {}, True),
    (STORK, {"spec": None}, True),
    (STORK, {"spec": "text"}, True),
]


@case
def lacking_objects(world):
    """no condition stumbles over a class or an object of Stork, whatever it lacks; strangers are not sent"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        stack.callback(clean_up, world, replicas)
        install(world, replicas)
        before = metrics.total(world.cluster.metrics(), FAILED)
        for (version, kind), content, is_sent in OBJECTS:
            thing = {"apiVersion": version, "kind": kind, "metadata": {"name": "e2e"}, **content}
            calls = sum(world.quiet_calls())
            words = ("create", "--dry-run=server", "--validate=false", "-f", "-")
            answer = world.cluster.kubectl(*words, objects=[thing])
            title = f"{kind} with {content}"
            refused = "denied the request" in answer.err
            expect(answer.accepted or refused, f"{title}: the API server stumbles", answer)
            asked = sum(world.calls_by_entry()) - calls
            expect(asked == (1 if is_sent else 0), f"{title}: {asked:.0f} calls")
        failed = metrics.total(world.cluster.metrics(), FAILED) - before
        expect(failed == 0, f"{failed:.0f} conditions failed")
    return f"{len(OBJECTS)} objects"


lacking_objects.seconds = 200


@case
def both_entries(world):
    """a bad StorageClass is refused to people, and the operator is only warned about it"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        stack.callback(clean_up, world, replicas)
        install(world, replicas)
        operator = "system:serviceaccount:kube-system:portworx-operator"
        words = ("create", "--dry-run=server", f"--as={operator}", "--as-group=system:masters")
        answer = world.cluster.kubectl(*words, "-f", "-", objects=[BAD])
        expect(answer.accepted, "the operator is refused", answer)
        expect(any("PXS607" in said for said in answer.warnings), "it is not warned", answer)


both_entries.seconds = 200
