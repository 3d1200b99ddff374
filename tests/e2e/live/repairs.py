"""pxguard fix and the real API server: what it writes is taken, and its steps lead to a secured cluster."""

import base64
import contextlib
import hmac
import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import tempfile
import time

from harness.suite import Skipped, case, expect
from harness.world import AS_OPERATOR
from live import stage

ROOT = pathlib.Path(__file__).resolve().parents[3]
CORPUS = pathlib.Path(os.environ.get("PXGUARD_CORPUS", ROOT.parent / "shared" / "corpus"))
# Charts as Helm renders them: a DaemonSet with everything beside it, and two StorageClusters.
INSTALLS = (
    "real/helm-rendered/helm/ds-default-etcd.yaml",
    "real/helm-rendered/ibm-helm/ibm-portworx-internal-kvdb.yaml",
    "real/helm-rendered/aws-helm/aws-portworx-default.yaml",
)
COMPLAINT = re.compile(r"^(error|Error|unable|The |resource mapping)")
# Stands for the real one, as far as tokens go.
PXCTL = """#!/usr/bin/env python3
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, {path!r})
from live.repairs import token
words = dict(word[2:].split("=", 1) for word in sys.argv[1:] if word.startswith("--") and "=" in word)
if sys.argv[1:4] == ["auth", "token", "generate"]:
    role = words["auth-config"].split(".")[0]
    with open(words["output"], "w") as file:
        file.write(token(words["shared-secret"], words["issuer"], role) + "\\n")
"""
YEAR = 365 * 24 * 3600


def token(key, issuer, role):
    """A token as Portworx makes it, for the role of an administrator or a user."""
    claims = {
        "iss": issuer,
        "sub": f"{role}@example.com",
        "name": role,
        "email": f"{role}@example.com",
        "roles": [f"system.{role}"],
        "groups": ["*"] if role == "admin" else ["users"],
        "iat": int(time.time()) - 60,
        "exp": int(time.time()) + YEAR // 2,
    }
    parts = [_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    text = ".".join(parts)
    return f"{text}.{_encoded(hmac.digest(key.encode(), text.encode(), 'sha256'))}"


def _encoded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@case
def repaired_corpus(world):
    """every real manifest that pxguard fix repairs is taken by the API server, as it was before"""
    seen = repaired = 0
    with tempfile.TemporaryDirectory() as folder:
        for file in _manifests():
            copy = pathlib.Path(folder) / file.name
            shutil.copyfile(file, copy)
            said = _fix(world, "--write", copy)
            seen += 1
            if copy.read_bytes() == file.read_bytes():
                continue
            repaired += 1
            expect("mended: " in said.stderr, "the file changed in silence", said.stderr)
            before, after = (_dry_run(world, path) for path in (file, copy))
            worse = after - before
            expect(not worse, f"{file}: the API server refuses what was repaired", "\n".join(worse))
            copy.unlink()
    expect(repaired > 0, "no manifest was repaired")
    return f"{repaired} of {seen} manifests repaired"


@case
def repaired_examples(world):
    """what fix makes of the rules' bad examples breaks neither Pod security nor a quota that they kept before"""
    repaired = 0
    with tempfile.TemporaryDirectory() as folder, _restricted(world):
        for file in sorted((ROOT / "rules" / "examples").glob("*/bad-*.yaml")):
            copy = pathlib.Path(folder) / f"{file.parent.name}-{file.name}"
            shutil.copyfile(file, copy)
            _fix(world, "--write", copy)
            if copy.read_bytes() == file.read_bytes():
                continue
            repaired += 1
            before, after = (_dry_run(world, path, warnings=True) for path in (file, copy))
            worse = after - before
            expect(not worse, f"{file}: the API server minds what was repaired", "\n".join(worse))
    expect(repaired > 30, f"only {repaired} examples were repaired")
    return f"{repaired} examples repaired"


@contextlib.contextmanager
def _restricted(world):
    """Where Portworx is, every Pod and template is measured by the strictest profile, and counted."""
    levels = [f"pod-security.kubernetes.io/{mode}" for mode in ("enforce", "warn")]
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "tight", "namespace": stage.NAMESPACE},
        "spec": {"hard": {"pods": "1", "requests.cpu": "1", "count/secrets": "20", "count/deployments.apps": "20"}},
    }
    world.cluster.must("label", "namespace", stage.NAMESPACE, *(f"{level}=restricted" for level in levels))
    world.cluster.must("create", "-f", "-", objects=[quota])
    try:
        yield
    finally:
        world.cluster.must("delete", "resourcequota", "tight", "-n", stage.NAMESPACE)
        world.cluster.must("label", "namespace", stage.NAMESPACE, *(f"{level}-" for level in levels))


