"""Two objects of which one is there already: what pxguard knows from its view, and says of its age."""

import re

from harness.guard import ENTRIES
from harness.objects import annotated, controlled_by
from harness.suite import case, expect
from harness.waiting import wait_until
from harness.world import directory_of
from live import stage

ENFORCE = ENTRIES[0]
REPORTED_SECONDS = 5
NEXT_KEY = "canaryY4mR7kWq2XzT9vLc5HpB8gNs1DjF6eUo3AaVi0StJnPwQrKxGmZyHfCbEd"
NEXT_BUT_ONE = "canaryF8tN3xLq6QnW1kYc9RgM5zHs2DjP7eUi4EoXa0VtJkGmBvZyCrTbSfHpKu"


@case
def other_key(world):
    """a DaemonSet with one key is there: Stork with another one is refused, on a view of known age"""
    with stage.standing_portworx(world):
        world.expect_refusal(world.apply(stage.stork(world, stage.OTHER)), "Deployment", "PXS202")
        with world.connect() as connection:
            reply = connection.create(stage.stork(world, stage.OTHER), dry_run=True)
            age = world.audit_annotations(reply).get(f"{ENFORCE}/view", "")
            expect(re.fullmatch(r"\d+ s old", age), "the age of the view is not said", age)
        world.expect_silence(world.apply(stage.stork(world)))


@case
def same_name_elsewhere(world):
    """a Secret of the same name in another namespace is another Secret"""
    namespace = world.namespace("same-name")
    keys = world.object("pxkeys-2.yaml", name="pxkeys", namespace=namespace)
    follower = stage.stork(world, namespace=namespace)
    with stage.standing_portworx(world):
        world.plant(keys)
        # Nobody gave pxguard this Secret: that the keys are equal is not proven, nor that they differ.
        answer = world.apply(follower, flags=["--dry-run=server"])
        world.expect_accepted(answer)
        world.expect_warning(answer, "PXS202")
        with stage.granted(world, namespace, "pxkeys"):
            refused = _eventually_refused(world, follower)
            world.expect_refusal(refused, "Deployment", "PXS202")
            keys["stringData"] = world.object("pxkeys.yaml")["stringData"]
            world.plant(keys)
            _eventually_silent(world, follower)


@case
def same_value(world):
    """another Secret with the same value is accepted, and the audit log says that the view was asked"""
    same = world.object("px-system-secrets.yaml")
    same["stringData"]["apps-secret"] = world.object("pxkeys.yaml")["stringData"]["stork-secret"]
    with stage.standing(world, *stage.keys(world, "pxkeys.yaml"), same, stage.portworx(world)):
        follower = stage.stork(world, stage.OTHER)
        _eventually_silent(world, follower)
        with world.connect() as connection:
            reply = connection.create(follower, dry_run=True)
        annotations = world.audit_annotations(reply)
        expect(f"{ENFORCE}/view" in annotations, "nothing is said of the view", annotations)


@case
def unlisted_secret(world):
    """a Secret that is not on the policy's list is not read: a warning, and what would settle it"""
    with stage.standing_portworx(world), world.connect() as connection:
        world.plant(world.object("pxkeys-2.yaml"))
        follower = stage.stork(world, ("pxkeys-2", "stork-secret"))
        reply = connection.create(follower, dry_run=True)
        expect(reply.accepted, "what is unknown should not deny", reply)
        expect(any("PXS202" in text for text in reply.warnings), "there is no warning", reply)
        unverified = world.audit_annotations(reply).get(f"{ENFORCE}/unverified", "")
        expect("pxkeys-2" in unverified, "what is unknown is not said", unverified)


@case
def edited_in_place(world):
    """a key in use that is edited in place is refused, accepted once when acknowledged, and not twice
    with the same reason"""
    with stage.standing_portworx(world):
        changed = world.object("pxkeys.yaml")
        changed["stringData"]["system-secret"] = NEXT_KEY
        text = world.expect_refusal(world.apply(changed), "Secret", "PXS901")
        expect("pxguard.io/rotation" in text, "no way out is named", text)
        acknowledged = world.apply(annotated(changed, rotation="keys of 2026"))
        world.expect_accepted(acknowledged)
        world.expect_warning(acknowledged, "PXS901")
        changed["stringData"]["system-secret"] = NEXT_BUT_ONE
        world.expect_refusal(world.apply(changed), "Secret", "PXS901")
        world.expect_accepted(world.apply(annotated(changed, rotation="and once more")))


