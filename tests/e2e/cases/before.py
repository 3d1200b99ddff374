"""What stood in the cluster before pxguard came."""

# Each upgrade test has a namespace with a faulty workload of its own: none depends on another.
FAULTY_PORTWORX = ["label-only", "image-bump"]
FAULTY_STORK = ["stork-restart", "stork-acknowledged"]
# What has to outlive pxguard.
SURVIVORS = "survivors"


def prepare(world):
    world.cluster.must("apply", "-f", "-", objects=world.manifest("storagecluster-crd.yaml"))
    crd = "crd/storageclusters.core.libopenstorage.org"
    world.cluster.must("wait", "--for=condition=Established", crd)
    world.cluster.add_ready_node(world.object("node.yaml"))
    world.cluster.must("apply", "-f", "-", objects=[world.object("pxkeys.yaml")])
    for namespace in FAULTY_PORTWORX:
        _place(world, namespace, "portworx-without-system-key.yaml")
    for namespace in FAULTY_STORK:
        _place(world, namespace, "stork-with-user-key.yaml")
    _place(world, "leftover", "pxkeys.yaml")
    _place(world, SURVIVORS, "portworx.yaml", "stork.yaml", "storagecluster.yaml")


def _place(world, namespace, *manifests):
    world.namespace(namespace)
    objects = [world.object(manifest, namespace=namespace) for manifest in manifests]
    world.cluster.must("apply", "-f", "-", objects=objects)
