"""Keys that Portworx lives on."""

from harness.suite import case

NEXT_KEY = "canaryR5hW2nXz8KqM1vTc7LpB4gYs9DjF3eUo6AaVi0ZtNkQwGrExSmPyHfCbJd"


@case
def rotation(world):
    """a key that changes in place is warned about while nobody can see who reads it"""
    changed = world.apply(_with_system_key(world, NEXT_KEY))
    world.expect_accepted(changed)
    world.expect_warning(changed, "PXS901")


@case
def unchanged_keys(world):
    """a key Secret that is applied again with the same keys is accepted"""
    namespace = world.namespace("same-keys")
    keys = world.object("pxkeys.yaml", namespace=namespace)
    world.expect_accepted(world.apply(keys))
    keys["metadata"]["labels"] = {"team": "storage"}
    world.expect_accepted(world.apply(keys))


def _with_system_key(world, key):
    pxkeys = world.object("pxkeys.yaml")
    pxkeys["stringData"]["system-secret"] = key
    return pxkeys
