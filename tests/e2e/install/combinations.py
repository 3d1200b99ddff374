"""Many ways to set the values: what comes out is taken by the API server and keeps the rules."""

import contextlib
import copy

from harness.suite import case, expect
from install.linter import breaches
from install.stage import NAMESPACE, parsed

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
STATIC = {"activation": "static"}
MONITORED = {
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True},
    "grafanaDashboard": {"enabled": True},
    "flowSchema": {"enabled": True},
}
COMBINATIONS = {
    "nothing set": {},
    "static": STATIC,
    "cert-manager": {"certificates": {"mode": "cert-manager"}},
    "cert-manager, static": {**STATIC, "certificates": {"mode": "cert-manager"}},
    "cert-manager with an issuer of theirs": {
        "certificates": {
            "mode": "cert-manager",
            "certManager": {"issuerRef": {"kind": "ClusterIssuer", "name": "vault"}},
        }
    },
    "files": {"certificates": {"mode": "files", "secretName": "from-vault"}},
    "files, static, with the CA": {**STATIC, "certificates": {"mode": "files", "caBundle": PEM}},
    "mutual TLS": {"certificates": {"clientCaConfigMap": "api-server-ca"}},
    "everything watched": MONITORED,
    "everything watched, static, three replicas": {**MONITORED, **STATIC, "replicas": 3},
    "one replica": {"replicas": 1},
    "no PodDisruptionBudget": {"podDisruptionBudget": {"enabled": False}},
    "no NetworkPolicy": {"networkPolicy": {"enabled": False}},
    "narrow NetworkPolicy": {
        "networkPolicy": {"apiServerBlocks": ["10.0.0.0/28"], "apiServerPorts": [6443]}
    },
    "Portworx elsewhere": {"policy": {"portworx": {"namespace": "portworx"}}},
    "Secrets of three namespaces": {
        "policy": {
            "portworx": {"namespace": "px", "keySecrets": ["vault-keys"]},
            "secrets": ["px-system-secrets", "shop/tenant-token", "pxguard/own"],
        }
    },
    "a policy with everything": {
        **STATIC,
        "policy": {
            "require": "Always",
            "controllerPods": "Deny",
            "trustedControllers": ["system:serviceaccount:flux-system:kustomize-controller"],
            "webhook": {"failurePolicy": "Ignore"},
        },
    },
    "a digest and a registry": {
        "image": {"repository": "registry.example:5000/px/guard", "digest": f"sha256:{'0' * 64}"},
        "imagePullSecrets": [{"name": "registry"}],
    },
    "placed": {
        "nodeSelector": {"node-role.kubernetes.io/control-plane": ""},
        "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
        "priorityClassName": "",
        "spreadOver": ["topology.kubernetes.io/zone"],
        "podLabels": {"team": "storage"},
        "podAnnotations": {"example.io/note": "x"},
    },
    "another port, more memory, no hook": {
        "service": {"port": 443},
        "resources": {"limits": {"memory": "2Gi"}},
        "openGateBeforeDelete": False,
    },
}
WRONG = {
    "an unknown key": {"replicaCount": 3},
    "an unknown key deep inside": {"certificates": {"certManager": {"issuer": "x"}}},
    "an unknown field of the policy": {"policy": {"exeptions": []}},
    "no namespace of Portworx": {"policy": {"portworx": None}},
    "no replica": {"replicas": 0},
    "text for a number": {"replicas": "2"},
    "an unknown activation": {"activation": "manual"},
    "a CA where somebody else keeps it": {"certificates": {"mode": "self", "caBundle": PEM}},
    "configurations that nobody reads": {"staticConfigurations": "kind: X"},
    "two words for who activates": {"policy": {"webhook": {"activation": "manual"}}},
    "too little time to leave": {"terminationGracePeriodSeconds": 5},
    "a CPU limit of nonsense": {"resources": {"limits": {"cpu": "a lot"}}},
}
ACCOUNTS = ("pxguard", "pxguard-open-gate", "pxguard-test")
NAMESPACES = ("portworx", "px", "shop")


