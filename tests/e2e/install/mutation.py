"""A policy that lets pxguard mend: its configuration, as `pxguard webhooks` prints it, in a cluster."""

import contextlib
import json

from harness.replicas import Replicas
from harness.suite import case, expect
from harness.waiting import wait_until
from install.lifecycle import clean_up, install
from install.sameness import printed_for

RULE = "PXS610"
POLICY = {"rules": {RULE: {"mutate": True}}}
CSI = "csi.storage.k8s.io/provisioner-secret-name"
# The parameters of the driver before.
MISPLACED = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "px-misplaced"},
    "provisioner": "pxd.portworx.com",
    "parameters": {
        "openstorage.io/auth-secret-name": "px-user-token",
        "openstorage.io/auth-secret-namespace": "portworx",
    },
}
OPERATOR = "system:serviceaccount:kube-system:portworx-operator"


@case
def mended(world):
    """what the policy lets mend is mended for people through the printed configuration, not for the
    operator, and goes unmended while pxguard is dead"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        stack.callback(clean_up, world, replicas)
        text = printed_for(world, POLICY)
        install(world, replicas, policy=POLICY, staticConfigurations=text)
        parameters = wait_until("a StorageClass is mended", lambda: _mended(world), 20)
        expect(parameters[CSI] == "px-user-token", "not as it should be", parameters)
        expect(CSI not in _made(world, f"--as={OPERATOR}", "--as-group=system:masters"), "whose?")
        for replica in replicas.running():
            replicas.kill(replica)
        # enforce fails closed: with it open, what is left is how the mutate entry fails.
        world.cluster.must("delete", "validatingwebhookconfiguration", "pxguard")
        wait_until("it passes as it is", lambda: _passes_unmended(world), 20)


mended.seconds = 200


def _mended(world):
    parameters = _made(world)
    return parameters if CSI in parameters else None


def _passes_unmended(world):
    words = ["create", "--dry-run=server", "-f", "-"]
    return world.cluster.kubectl(*words, objects=[MISPLACED]).accepted and not _mended(world)


def _made(world, *flags):
    """The parameters of a class that was only made as a dry run."""
    words = ["create", "--dry-run=server", "-o", "json", *flags, "-f", "-"]
    answer = world.cluster.kubectl(*words, objects=[MISPLACED])
    expect(answer.accepted, "it is refused", answer)
    things = json.loads(answer.out)
    [thing] = things["items"] if things["kind"] == "List" else [things]
    return thing["parameters"]
