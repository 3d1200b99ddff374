"""The reviews that the figures are taken with: the shared ones where they are, else our own of the same
kind and size, and one of a DaemonSet. All are the same in every run."""
import dataclasses
import functools
import json
import pathlib

UID = "7b6c0d52-9f2e-4f0e-8a51-2f6d1c1a9e01"
KEYS = [("PORTWORX_AUTH_SYSTEM_KEY", "system-secret"), ("PORTWORX_AUTH_SYSTEM_APPS_KEY", "stork-secret"),
        ("PORTWORX_AUTH_JWT_SHAREDSECRET", "shared-secret")]
SIZES = {"8 KB": 8 << 10, "40 KB": 40 << 10}


@dataclasses.dataclass(frozen=True)
class Review:
    name: str
    file: pathlib.Path
    allowed: bool
    uid: str

    @functools.cached_property
    def body(self):
        return self.file.read_bytes()


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def from_secret(name, key):
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": "pxkeys", "key": key}}}


def admission_review(manifest, operation="CREATE", old=None, uid=UID, user="kubernetes-admin"):
    """As a kube-apiserver sends it. On DELETE `manifest` is what goes."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    kind = {"group": group, "version": version, "kind": manifest["kind"]}
    resource = {"group": group, "version": version, "resource": manifest["kind"].lower() + "s"}
    gone = operation == "DELETE"
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {
        "uid": uid, "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
        "name": manifest["metadata"]["name"], "namespace": manifest["metadata"]["namespace"],
        "operation": operation, "userInfo": {"username": user, "groups": ["system:authenticated"]},
        "object": None if gone else manifest, "oldObject": manifest if gone else old, "dryRun": False,
        "options": {"kind": operation.capitalize() + "Options", "apiVersion": "meta.k8s.io/v1"}}}


def portworx_container(good):
    """Bad: no system key, the apps key as a literal, and a claim that nobody knows."""
    keys = KEYS if good else KEYS[2:]
    env = [from_secret(name, key) for name, key in keys]
    args = ["-c", "px-bench", "-x", "kubernetes", "-a", "-secret_type", "k8s", "-jwt_issuer", "example.com"]
    if not good:
        env.append({"name": "PORTWORX_AUTH_SYSTEM_APPS_KEY", "value": "not-a-secret"})
        args += ["-username_claim", "preferred_username"]
    mounts = [{"name": f"host-{i}", "mountPath": f"/mnt/host-{i}"} for i in range(8)]
    return {"name": "portworx", "image": "portworx/oci-monitor:3.1.0", "imagePullPolicy": "Always",
            "args": args, "env": env, "securityContext": {"privileged": True}, "volumeMounts": mounts,
            "livenessProbe": {"periodSeconds": 30, "httpGet": {"path": "/status", "port": 9001}}}


def _managed_fields(number):
    owned = {f"f:field-{number}-{i}": {} for i in range(30)}
    return {"manager": f"controller-{number}", "operation": "Update", "apiVersion": "v1",
            "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": owned}}


def _sidecar(number):
    env = [{"name": f"SETTING_{i}", "value": f"value-{number}-{i}"} for i in range(10)]
    return {"name": f"sidecar-{number}", "image": f"example.com/team/sidecar:{number}", "env": env,
            "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "10m", "memory": "64Mi"}}}


def pod_review(good, size, uid=UID):
    """A Pod of Portworx, grown to exactly `size` bytes the way Pods grow: by managed fields, sidecars
    and, to the last byte, an annotation."""
    pod = {"apiVersion": "v1", "kind": "Pod",
           "metadata": {"name": "portworx-b7x2k", "namespace": "kube-system", "labels": {"name": "portworx"},
                        "annotations": {"example.com/note": ""}, "managedFields": []},
           "spec": {"hostNetwork": True, "serviceAccountName": "px-account",
                    "containers": [portworx_container(good)],
                    "volumes": [{"name": f"host-{i}", "hostPath": {"path": f"/var/lib/host-{i}"}}
                                for i in range(8)]}}
    review = admission_review(pod, uid=uid)
    grown = 0
    while True:
        grown += 1
        kind, piece = ((pod["metadata"]["managedFields"], _managed_fields(grown)) if grown % 2
                       else (pod["spec"]["containers"], _sidecar(grown)))
        if len(compact(review)) + len(compact(piece)) + 1 > size:
            break
        kind.append(piece)
    pod["metadata"]["annotations"]["example.com/note"] = "x" * (size - len(compact(review)))
    return compact(review).encode()


def daemon_set(padding=0, good=True, name="portworx", namespace="kube-system"):
    container = portworx_container(good)
    container["env"] += [{"name": f"PX_OPTION_{i}", "value": "x" * 40} for i in range(padding)]
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": namespace},
            "spec": {"template": {"spec": {"containers": [container]}}}}


def daemon_set_review(size, good=True, uid=UID):
    """A DaemonSet with as many variables as it takes to reach `size` bytes."""
    fewer = len(compact(admission_review(daemon_set(0, good), uid=uid)))
    each = len(compact(admission_review(daemon_set(100, good), uid=uid))) - fewer
    padding = max(0, -(-100 * (size - fewer) // each))
    return compact(admission_review(daemon_set(padding, good), uid=uid)).encode()


def _write(folder, name, body, allowed):
    file = folder / (name.replace(" ", "-") + ".json")
    file.write_bytes(body)
    return Review(name, file, allowed, UID)


def pod_reviews(shared, folder):
    """{"8 KB denied": Review, ...} and in words where they are from."""
    theirs = {f"{size} {word}": shared / "reviews" / f"pod-{size[:-3]}k{suffix}.json"
              for size in SIZES for word, suffix in (("denied", ""), ("allowed", "-ok"))}
    if all(file.is_file() for file in theirs.values()):
        reviews = {name: Review(name, file, name.endswith("allowed"),
                                json.loads(file.read_bytes())["request"]["uid"])
                   for name, file in theirs.items()}
        return reviews, "the shared Pods"
    return {f"{size} {word}": _write(folder, f"{size} {word}", pod_review(word == "allowed", length),
                                     word == "allowed")
            for size, length in SIZES.items() for word in ("denied", "allowed")}, "Pods of our own"


def daemon_set_reviews(folder):
    return {f"{size} DaemonSet": _write(folder, f"{size} DaemonSet", daemon_set_review(length), True)
            for size, length in SIZES.items()}
