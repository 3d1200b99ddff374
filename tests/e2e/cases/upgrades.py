"""Workloads that were faulty before pxguard came: what may still be done with them."""

import contextlib

from harness.objects import annotated, with_image
from harness.suite import case, expect
from harness.waiting import wait_until

PORTWORX = "portworx-without-system-key.yaml"
NEWER_PORTWORX = "portworx/oci-monitor:3.2.0"
STORK = "stork-with-user-key.yaml"
NEWER_STORK = "openstorage/stork:24.3.0"
LABEL = "name=stork"
ROLLOUT_SECONDS = 15


@case
def label_change(world):
    """a label may change on a faulty DaemonSet, with a warning about the old fault"""
    answer = world.apply(
        world.object(
            PORTWORX, namespace="label-only", labels={"name": "portworx", "team": "storage"}
        )
    )
    world.expect_accepted(answer)
    world.expect_warning(answer, "PXS101")


@case
def image_bump(world):
    """a new image on a faulty DaemonSet is refused, and the message names the acknowledgement"""
    answer = world.apply(with_image(world.object(PORTWORX, namespace="image-bump"), NEWER_PORTWORX))
    text = world.expect_refusal(answer, "DaemonSet", "PXS101")
    expect("pxguard.io/upgrade" in text, "the message does not name pxguard.io/upgrade", text)
    world.compare_with_golden("upgrade-of-a-faulty-portworx", text)


@case
def restart_of_a_faulty_stork(world):
    """a rollout restart of a faulty Stork is accepted, and its new pod does come"""
    with _faulty_stork(world, "stork-restart") as namespace:
        before = world.pods(namespace, LABEL)
        restart = ["rollout", "restart", "deployment/stork", "-n", namespace]
        world.expect_accepted(world.kubectl(*restart))
        wait_until(
            "the restarted Stork has a new pod",
            lambda: world.pods(namespace, LABEL).keys() - before.keys(),
            ROLLOUT_SECONDS,
        )


@case
def acknowledged_upgrade_of_stork(world):
    """an acknowledged upgrade of a faulty Stork is accepted, and pods of the new image do come"""
    with _faulty_stork(world, "stork-acknowledged") as namespace:
        newer = with_image(world.object(STORK, namespace=namespace), NEWER_STORK)
        answer = world.apply(annotated(newer, upgrade="snapshots wait for it"))
        world.expect_accepted(answer)
        world.expect_warning(answer, "PXS108")
        wait_until(
            "a pod has the new image",
            lambda: NEWER_STORK in _images(world, namespace),
            ROLLOUT_SECONDS,
        )


@contextlib.contextmanager
def _faulty_stork(world, namespace):
    """Takes Stork away afterwards: a controller that was refused asks again and again, and later
    tests count what is asked."""
    try:
        yield namespace
    finally:
        world.cluster.must("delete", "deployment/stork", "-n", namespace)


def _images(world, namespace):
    pods = world.pods(namespace, LABEL).values()
    return {container["image"] for pod in pods for container in pod["spec"]["containers"]}