@case
def accepted_by_the_server(world):
    """what twenty sets of values render passes a dry run on the API server, where Pods are restricted"""
    expect(len(COMBINATIONS) >= 20, f"only {len(COMBINATIONS)}")
    with _places(world):
        objects = sum(_accepted(world, *pair) for pair in COMBINATIONS.items())
    return f"{len(COMBINATIONS)} sets of values, {objects} objects"


def _accepted(world, title, values):
    """How many objects they render."""
    things = parsed(world, world.helm.template(values))
    # A template is only warned about: the Pod that it makes is what is refused.
    things += [pod for thing in things for pod in _pods_of(thing)]
    answer = world.cluster.kubectl("apply", "--dry-run=server", "-f", "-", objects=things)
    expect(answer.accepted, f"{title}: the API server refuses it", answer)
    violations = [words for words in answer.warnings if "PodSecurity" in words]
    expect(not violations, f"{title}: {violations}")
    return len(things)


@case
def kept_rules(world):
    """what they render keeps the rules for webhooks, rights and Pods"""
    for title, values in COMBINATIONS.items():
        found = list(breaches(parsed(world, world.helm.template(values))))
        expect(not found, title, "\n".join(found))


@case
def refused_values(world):
    """values that mean nothing are refused before anything is rendered"""
    for title, values in WRONG.items():
        done = world.helm.run("template", "pxguard", world.helm.chart, values=values)
        expect(done.returncode != 0 and not done.stdout, f"{title} is rendered")


@case
def sharp_linter(world):
    """the linter sees each breach that is planted"""
    objects = parsed(world, world.helm.template(COMBINATIONS["static"]))
    for what, plant in PLANTED.items():
        spoiled = copy.deepcopy(objects)
        plant(spoiled)
        expect(list(breaches(spoiled)), f"{what} goes unseen")


def _entry(objects):
    return next(thing for thing in objects if "WebhookC" in thing["kind"])["webhooks"][1]


def _container(objects):
    deployment = next(thing for thing in objects if thing["kind"] == "Deployment")
    return deployment["spec"]["template"]["spec"]["containers"][0]


def _right(objects):
    return next(thing for thing in objects if thing["kind"] == "ClusterRole")["rules"][0]


PLANTED = {
    "a long timeout": lambda objects: _entry(objects).update(timeoutSeconds=10),
    "an exact match": lambda objects: _entry(objects).update(matchPolicy="Exact"),
    "a side effect": lambda objects: _entry(objects).update(sideEffects="NoneOnDryRun"),
    "advise that fails closed": lambda objects: _entry(objects).update(failurePolicy="Fail"),
    "no conditions": lambda objects: _entry(objects).pop("matchConditions"),
    "leases": lambda objects: _entry(objects)["rules"][0].update(resources=["leases"]),
    "everything": lambda objects: _entry(objects)["rules"][0].update(resources=["*"]),
    "a subresource": lambda objects: _entry(objects)["rules"][0].update(resources=["pods/status"]),
    "all Secrets": lambda objects: _right(objects).update(resources=["secrets"]),
    "every verb": lambda objects: _right(objects).update(verbs=["*"]),
    "a disk to write on": lambda objects: _container(objects)["securityContext"].update(
        readOnlyRootFilesystem=False
    ),
    "no limit": lambda objects: _container(objects).update(resources={"requests": {}}),
}


@contextlib.contextmanager
def _places(world):
    """The namespaces and service accounts that the objects need."""
    things = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in NAMESPACES
    ]
    for name in ACCOUNTS:
        metadata = {"name": name, "namespace": NAMESPACE}
        things.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    world.cluster.must("apply", "-f", "-", objects=things)
    try:
        yield
    finally:
        world.cluster.must("delete", "--wait=false", "-f", "-", objects=things)


def _pods_of(thing):
    if thing["kind"] not in ("Deployment", "Job"):
        return []
    template = thing["spec"]["template"]
    metadata = {"name": thing["metadata"]["name"], "namespace": NAMESPACE}
    metadata["labels"] = template["metadata"]["labels"]
    return [{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}]
