"""A cluster into which pxguard is only going to be installed."""

import functools
import json
import subprocess

from harness.helm import ROOT, Helm
from harness.processes import environment_without_proxies
from harness.suite import Failed
from harness.waiting import wait_until

NAMESPACE = "pxguard"
CUSTOM_RESOURCES = {
    "cert-manager.io": ["Certificate", "Issuer"],
    "monitoring.coreos.com": ["ServiceMonitor", "PrometheusRule"],
    "snapshot.storage.k8s.io": ["VolumeSnapshotClass"],
    "groupsnapshot.storage.k8s.io": ["VolumeGroupSnapshotClass"],
    "stork.libopenstorage.org": ["Migration"],
}
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def prepare(world):
    world.program = world.options.pxguard.resolve()
    world.wait = functools.partial(wait_until, timeout=30)
    world.run_once = functools.partial(_run_once, world)
    world.helm = Helm(world.directory, world.cluster.kubeconfig)
    world.cluster.must("apply", "-f", "-", objects=world.manifest("storagecluster-crd.yaml"))
    foreign = [
        _definition(group, kind) for group, kinds in CUSTOM_RESOURCES.items() for kind in kinds
    ]
    world.cluster.must("apply", "-f", "-", objects=foreign)
    for definition in foreign:
        name = f"crd/{definition['metadata']['name']}"
        world.cluster.must("wait", "--for=condition=Established", name)
    namespace = {"apiVersion": "v1", "kind": "Namespace"}
    namespace["metadata"] = {"name": NAMESPACE, "labels": RESTRICTED}
    world.cluster.must("apply", "-f", "-", objects=[namespace])


def _run_once(world, account, words):
    """A Pod that comes to its end: what it said."""
    return subprocess.run(
        [str(word) for word in account.command(words)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**environment_without_proxies(), **account.environment(world.cluster.port)},
    )


def parsed(world, text):
    """The objects of YAML text, without the network: in the order of the text."""
    if not text.strip():
        return []
    return _kubectl_json(world, "create", "--dry-run=client", "--validate=false", "-f", "-", text)


def kustomized(world, folder):
    answer = world.cluster.must("kustomize", ROOT / "deploy" / "kustomize" / folder)
    return parsed(world, answer.out)


def applicable(world, folder):
    """What Kustomize makes, but for the namespace: that is there, and deleting it with the rest would take
    the tests' own things."""
    return [thing for thing in kustomized(world, folder) if thing["kind"] != "Namespace"]


def _kubectl_json(world, *words):
    *words, text = words
    answer = world.cluster.kubectl_text(text, *words, "-o", "json")
    if not answer.accepted:
        raise Failed(f"kubectl does not read the manifests: {answer}")
    decoder, objects, rest = json.JSONDecoder(), [], answer.out.lstrip()
    while rest:
        thing, end = decoder.raw_decode(rest)
        objects += thing["items"] if thing["kind"] == "List" else [thing]
        rest = rest[end:].lstrip()
    return objects


def _definition(group, kind):
    """A custom resource of somebody else's, that takes anything."""
    plural = kind.lower() + ("es" if kind.endswith("s") else "s")
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
        },
        "spec": {
            "group": group,
            "scope": "Cluster" if kind.endswith("Class") else "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": anything},
                }
            ],
        },
    }
