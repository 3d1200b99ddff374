"""The upgrade of what was faulty before, for each kind that has an image or a version: what holds it
up, and the ways on."""

import copy
import json

from harness.objects import annotated, container, with_image
from harness.suite import case, expect
from harness.waiting import wait_until

OLD, NEW, NEWEST = "3.1.0", "3.2.0", "3.2.1"
OLD_STORK, NEW_STORK, NEWEST_STORK = "24.2.0", "24.3.0", "24.3.1"
PORTWORX = "portworx-without-system-key.yaml"
STORK = "stork-with-user-key.yaml"
STORAGE_CLUSTER = "storagecluster-without-system-key.yaml"


class Subject:
    """Something faulty that can be upgraded."""

    kind = rule = faulty = right = None
    versions = (OLD, NEW, NEWEST)

    def set_version(self, thing, version):
        raise NotImplementedError

    def at(self, world, namespace, version, file=None):
        thing = world.object(file or self.faulty, namespace=namespace)
        self.set_version(thing, version)
        return thing


class Portworx(Subject):
    kind, rule = "DaemonSet", "PXS101"
    faulty, right = PORTWORX, "portworx.yaml"

    def set_version(self, thing, version):
        with_image(thing, f"portworx/oci-monitor:{version}")


class Stork(Subject):
    kind, rule = "Deployment", "PXS108"
    faulty, right = STORK, "stork.yaml"
    versions = (OLD_STORK, NEW_STORK, NEWEST_STORK)

    def set_version(self, thing, version):
        with_image(thing, f"openstorage/stork:{version}")


class ByVersion(Subject):
    kind, rule = "StorageCluster", "PXS101"
    faulty, right = STORAGE_CLUSTER, "storagecluster-by-variables.yaml"

    def set_version(self, thing, version):
        thing["spec"]["version"] = version


class ByImage(ByVersion):
    def set_version(self, thing, version):
        thing["spec"]["image"] = f"portworx/oci-monitor:{version}"


@case
def portworx(world):
    """a faulty DaemonSet: no upgrade unless acknowledged, once each; back is free, repair passes"""
    _gate(world, Portworx(), "gate-daemonset")


@case
def stork(world):
    """a faulty Stork: no upgrade unless acknowledged, once each; back is free, repair passes"""
    _gate(world, Stork(), "gate-stork")


@case
def storage_cluster_by_version(world):
    """a faulty StorageCluster: no higher spec.version unless acknowledged; back and repair are free"""
    _gate(world, ByVersion(), "gate-version")


@case
def storage_cluster_by_image(world):
    """a faulty StorageCluster: no higher spec.image unless acknowledged; back and repair are free"""
    _gate(world, ByImage(), "gate-image")


def _gate(world, subject, name):
    namespace = world.namespace(name)
    old, new, newest = subject.versions
    world.plant(subject.at(world, namespace, old))

    def accepted_with_warning(thing, words):
        answer = world.apply(thing)
        world.expect_accepted(answer)
        world.expect_warning(answer, subject.rule)
        expect(words in answer.err, f"the warning does not say: {words}", answer)

    def refused(thing):
        text = world.expect_refusal(world.apply(thing), subject.kind, subject.rule)
        expect("pxguard.io/upgrade" in text, "no way out is named", text)

    refused(subject.at(world, namespace, new))
    reason = "maintenance window 12"
    acknowledged = annotated(subject.at(world, namespace, new), upgrade=reason)
    accepted_with_warning(acknowledged, "acknowledged by pxguard.io/upgrade")
    refused(annotated(subject.at(world, namespace, newest), upgrade=reason))
    refused(annotated(subject.at(world, namespace, newest), upgrade=" "))
    # Back is never held up; forward again is.
    accepted_with_warning(
        annotated(subject.at(world, namespace, old), upgrade=reason), "had this fault before"
    )
    refused(annotated(subject.at(world, namespace, new), upgrade=reason))
    world.expect_silence(world.apply(subject.at(world, namespace, new, subject.right)))


@case
def undo_of_portworx(world):
    """kubectl rollout undo brings a faulty DaemonSet back to its old image, with a warning"""
    _undo(world, Portworx(), "undo-daemonset", "daemonset/portworx")


