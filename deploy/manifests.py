"""Makes what is generated under deploy/: the chart's webhook configurations and values schema, the
plain install.yaml and what Kustomize starts from. --check compares instead, and names what is stale.

python3 deploy/manifests.py --pxguard build/release/pxguard --helm HELM [--check]
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent
CHART = ROOT / "helm" / "pxguard"
KUSTOMIZE = ROOT / "kustomize"
# In the place of what an installation decides: the chart puts its own in.
PLACEHOLDERS = {"trustedControllers": ["@TRUSTED@", "@OTHERS@"], "keySecrets": ["0-secret"]}
# What an overlay adds to the base: a template of the chart, and the values with which it renders.
OVERLAYS = {
    "cert-manager": ("certificate.yaml", ["certificates.mode=cert-manager"]),
    "monitoring": (
        "monitoring.yaml",
        [
            f"{part}.enabled=true"
            for part in ("serviceMonitor", "prometheusRule", "grafanaDashboard")
        ],
    ),
}
NAMESPACE = """\
---
apiVersion: v1
kind: Namespace
metadata:
  name: pxguard
  labels:
    app.kubernetes.io/name: pxguard
    pod-security.kubernetes.io/enforce: restricted
"""
HEADERS = {
    "install": """\
# pxguard in a cluster, part by part, for `kubectl apply -f`. Kubernetes 1.30 or newer.
# Made from the chart in deploy/helm by `./dev manifests`: change that one.
#
# Before it, make the Secret pxguard/pxguard-tls (tls.crt, tls.key): a certificate for
# pxguard.pxguard.svc with a P-256 key. After it, put the CA that signed the certificate into both
# caBundle fields; `pxguard certs init` makes both. Until then `enforce` refuses what it covers,
# because it cannot reach a webhook that it trusts.
""",
    "base": "# Made from the chart in deploy/helm by `./dev manifests`: change that one.\n",
}


def main():
    options = _options()
    generated = {
        **_configurations(options.pxguard),
        CHART / "values.schema.json": _schema(),
    }
    stale = [path for path, text in generated.items() if not _is(path, text)]
    if not options.check:
        _write(generated)
    # From the chart as it now is.
    rendered = _rendered(options.helm)
    stale += [path for path, text in rendered.items() if not _is(path, text)]
    if not options.check:
        _write(rendered)
        return 0
    for path in stale:
        print(f"stale: {path.relative_to(ROOT.parent)}: ./dev manifests makes it", file=sys.stderr)
    return 1 if stale else 0


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pxguard", type=pathlib.Path, required=True)
    parser.add_argument("--helm", type=pathlib.Path, required=True)
    parser.add_argument("--check", action="store_true")
    return parser.parse_args()


def _is(path, text):
    return path.exists() and path.read_text() == text


def _write(files):
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _configurations(pxguard):
    """The output of `pxguard webhooks`, for each way in which the conditions can read."""
    files = {}
    for controller_pods in ("Warn", "Deny"):
        policy = {
            "apiVersion": "pxguard.io/v1alpha1",
            "kind": "Policy",
            "controllerPods": controller_pods,
            "trustedControllers": PLACEHOLDERS["trustedControllers"],
            "portworx": {"keySecrets": PLACEHOLDERS["keySecrets"]},
        }
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(policy, file)
            file.flush()
            words = ["--policy", file.name, "--service", "own-namespace/pxguard"]
            text = _output([pxguard, "webhooks", *words])
        files[CHART / "files" / f"webhooks-{controller_pods.lower()}.yaml"] = text
    return files


def _schema():
    """The chart's own, with the schema of the policy file in its place."""
    schema = json.loads((ROOT / "values.schema.base.json").read_text())
    policy = json.loads((ROOT.parent / "docs" / "policy.schema.json").read_text())
    for key in ("$schema", "$comment"):
        policy.pop(key, None)
    # Rights are given in the namespace of Portworx: it has to be known.
    policy["required"] = [*policy["required"], "portworx"]
    policy["properties"]["portworx"]["required"] = ["namespace"]
    schema["properties"]["policy"] = policy
    return json.dumps(schema, indent=2) + "\n"


def _rendered(helm):
    chart = [helm, "template", "pxguard", CHART, "--namespace", "pxguard", "--no-hooks"]
    template = [*chart, "--values", ROOT / "install-values.yaml"]
    text = _plain(_output(template))
    # The gate is opened by a hook, which only Helm has.
    kept = _plain(_output([*chart, "--set", "openGateBeforeDelete=false"]))
    files = {
        ROOT / "install.yaml": HEADERS["install"] + NAMESPACE + text,
        KUSTOMIZE / "base" / "pxguard.yaml": HEADERS["base"] + NAMESPACE + text,
        KUSTOMIZE / "self-managed" / "pxguard.yaml": HEADERS["base"] + NAMESPACE + kept,
    }
    for overlay, (file, settings) in OVERLAYS.items():
        words = [word for setting in settings for word in ("--set", setting)]
        only = _output([*template, *words, "--show-only", f"templates/{file}"])
        files[KUSTOMIZE / "overlays" / overlay / file] = HEADERS["base"] + _plain(only)
    return files


def _plain(text):
    """Of Helm's bookkeeping nothing stays: it does not run these, and nothing is read from it."""
    lines = text.replace("managed-by: Helm", "managed-by: pxguard").splitlines()
    return "\n".join(line for line in lines if not line.startswith("# Source: ")) + "\n"


def _output(command):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command[:2]))} failed: {done.stderr.strip()[:2000]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
