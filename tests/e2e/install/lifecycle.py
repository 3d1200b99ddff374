"""Installed, upgraded, rolled back and uninstalled with Helm, while people write: nobody is failed,
nothing is left. The processes of its Deployment run here (harness/replicas.py), with the rights that
the chart gives: one that is missing fails these tests."""

import base64
import contextlib
import re
import subprocess
import time

from harness.helm import CHART, ROOT
from harness.load import load
from harness.metrics import total
from harness.replicas import Hooks, Replicas
from harness.suite import case, expect
from harness.waiting import wait_until
from install.stage import NAMESPACE, applicable

BAD = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "px-bad"},
    "provisioner": "pxd.portworx.com",
    "parameters": {
        "csi.storage.k8s.io/node-publish-secret-name": "px-user-token",
        "csi.storage.k8s.io/node-publish-secret-namespace": "${pvc.name}",
    },
}
OURS = "app.kubernetes.io/name=pxguard"
CLUSTER_KINDS = (
    "clusterrole,clusterrolebinding,validatingwebhookconfiguration,mutatingwebhookconfiguration"
)
KINDS = (
    "deployment,replicaset,pod,job,service,configmap,serviceaccount,role,rolebinding,"
    "networkpolicy,poddisruptionbudget"
)
OPERATIONS = ROOT / "docs" / "operations.md"
# Seconds: it looks every five.
LOOKS_OF_PXGUARD = 12
REMOVE_NOW = "validatingwebhookconfiguration,mutatingwebhookconfiguration"


@case
def lives_by_helm(world):
    """helm installs, upgrades, rolls back and uninstalls pxguard under load: no write fails, nothing
    is left and nothing is blocked"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        hooks = stack.enter_context(Hooks(world))
        stack.callback(clean_up, world, replicas)
        _install(world, replicas)
        _expect_proof(world, hooks)
        with load(world) as people:
            people.wait_for(50)
            figures = [
                _roll(world, replicas, people, "upgrade", [CHART, *_set("podLabels.step=two")]),
                _roll(world, replicas, people, "rollback", ["1"]),
            ]
        others = people.others()
        expect(not others, f"{len(others)} of {people.count()} writes failed", others[:3])
        _expect_view(replicas)
        done = world.helm.run("uninstall", "pxguard", f"--namespace={NAMESPACE}", "--timeout=120s")
        expect(done.returncode == 0, "uninstall fails", done.stderr + "\n".join(hooks.said))
        expect(any("open-gate" in said for said in hooks.said), "the gate was not opened first")
    _expect_nothing_left(world)
    return f"{people.count()} writes, none failed; {'; '.join(figures)}"


lives_by_helm.seconds = 400


@case
def lives_by_default(world):
    """installed with no value set it becomes enforcing by itself, lives through an upgrade, can be
    removed by one command while it lives, and an uninstall leaves nothing and blocks nothing"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        hooks = stack.enter_context(Hooks(world))
        stack.callback(clean_up, world, replicas)
        # The one of other tests is no Secret of pxguard's own.
        world.cluster.must("delete", "secret", "-n", NAMESPACE, "pxguard-tls", "--ignore-not-found")
        world.helm.must("install", "pxguard", CHART, f"--namespace={NAMESPACE}")
        # Nothing is asked before somebody answers.
        expect(_create(world, BAD).accepted, "a request is refused by nobody")
        started = time.monotonic()
        replicas.start()
        _expect_refusal(world)
        seconds = time.monotonic() - started
        _expect_proof(world, hooks)
        with load(world) as people:
            people.wait_for(50)
            figures = _roll(world, replicas, people, "upgrade", [CHART, *_set("podLabels.step=two")])
        others = people.others()
        expect(not others, f"{len(others)} of {people.count()} writes failed", others[:3])
        _expect_refusal(world)
        _expect_view(replicas)
        _remove_now(world)
        _upgrade(world, "upgrade", [CHART])
        _expect_refusal(world)
        done = world.helm.run("uninstall", "pxguard", f"--namespace={NAMESPACE}", "--timeout=120s")
        expect(done.returncode == 0, "uninstall fails", done.stderr + "\n".join(hooks.said))
        world.cluster.must("delete", "secret", "-n", NAMESPACE, "pxguard-tls", "--ignore-not-found")
    _expect_nothing_left(world)
    return f"enforcing {seconds:.0f} s after its replicas; {figures}, none failed"