@case
def deletion_of_a_key_in_use(world):
    """a Secret that a secured Portworx reads is not deleted before Portworx is"""
    with stage.standing_portworx(world):
        answer = world.kubectl("delete", "secret", "pxkeys", "-n", stage.NAMESPACE)
        world.expect_refusal(answer, "Secret", "PXS903")
        world.expect_accepted(world.kubectl("delete", "daemonset/portworx", "-n", stage.NAMESPACE))
        delete = ["delete", "secret", "pxkeys", "-n", stage.NAMESPACE]
        wait_until("the Secret may go", lambda: world.kubectl(*delete).accepted, 5)


@case
def deletion_of_a_folder(world):
    """kubectl delete -f of a folder, keys first: the first run takes Portworx and Stork away and says
    why the keys stay, the second one takes the keys"""
    objects = [*stage.keys(world, "pxkeys.yaml"), stage.portworx(world), stage.stork(world)]
    with stage.standing(world, *objects, *stage.keys(world, "px-system-secrets.yaml")):
        stage.wait_for_refusal(world)
        with directory_of(objects) as directory:
            answer = world.kubectl("delete", "-f", directory)
            world.expect_refusal(answer, "Secret", "PXS903")
            expect(answer.out.count(" deleted") == 2, "Portworx and Stork should go", answer)
            # Foreground or not, the view has it within a moment.
            again = ["delete", "-f", directory, "--ignore-not-found"]
            wait_until("the keys may go", lambda: world.kubectl(*again).accepted, 5)


@case
def rotation(world):
    """Portworx does not leave the key of its Stork unless that is acknowledged; then Stork follows"""
    with stage.standing(world, *stage.keys(world), stage.portworx(world), stage.stork(world)):
        stage.wait_for_refusal(world)
        leader = stage.portworx(world, stage.OTHER)
        text = world.expect_refusal(world.apply(leader), "DaemonSet", "PXS202")
        expect("pxguard.io/rotation" in text, "no way out is named", text)
        answer = world.apply(annotated(leader, rotation="keys of 2026"))
        world.expect_accepted(answer)
        world.expect_warning(answer, "PXS202")
        _eventually_silent(world, stage.stork(world, stage.OTHER))
        world.expect_silence(world.apply(stage.stork(world, stage.OTHER)))


@case
def follower_in_a_folder(world):
    """one apply of a folder, Portworx before a Stork with another key: refused or reported within 5 s"""
    return _apply_folder(world, stage.portworx(world), stage.stork(world, stage.OTHER))


@case
def leader_in_a_folder(world):
    """one apply of a folder, Stork before a Portworx with another key: refused or reported within 5 s"""
    return _apply_folder(world, stage.stork(world, stage.OTHER), stage.portworx(world))


@case
def forged_owner(world):
    """who says that a StorageCluster owns an object, and there is none, is not believed in silence"""
    with stage.standing_portworx(world), world.connect() as connection:
        forged = controlled_by(
            stage.stork(world, stage.OTHER), "core.libopenstorage.org/v1", "StorageCluster"
        )
        reply = connection.create(forged, dry_run=True)
        warned = any("PXS202" in text for text in reply.warnings)
        expect(not reply.accepted or warned, "it passes without a word", reply)
        return f"{'refused' if not reply.accepted else 'accepted with a warning'}"


def _apply_folder(world, *objects):
    with stage.standing(world, *stage.keys(world)):
        with directory_of(objects) as directory:
            answer = world.kubectl("apply", "-f", directory)
        if not answer.accepted:
            world.expect_refusal(answer, "Deployment", "PXS202")
            return "refused"
        seconds = {
            sink: wait_until(f"{sink} of PXS202", found, REPORTED_SECONDS)
            for sink, found in stage.reported(world, "PXS202", stage.NAMESPACE).items()
        }
        return f"admitted, and reported: {', '.join(seconds)}"


def _eventually_refused(world, thing):
    def refused():
        answer = world.apply(thing, flags=["--dry-run=server"])
        return None if answer.accepted else answer

    return wait_until("it is refused", refused, 10)


def _eventually_silent(world, thing):
    def silent():
        answer = world.apply(thing, flags=["--dry-run=server"])
        return answer.accepted and not answer.warnings

    wait_until("it is accepted without a word", silent, 10)
