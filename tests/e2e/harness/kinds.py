"""Kinds that somebody installs, as small as they can be: everything is kept and nothing is checked, so
that what reaches pxguard is what the test wrote."""

ANYTHING = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}


def definition(group, kind, plural=None, version="v1", scope="Namespaced", versions=None):
    """A CustomResourceDefinition; of several `versions` the first one is stored."""
    plural = plural or kind.lower() + "s"
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
    served = [
        {"name": name, "served": True, "storage": place == 0, "schema": ANYTHING}
        for place, name in enumerate(versions or [version])
    ]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            # Groups of Kubernetes' own projects are protected.
            "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
        },
        "spec": {"group": group, "scope": scope, "names": names, "versions": served},
    }


STORK = "stork.libopenstorage.org"
POLICY = "wgpolicyk8s.io"
OPEN = "openreports.io"
SNAPSHOT = "snapshot.storage.k8s.io"
DEFINITIONS = [
    definition(STORK, "ClusterPair", version="v1alpha1"),
    definition(STORK, "Migration", version="v1alpha1"),
    definition(STORK, "ApplicationBackup", version="v1alpha1"),
    definition(SNAPSHOT, "VolumeSnapshotClass", "volumesnapshotclasses", scope="Cluster"),
    definition(POLICY, "PolicyReport", version="v1alpha2"),
    definition(POLICY, "ClusterPolicyReport", version="v1alpha2", scope="Cluster"),
    definition(OPEN, "Report", version="v1alpha1"),
    definition(OPEN, "ClusterReport", version="v1alpha1", scope="Cluster"),
]


def install(cluster, *definitions):
    cluster.must("apply", "-f", "-", objects=list(definitions))
    names = [f"crd/{made['metadata']['name']}" for made in definitions]
    cluster.must("wait", "--for=condition=Established", *names)
