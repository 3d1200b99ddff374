"""One source, several ways to install: what comes out is the same."""

import json
import subprocess
import sys

from harness.helm import CHART, ROOT
from harness.suite import case, expect
from install.stage import kustomized, parsed

DEFAULT_POLICY = {
    "apiVersion": "pxguard.io/v1alpha1",
    "kind": "Policy",
    "portworx": {"namespace": "kube-system"},
}
# Policies whose conditions read differently.
POLICIES = {
    "the default": {},
    "another namespace": {"portworx": {"namespace": "portworx"}},
    "Pods are denied": {"controllerPods": "Deny"},
    "own keys and Secrets": {
        "portworx": {"namespace": "px", "keySecrets": ["vault-keys", "a-keys"]},
        "secrets": ["px-admin-token", "shop/tenant", "zoo"],
    },
    "one trusted controller": {"trustedControllers": ["system:serviceaccount:argocd:controller"]},
    "fails open": {"webhook": {"failurePolicy": "Ignore"}},
}


@case
def generated_files(world):
    """what is generated under deploy/ is what the chart and pxguard make today"""
    command = [sys.executable, ROOT / "deploy" / "manifests.py", "--check"]
    command += [f"--pxguard={world.options.pxguard.resolve()}", f"--helm={world.helm.program}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    expect(done.returncode == 0, "something is stale", done.stderr)


@case
def rendered_twice(world):
    """the chart renders the same bytes twice"""
    values = {"prometheusRule": {"enabled": True}, "grafanaDashboard": {"enabled": True}}
    expect(world.helm.template(values) == world.helm.template(values), "the bytes differ")


@case
def linted(world):
    """helm lint finds nothing"""
    out = world.helm.must("lint", "--strict", CHART)
    expect("0 chart(s) failed" in out and "WARNING" not in out, "it does", out)


@case
def static_configurations(world):
    """the configurations that the chart renders are those that pxguard webhooks prints"""
    for title, changes in POLICIES.items():
        values = {"activation": "static", "policy": changes}
        objects = parsed(world, world.helm.template(values))
        rendered = [thing for thing in objects if thing["kind"].endswith("WebhookConfiguration")]
        printed = _printed(world, _policy_of(objects))
        expect(len(rendered) == len(printed) > 0, f"{title}: there are {len(rendered)}")
        for ours, theirs in zip(rendered, printed):
            expect(ours["webhooks"] == theirs["webhooks"], f"{title}: they differ")
    return f"{len(POLICIES)} policies"


@case
def configurations_of_own_rules(world):
    """a policy that changes rules needs its own configurations, and the chart says how to get them"""
    values = {"activation": "static", "policy": {"rules": {"PXS101": {"mutate": True}}}}
    done = world.helm.run("template", "pxguard", CHART, values=values)
    expect(done.returncode and "pxguard webhooks --policy" in done.stderr, "no word", done.stderr)
    text = printed_for(world, values["policy"])
    objects = parsed(world, world.helm.template({**values, "staticConfigurations": text}))
    kinds = {thing["kind"] for thing in objects}
    expect("MutatingWebhookConfiguration" in kinds, f"there is none among {sorted(kinds)}")


@case
def automatic_configurations(world):
    """with activation auto the chart renders no configuration"""
    objects = parsed(world, world.helm.template({}))
    found = [thing["kind"] for thing in objects if "WebhookConfiguration" in thing["kind"]]
    expect(not found, f"it renders {found}")


@case
def kustomize_base(world):
    """what Kustomize makes of base, overlays and self-managed is what the chart renders with the same
    values"""
    static = {"activation": "static", "openGateBeforeDelete": False}
    files = {**static, "certificates": {"mode": "files"}}
    managed = {**static, "certificates": {"mode": "cert-manager"}}
    watched = {kind: {"enabled": True} for kind in ("serviceMonitor", "prometheusRule")}
    watched["grafanaDashboard"] = {"enabled": True}
    for folder, values in {
        "base": files,
        "overlays/cert-manager": managed,
        "overlays/monitoring": {**files, **watched},
        "self-managed": {"openGateBeforeDelete": False},
    }.items():
        ours = _by_name(kustomized(world, folder))
        theirs = _by_name(parsed(world, world.helm.template(values, "--no-hooks")))
        ours.pop(("Namespace", "", "pxguard"))
        expect(ours.keys() == theirs.keys(), f"{folder}: {ours.keys() ^ theirs.keys()}")
        for name, thing in ours.items():
            expect(thing == theirs[name], f"{folder}: {name} differs", _first_difference(thing, theirs[name]))


def printed_for(world, changes):
    """The output of `pxguard webhooks` for the default policy with changes."""
    return _webhooks(world, {**DEFAULT_POLICY, **changes}, "--format=yaml")


def _policy_of(objects):
    [text] = [
        thing["data"]["policy.yaml"]
        for thing in objects
        if thing["kind"] == "ConfigMap" and thing["metadata"]["name"] == "pxguard-policy"
    ]
    return text


def _printed(world, policy):
    return json.loads(_webhooks(world, policy, "--format=json"))["items"]


def _webhooks(world, policy, *words):
    file = world.directory / "policy-of-a-test.yaml"
    file.write_text(policy if isinstance(policy, str) else json.dumps(policy))
    done = subprocess.run(
        [world.options.pxguard.resolve(), "webhooks", f"--policy={file}", *words],
        capture_output=True,
        text=True,
        timeout=30,
    )
    expect(done.returncode == 0, "pxguard webhooks fails", done.stderr)
    return done.stdout


def _by_name(objects):
    """Whoever wrote an object down does not make it another one."""
    named = {}
    for thing in objects:
        metadata = thing["metadata"]
        metadata.get("labels", {}).pop("app.kubernetes.io/managed-by", None)
        _forget_writers(thing)
        named[thing["kind"], metadata.get("namespace", ""), metadata["name"]] = thing
    return named


def _forget_writers(thing):
    labels = thing.get("spec", {}).get("template", {}).get("metadata", {}).get("labels", {})
    labels.pop("app.kubernetes.io/managed-by", None)


def _first_difference(ours, theirs):
    ours, theirs = (json.dumps(t, indent=1, sort_keys=True).splitlines() for t in (ours, theirs))
    pairs = [f"{a.strip()} | {b.strip()}" for a, b in zip(ours, theirs) if a != b]
    return (pairs or ["one has more"])[0]