lives_by_default.seconds = 400


@case
def survives_killed_parts(world):
    """whatever is killed at a step of an installation, the step can be done again, and pxguard refuses"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        stack.enter_context(Hooks(world))
        stack.callback(clean_up, world, replicas)
        _install(world, replicas)
        # A replica in the middle of an upgrade.
        _upgrade(world, "upgrade", [CHART, *_set("podLabels.step=killed")])
        replicas.kill(replicas.running()[0])
        replicas.replace()
        _expect_refusal(world)
        # The API server, between an upgrade and its replicas.
        _upgrade(world, "upgrade", [CHART, *_set("podLabels.step=restarted")])
        world.cluster.kill("kube-apiserver")
        world.cluster.start_api_server()
        replicas.roll()
        replicas.wait_for_endpoints()
        _expect_refusal(world)
        # Every replica at once, in a rollback: closed until one is back.
        _upgrade(world, "rollback", ["1"])
        for replica in replicas.running():
            replicas.kill(replica)
        answer = _create(world, BAD)
        expect("failed calling webhook" in answer.err, "it should fail closed", answer)
        replicas.replace()
        _expect_refusal(world)
        # Every replica, before an uninstall.
        for replica in replicas.running():
            replicas.kill(replica)
        world.helm.must("uninstall", "pxguard", f"--namespace={NAMESPACE}", "--timeout=120s")
    _expect_nothing_left(world)


survives_killed_parts.seconds = 400


@case
def missing_right(world):
    """without one of its rights pxguard says which kind it cannot see"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        stack.callback(clean_up, world, replicas)
        _install(world, replicas, before=_without_a_right)
        [failing] = {
            line for line in replicas.running()[0].metrics().splitlines()
            if line.startswith("pxguard_view_failing") and line.endswith(" 1")
        }
        expect('kind="StorageClass"' in failing, failing)


missing_right.seconds = 200


@case
def lives_by_kustomize(world):
    """kubectl applies and deletes the Kustomize base; one command opens the gate of a dead pxguard"""
    replicas = Replicas(world, world.processes)
    certificates = _certificates(world)
    with contextlib.ExitStack() as stack:
        stack.callback(replicas.stop)
        objects = applicable(world, "base")
        for thing in objects:
            for entry in thing.get("webhooks", []):
                entry["clientConfig"]["caBundle"] = _base64(certificates / "ca.crt")
        world.cluster.must("apply", "-f", "-", objects=objects)
        replicas.start()
        _expect_refusal(world)
        replicas.stop()
        answer = _create(world, BAD)
        expect("failed calling webhook" in answer.err, "it should fail closed", answer)
        world.cluster.must("delete", REMOVE_NOW, "pxguard", "--ignore-not-found")
        expect(_create(world, BAD).accepted, "the gate is still closed")
        world.cluster.must("delete", "--ignore-not-found", "-f", "-", objects=objects)
    _expect_nothing_left(world)


lives_by_kustomize.seconds = 200


def _remove_now(world):
    """The command of docs/operations.md, beside a pxguard that lives and would make them again."""
    [command] = re.findall(r"^kubectl (delete clusterrolebinding/.*)$", OPERATIONS.read_text(), re.M)
    world.cluster.must(*command.split())
    for _ in range(LOOKS_OF_PXGUARD):
        expect(_create(world, BAD).accepted, "the gate is closed again")
        time.sleep(1)


