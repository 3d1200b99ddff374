"""Portworx leads, Stork follows: changes of two objects, for which there is always a way."""

from harness.objects import annotated, reading_from, unsecured, with_image
from harness.suite import case, expect
from harness.world import directory_of

NEW_KEYS = "pxkeys-2"
WORKLOADS = ("portworx.yaml", "stork.yaml")


@case
def rotation_to_a_new_secret(world):
    """keys are rotated into a new Secret: Portworx first and acknowledged, then Stork"""
    namespace = world.namespace("rotated")
    _install(world, namespace)
    world.expect_silence(world.apply(world.object("pxkeys-2.yaml", namespace=namespace)))
    leader, follower = _reading_new_keys(world, namespace)
    # Until Stork has followed, pxguard may say so; it may not stand in the way.
    world.expect_accepted(world.apply(annotated(leader, rotation="keys of 2026")))
    status, said = world.check(namespace)
    expect(status == 1 and "PXS202" in said, "half-way the keys should differ", said)
    world.expect_silence(world.apply(follower))
    world.expect_silence(world.kubectl("delete", "secret", "pxkeys", "-n", namespace))
    world.expect_compliant(namespace)


@case
def upgrade_after_rotation(world):
    """once both have followed, the rotation holds nothing up: an upgrade passes without a word"""
    namespace = world.namespace("rotated-upgraded")
    _install(world, namespace)
    leader, follower = _reading_new_keys(world, namespace)
    world.expect_silence(world.apply(world.object("pxkeys-2.yaml", namespace=namespace)))
    world.expect_accepted(world.apply(annotated(leader, rotation="keys of 2026")))
    world.expect_silence(world.apply(follower))
    world.expect_silence(world.apply(with_image(leader, "portworx/oci-monitor:3.2.0")))
    world.expect_silence(world.apply(with_image(follower, "openstorage/stork:24.3.0")))


@case
def portworx_secured_first(world):
    """PX-Security is enabled on Portworx first, then on Stork"""
    _enable(world, "portworx-first", WORKLOADS)


@case
def stork_secured_first(world):
    """PX-Security is enabled on Stork first, then on Portworx"""
    _enable(world, "stork-first", tuple(reversed(WORKLOADS)))


@case
def security_turned_off_on_purpose(world):
    """PX-Security is turned off when that is acknowledged, and not otherwise"""
    namespace = world.namespace("turned-off")
    _install(world, namespace)
    off = unsecured(world.object("portworx.yaml", namespace=namespace))
    text = world.expect_refusal(world.apply(off), "DaemonSet", "PXS904")
    expect("pxguard.io/disable-security" in text, "no way out is named", text)
    answer = world.apply(annotated(off, **{"disable-security": "the lab is closed"}))
    world.expect_accepted(answer)
    world.expect_warning(answer, "PXS904")
    world.expect_accepted(
        world.apply(unsecured(world.object("stork.yaml", namespace=namespace)))
    )


@case
def change_of_issuer(world):
    """another issuer is refused, and accepted with a warning once the rotation is acknowledged"""
    namespace = world.namespace("issuer-changed")
    _install(world, namespace)
    changed = world.object("portworx.yaml", namespace=namespace)
    arguments = changed["spec"]["template"]["spec"]["containers"][0]["args"]
    arguments[arguments.index("portworx.com")] = "example.com"
    text = world.expect_refusal(world.apply(changed), "DaemonSet", "PXS902")
    expect("pxguard.io/rotation" in text, "no way out is named", text)
    answer = world.apply(annotated(changed, rotation="new tokens are out"))
    world.expect_accepted(answer)
    world.expect_warning(answer, "PXS902")


@case
def directory_applied_twice(world):
    """a new directory, applied twice, ends compliant; once more changes nothing"""
    namespace = world.namespace("applied-twice")
    # In the worst order: who refers comes before what it refers to.
    files = ("stork.yaml", "portworx.yaml", "pxkeys.yaml")
    _apply_twice(world, namespace, [world.object(file, namespace=namespace) for file in files])


@case
def security_by_directory(world):
    """a directory that turns PX-Security on, applied twice, ends compliant; once more changes nothing"""
    namespace = world.namespace("secured-by-directory")
    world.plant(*(unsecured(world.object(file, namespace=namespace)) for file in WORKLOADS))
    files = ("stork.yaml", "portworx.yaml", "pxkeys.yaml")
    _apply_twice(world, namespace, [world.object(file, namespace=namespace) for file in files])


@case
def rotation_by_directory(world):
    """a directory that rotates the keys, applied twice, ends compliant; once more changes nothing"""
    namespace = world.namespace("rotated-by-directory")
    _install(world, namespace)
    leader, follower = _reading_new_keys(world, namespace)
    leader = annotated(leader, rotation="keys of 2026")
    keys = world.object("pxkeys-2.yaml", namespace=namespace)
    _apply_twice(world, namespace, [follower, leader, keys])


def _apply_twice(world, namespace, objects):
    with directory_of(objects) as directory:
        # The first run may be told to change the leader first.
        world.kubectl("apply", "-f", directory)
        world.expect_accepted(world.kubectl("apply", "-f", directory))
        world.expect_compliant(namespace)
        before = _generations(world, namespace)
        world.expect_silence(world.kubectl("apply", "-f", directory))
    after = _generations(world, namespace)
    expect(before == after, "something was changed once more", f"{before}\n{after}")


def _generations(world, namespace):
    """Of a Secret, which has no generation, the whole data."""
    listed = world.cluster.get("secrets,daemonsets,deployments", "-n", namespace)["items"]
    return {
        thing["metadata"]["name"]: thing["metadata"].get("generation", thing.get("data"))
        for thing in listed
    }


def _install(world, namespace):
    files = ("pxkeys.yaml", *WORKLOADS)
    world.expect_silence(world.apply(*(world.object(file, namespace=namespace) for file in files)))


def _reading_new_keys(world, namespace):
    return [
        reading_from(world.object(file, namespace=namespace), NEW_KEYS) for file in WORKLOADS
    ]


def _enable(world, name, order):
    namespace = world.namespace(name)
    keys = world.object("pxkeys.yaml", namespace=namespace)
    before = [unsecured(world.object(file, namespace=namespace)) for file in WORKLOADS]
    world.expect_silence(world.apply(keys, *before))
    for file in order:
        world.expect_accepted(world.apply(world.object(file, namespace=namespace)))
    world.expect_compliant(namespace)
