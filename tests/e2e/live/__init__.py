"""What pxguard knows of a live cluster. In the order in which they run; the last one looks back at all
before it."""

from harness import kinds


def prepare(world):
    """A cluster with the kinds of Portworx, and without a Portworx."""
    kinds.install(world.cluster, *kinds.DEFINITIONS, *world.manifest("storagecluster-crd.yaml"))
    world.cluster.add_ready_node(world.object("node.yaml"))


from live import partners, mutation, repairs, bad_days, audits, silence, blindness  # noqa: E402,F401