def clean_up(world, replicas):
    """Whatever a test has left when it failed."""
    replicas.stop()
    world.cluster.kubectl("delete", REMOVE_NOW, "pxguard", "--ignore-not-found")
    world.helm.run("uninstall", "pxguard", f"--namespace={NAMESPACE}", "--no-hooks")


def _set(*settings):
    return [word for setting in settings for word in ("--set", setting)]


def values_of(world, **changes):
    """As somebody who keeps the certificate in a Secret."""
    authority = (_certificates(world) / "ca.crt").read_text()
    return {
        "activation": "static",
        "certificates": {"mode": "files", "caBundle": authority},
        **changes,
    }


def _install(world, replicas, before=None, **changes):
    values = values_of(world, **changes)
    words = ["install", "pxguard", CHART, f"--namespace={NAMESPACE}"]
    world.helm.must(*words, values=values)
    if before:
        before(world)
    replicas.start()
    if not before:
        _expect_refusal(world)


install = _install


def _without_a_right(world):
    role = world.cluster.get("clusterrole", "pxguard")
    role["rules"] = [rule for rule in role["rules"] if "storageclasses" not in rule["resources"]]
    world.cluster.must("replace", "-f", "-", objects=[role])


def _certificates(world):
    """The Secret that the chart expects; the folder with its CA."""
    folder = world.directory / "install-certs"
    if not folder.exists():
        init = [world.program, "certs", "init", "--out", folder]
        subprocess.run(init, check=True, capture_output=True, timeout=30)
    data = {name: _base64(folder / name) for name in ("tls.crt", "tls.key")}
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": data}
    secret["metadata"] = {"name": "pxguard-tls", "namespace": NAMESPACE}
    world.cluster.must("apply", "-f", "-", objects=[secret])
    return folder


def _base64(file):
    return base64.b64encode(file.read_bytes()).decode()


def _upgrade(world, verb, words):
    command = [verb, "pxguard", *words, f"--namespace={NAMESPACE}"]
    if verb == "upgrade":
        command.append("--reuse-values")
    world.helm.must(*command)


def _roll(world, replicas, people, verb, words):
    started, before = time.monotonic(), people.count()
    _upgrade(world, verb, words)
    replicas.roll()
    replicas.wait_for_endpoints()
    people.wait_for(20)
    seconds = time.monotonic() - started
    return f"{verb} in {seconds:.0f} s with {people.count() - before} writes"


def _create(world, thing):
    return world.cluster.kubectl("create", "--dry-run=server", "-f", "-", objects=[thing])


def _expect_refusal(world):
    def refused():
        answer = _create(world, BAD)
        return 'admission webhook "enforce.pxguard.io" denied' in answer.err and answer

    answer = wait_until("pxguard refuses a bad StorageClass", refused, 20)
    expect("PXS607" in answer.err, "not by the rule that it breaks", answer)


expect_refusal = _expect_refusal


def _expect_proof(world, hooks):
    done = world.helm.run("test", "pxguard", f"--namespace={NAMESPACE}", "--timeout=60s")
    expect(done.returncode == 0, "helm test fails", done.stderr + "\n".join(hooks.said))
    expect(any("refused by pxguard" in said for said in hooks.said), "no proof", hooks.said)


def _expect_view(replicas):
    for replica in replicas.running():
        blind = total(replica.metrics(), "pxguard_view_failing")
        expect(blind == 0, "a right is missing", replica.tail())


def _expect_nothing_left(world):
    def left():
        names = [
            *world.cluster.get(CLUSTER_KINDS, "-l", OURS)["items"],
            *world.cluster.get(KINDS, "-A", "-l", OURS)["items"],
        ]
        return [f"{thing['kind']} {thing['metadata']['name']}" for thing in names]

    wait_until("the garbage collector is done", lambda: not left(), 30)
    answer = _create(world, BAD)
    expect(answer.accepted, "something is blocked", answer)