@case
def undo_of_stork(world):
    """kubectl rollout undo brings a faulty Stork back to its old image, with a warning"""
    _undo(world, Stork(), "undo-stork", "deployment/stork")


def _undo(world, subject, name, workload):
    namespace = world.namespace(name)
    old, new, _ = subject.versions
    world.plant(subject.at(world, namespace, old))
    _wait_for_revision(world, namespace, workload, 1)
    world.plant(subject.at(world, namespace, new))
    _wait_for_revision(world, namespace, workload, 2)
    answer = world.kubectl("rollout", "undo", workload, "-n", namespace)
    world.expect_accepted(answer)
    world.expect_warning(answer, subject.rule)
    live = json.dumps(world.cluster.get(workload, "-n", namespace)["spec"]["template"])
    expect(f":{old}" in live and f":{new}" not in live, "the old image is not back", live)


@case
def undo_of_a_repair(world):
    """kubectl rollout undo of a repair is refused: that fault would be new again"""
    namespace = world.namespace("undo-repair")
    workload = "daemonset/portworx"
    world.plant(world.object(PORTWORX, namespace=namespace))
    _wait_for_revision(world, namespace, workload, 1)
    world.expect_silence(world.apply(world.object("portworx.yaml", namespace=namespace)))
    _wait_for_revision(world, namespace, workload, 2)
    answer = world.kubectl("rollout", "undo", workload, "-n", namespace)
    world.expect_refusal(answer, "DaemonSet", "PXS101")


def _wait_for_revision(world, namespace, workload, revision):
    history = ["rollout", "history", workload, "-n", namespace, f"--revision={revision}"]
    wait_until(
        f"revision {revision} of {workload} is recorded",
        lambda: world.cluster.kubectl(*history).accepted,
    )


@case
def restart_and_scale(world):
    """a faulty DaemonSet may be restarted, and a faulty Stork scaled, with its old fault"""
    namespace = world.namespace("faulty-restarted")
    world.plant(*(world.object(file, namespace=namespace) for file in (PORTWORX, STORK)))
    restart = ["rollout", "restart", "daemonset/portworx", "-n", namespace]
    answer = world.kubectl(*restart)
    world.expect_accepted(answer)
    world.expect_warning(answer, "PXS101")
    scale = ["scale", "deployment/stork", "--replicas=2", "-n", namespace]
    world.expect_silence(world.kubectl(*scale))
    wait_until("Stork has two pods", lambda: len(world.pods(namespace, "name=stork")) == 2)


@case
def repair_by_and_by(world):
    """one fault of two may be mended alone, with a warning about the other, but not with an upgrade"""
    namespace = world.namespace("gate-repair")
    both, one = (world.object(PORTWORX, namespace=namespace) for _ in range(2))
    _keys_of_users(both)["optional"] = True
    world.plant(both)
    upgraded = with_image(copy.deepcopy(one), f"portworx/oci-monitor:{NEW}")
    text = world.expect_refusal(world.apply(upgraded), "DaemonSet", "PXS101")
    expect("PXS106" not in text, "what is mended is no reason", text)
    answer = world.apply(one)
    world.expect_accepted(answer)
    world.expect_warning(answer, "PXS101")


@case
def other_settings(world):
    """a change of an authorization setting beside an old fault is held up as an upgrade is"""
    namespace = world.namespace("gate-setting")
    faulty = world.object(PORTWORX, namespace=namespace)
    world.plant(faulty)
    changed = copy.deepcopy(faulty)
    _keys_of_users(changed)["name"] = "pxkeys-2"
    text = world.expect_refusal(world.apply(changed), "DaemonSet", "PXS101")
    expect("pxguard.io/upgrade" in text, "no way out is named", text)
    # What no rule about authorization reads may change.
    container(faulty)["env"].append({"name": "HARMLESS", "value": "yes"})
    answer = world.apply(faulty)
    world.expect_accepted(answer)
    world.expect_warning(answer, "PXS101")


def _keys_of_users(workload):
    """The only reference to a Secret in the faulty DaemonSet."""
    [variable] = [entry for entry in container(workload)["env"] if "valueFrom" in entry]
    return variable["valueFrom"]["secretKeyRef"]
