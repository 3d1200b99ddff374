"""`pxguard audit` of a live cluster, with the rights of the service account."""

import contextlib
import json
import pathlib

from harness.suite import case, expect
from harness.waiting import wait_until
from live import stage

CLEAN, FINDINGS, PARTIAL = 0, 1, 3
STORAGE_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "px-without-token"},
    "provisioner": "pxd.portworx.com",
    "parameters": {"repl": "3"},
}
LONG_AGO = "2020-01-01T00:00:00Z"


@case
def clean_cluster(world):
    """an audit of a cluster without a fault finds none: status 0"""
    with _right_cluster(world):
        status, out, said = world.guard.audit()
        expect(status == CLEAN, f"audit ends with {status}", out + said)


@case
def planted_faults(world):
    """an audit finds what was planted, names each object and ends with status 1"""
    with _right_cluster(world), _class_without_token(world):
        world.plant(stage.stork(world, stage.OTHER))
        found = _findings(world, FINDINGS)
        for wanted in [("PXS202", "Deployment", "stork"), ("PXS601", "StorageClass", "px-without-token")]:
            expect(wanted in found, f"{wanted} is not found", "\n".join(map(str, found)))


@case
def forbidden_kind(world):
    """an audit that may not read a kind never looks clean: status 3, and the kind is named"""
    with _right_cluster(world), _without_right_to(world, "storageclasses"):
        status, out, said = world.guard.audit()
        expect(status == PARTIAL, f"audit ends with {status}", out + said)
        expect("StorageClass" in out + said, "what is forbidden is not named", out + said)


@case
def forbidden_secret(world):
    """an audit that may not read a Secret of the list says which one, and ends with status 3"""
    with _right_cluster(world):
        role = world.cluster.get("role/pxguard-secrets", "-n", stage.NAMESPACE)
        lesser = json.loads(json.dumps(role))
        lesser["rules"][0]["resourceNames"].remove("pxkeys")
        with _replaced(world, role, lesser):
            status, out, said = world.guard.audit()
            expect(status == PARTIAL, f"audit ends with {status}", out + said)
            expect("pxkeys" in out + said, "what is forbidden is not named", out + said)


@case
def restart_needed(world):
    """pods that started before the keys were changed are found: they need a restart"""
    with _right_cluster(world), world.connect() as connection:
        selector = "name=portworx"
        pods = wait_until("Portworx has its pod", lambda: world.pods(stage.NAMESPACE, selector))
        for name in pods:
            path = f"/api/v1/namespaces/{stage.NAMESPACE}/pods/{name}/status"
            status = {"status": {"phase": "Running", "startTime": LONG_AGO}}
            reply = connection.send("PATCH", path, status, "application/merge-patch+json")
            expect(reply.accepted, "the pod should have started", reply)
        found = _findings(world)
        expect(("PXS901", "DaemonSet", "portworx") in found, "nothing needs a restart", found)


@case
def facts_for_check(world):
    """what an audit exports, check --facts reads: both find the same on the same object, and no value
    of a Secret is in the file"""
    with _right_cluster(world), _class_without_token(world):
        wrong = stage.stork(world, stage.OTHER)
        world.plant(wrong)
        file = pathlib.Path(world.guard.directory) / "facts.yaml"
        status, out, said = world.guard.audit("--format=json", f"--export-facts={file}")
        expect(status == FINDINGS, f"audit ends with {status}", out + said)
        facts = file.read_text()
        world.said.append(facts)
        expect("pxkeys" in facts, "the facts name no Secret", facts)
        audited = {finding for finding in _parsed(out) if finding[1] == "Deployment"}
        checked = world.guard.check(json.dumps(wrong), f"--facts={file}", "--format=json", err=False)
        expect(checked[0] == FINDINGS, f"check ends with {checked[0]}", checked[1])
        expect(_parsed(checked[1]) == audited, "they differ", f"{audited}\n{checked[1]}")


@contextlib.contextmanager
def _right_cluster(world):
    right = [*stage.keys(world), stage.portworx(world), stage.stork(world)]
    with stage.standing(world, *right):
        yield


@contextlib.contextmanager
def _class_without_token(world):
    world.plant(STORAGE_CLASS)
    try:
        yield
    finally:
        world.cluster.must("delete", "storageclass", STORAGE_CLASS["metadata"]["name"])


@contextlib.contextmanager
def _without_right_to(world, resource):
    role = world.cluster.get("clusterrole/pxguard")
    lesser = json.loads(json.dumps(role))
    lesser["rules"] = [rule for rule in role["rules"] if resource not in rule["resources"]]
    expect(lesser["rules"] != role["rules"], f"there is no right to {resource}")
    with _replaced(world, role, lesser):
        yield


@contextlib.contextmanager
def _replaced(world, role, lesser):
    for thing in (role, lesser):
        thing["metadata"].pop("resourceVersion", None)
    world.cluster.must("replace", "-f", "-", objects=[lesser])
    try:
        yield
    finally:
        world.cluster.must("replace", "-f", "-", objects=[role])


def _findings(world, wanted_status=None):
    status, out, said = world.guard.audit("--format=json")
    world.said += [out, said]
    expect(wanted_status in (None, status), f"audit ends with {status}", out + said)
    return _parsed(out)


def _parsed(report):
    """Triples of rule, kind and name: errors and warnings."""
    return {
        (finding["rule"], finding["object"]["kind"], finding["object"]["name"])
        for finding in json.loads(report)["findings"]
        if finding["severity"] != "info"
    }