@case
def enabled_installs(world):
    """the steps of fix --enable, followed on three unsecured installs, leave nothing for audit to find"""
    if not CORPUS.is_dir():
        raise Skipped("no corpus beside the project")
    figures = []
    for name in INSTALLS:
        with tempfile.TemporaryDirectory() as folder, _cleared(world):
            figures.append(_enable(world, pathlib.Path(folder), CORPUS / name))
    return "; ".join(figures)


def _enable(world, folder, source):
    file = folder / "px.yaml"
    shutil.copyfile(source, file)
    refused = _dry_run(world, source)
    said = _fix(world, "--enable", "--write", file)
    steps = _commands(said.stdout)
    expect(steps, "there are no steps", said.stdout + said.stderr)
    is_operator = "openssl" not in said.stdout
    if is_operator:
        world.plant(*_what_the_operator_makes())
    pxctl = folder / "pxctl"
    pxctl.write_text(PXCTL.format(path=str(pathlib.Path(__file__).resolve().parents[1])))
    pxctl.chmod(0o755)
    kubectl = folder / "kubectl"
    kubectl.write_text(f'#!/bin/sh\nexec {_kubectl_words(world)} "$@"\n')
    kubectl.chmod(0o755)
    followed = 0
    for command in steps:
        # Nothing runs here: no node, no pxctl that would answer.
        if "rollout status" in command or command.startswith("pxguard audit"):
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        # What is wrong with a chart itself, an API server refuses before and after.
        worse = _complaints(done.stderr, file) - refused
        fine = done.returncode == 0 or command.startswith("kubectl apply") and not worse
        expect(fine, f"a step fails: {command}", done.stderr)
        followed += 1
    _expect_secured(world, is_operator)
    status, out, err = world.guard.audit("--format=json")
    expect(status in (0, 3), f"the audit ends with {status}", _errors(out) + err)
    return f"{source.name}: {followed} of {len(steps)} steps"


def _expect_secured(world, is_operator):
    if is_operator:
        clusters = world.cluster.get("storageclusters", "-n", stage.NAMESPACE)["items"]
        on = [one["spec"].get("security", {}).get("enabled") for one in clusters]
        expect(on == [True], "the StorageCluster is not secured", on)
        return
    secured = world.cluster.get("daemonset", "-n", stage.NAMESPACE, "portworx")
    names = [entry["name"] for entry in secured["spec"]["template"]["spec"]["containers"][0]["env"]]
    expect("PORTWORX_AUTH_SYSTEM_KEY" in names, "Portworx is not secured", names)


def _what_the_operator_makes():
    """There is no operator here: its Secrets, as it makes them."""
    keys = {name: secrets.token_urlsafe(48) for name in ("system-secret", "apps-secret", "shared-secret")}
    issuer = "operator.portworx.io"
    yield _secret("px-system-secrets", {name: keys[name] for name in ("system-secret", "apps-secret")})
    yield _secret("px-shared-secret", {"shared-secret": keys["shared-secret"]})
    for role in ("admin", "user"):
        yield _secret(f"px-{role}-token", {"auth-token": token(keys["shared-secret"], issuer, role)})


def _secret(name, data):
    metadata = {"name": name, "namespace": stage.NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}


def _errors(report):
    return "\n".join(re.findall(r'"(?:rule|message|found)": .*', report))


def _commands(text):
    """Lines of "  $ ", with those that a backslash continues."""
    commands, is_open = [], False
    for line in text.splitlines():
        if is_open:
            commands[-1] += "\n" + line
        elif line.startswith("  $ "):
            commands.append(line[4:])
        else:
            continue
        is_open = line.endswith("\\")
    return commands


def _kubectl_words(world):
    return " ".join(str(word) for word in world.cluster.kubectl_command())


@contextlib.contextmanager
def _cleared(world):
    try:
        yield
    finally:
        stage.clear(world)
        for kind in ("storageclasses",):
            world.cluster.must("delete", kind, "--all", *AS_OPERATOR)


def _fix(world, *words):
    return subprocess.run(
        [world.guard.program, "fix", *words], capture_output=True, text=True, timeout=60
    )


def _dry_run(world, file, warnings=False):
    """What the API server refuses in a file, whoever wrote it; pxguard's own refusals are none."""
    answer = world.cluster.kubectl("apply", "--dry-run=server", "-f", file)
    return _complaints(answer.err, file, warnings)


def _complaints(stderr, file, warnings=False):
    lines = [line for line in stderr.splitlines() if COMPLAINT.match(line) or warnings and "PodSecurity" in line]
    return {line.replace(str(file), "FILE") for line in lines if "admission webhook" not in line}


def _manifests():
    if not CORPUS.is_dir():
        raise Skipped("no corpus beside the project")
    for file in sorted(CORPUS.rglob("*")):
        if file.suffix in (".yaml", ".yml", ".json") and "admission" not in file.parts:
            yield file


# Some hundred manifests, each asked for twice.
repaired_corpus.seconds = 300
repaired_examples.seconds = 300
enabled_installs.seconds = 300
