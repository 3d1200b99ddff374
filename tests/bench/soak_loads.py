"""The reviews of the soak and the answer that each must get, told before by `pxguard review` under each of
the two policies."""
import base64
import dataclasses
import json
import subprocess

import loads

PLACEHOLDER = "00000000-0000-4000-8000-000000000000"  # of the uid; every request gets one of its own
POLICIES = ["""apiVersion: pxguard.io/v1alpha1
kind: Policy
rules:
  PXS105: deny
""", """apiVersion: pxguard.io/v1alpha1
kind: Policy
rules:
  PXS105: warn
"""]
BROKEN_POLICY = POLICIES[0] + "  PXS999: warn\n"
HUGE = 2 << 20


@dataclasses.dataclass(frozen=True)
class Load:
    """`answers`: for each policy the bytes of the answer before and after the uid."""
    name: str
    weight: int
    before: bytes
    after: bytes
    answers: tuple = ()
    verdicts: tuple = ()

    def body(self, uid):
        return self.before + uid + self.after

    def policy_of(self, answer, uid):
        """Which policy gives just this answer; None where neither does."""
        return next((i for i, (head, tail) in enumerate(self.answers) if answer == head + uid + tail), None)


def _named(name):
    return {"name": name, "namespace": "kube-system"}


def _stork(shared_secret, issuer="apps.portworx.io"):
    env = [{"name": "PX_JWT_ISSUER", "value": issuer}, {"name": "PX_SHARED_SECRET", **shared_secret}]
    container = {"name": "stork", "image": "openstorage/stork:24.2.0", "command": ["/stork", "--driver=pxd"],
                 "env": env}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _named("stork"),
            "spec": {"template": {"spec": {"containers": [container]}}}}


def _cluster(enabled=True, issuer="example.com"):
    return {"apiVersion": "core.libopenstorage.org/v1", "kind": "StorageCluster",
            "metadata": {"name": "px", "namespace": "portworx"},
            "spec": {"image": "portworx/oci-monitor:3.1.0", "security": {
                "enabled": enabled, "auth": {"guestAccess": "Disabled", "selfSigned": {"issuer": issuer}}}}}


def _secret(name, keys):
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": _named(name), "data": keys}


def _config_map(size):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named("notes"),
            "data": {f"note-{i}": "0123456789abcdef" * 64 for i in range(size >> 10)}}


def _renamed_issuer():
    manifest = loads.daemon_set(20)
    args = manifest["spec"]["template"]["spec"]["containers"][0]["args"]
    args[args.index("example.com")] = "other.example.com"
    return manifest


def _reviews():
    """(name, how many of all, body): the huge ones have weight 0, they come on a clock of their own."""
    from_secret = {"valueFrom": {"secretKeyRef": {"name": "pxkeys", "key": "stork-secret"}}}
    good, unknown = _stork(from_secret), _stork(from_secret, "x.example.com")
    shared = {key: "MDEyMzQ1Njc4OWFiY2RlZg==" for _, key in loads.KEYS}
    keys = {key: base64.b64encode(f"{key}-0123456789abcdef".encode()).decode() for key in shared}
    objects = [
        ("Deployment, good", 10, good, "CREATE", None),
        ("Deployment, literal key", 10, _stork({"value": "not-a-secret"}), "CREATE", None),
        ("Deployment, issuer unknown, update", 5, unknown, "UPDATE", good),
        ("DaemonSet, issuer changed", 5, _renamed_issuer(), "UPDATE", loads.daemon_set(20)),
        ("DaemonSet, deleted", 3, loads.daemon_set(20), "DELETE", None),
        ("Secret, good", 5, _secret("pxkeys", keys), "CREATE", None),
        ("Secret, one key for all", 5, _secret("pxkeys", shared), "CREATE", None),
        ("Secret, deleted", 5, _secret("px-system-secrets", keys), "DELETE", None),
        ("Secret of others", 5, _secret("unrelated", {"password": "c2VjcmV0"}), "CREATE", None),
        ("StorageCluster, good", 5, _cluster(), "CREATE", None),
        ("StorageCluster, issuer with a blank", 5, _cluster(issuer="my issuer"), "CREATE", None),
        ("StorageCluster, security off", 5, _cluster(False), "UPDATE", _cluster()),
        ("ConfigMap, 2 MB", 0, _config_map(HUGE), "CREATE", None),
    ]
    for name, weight, manifest, operation, old in objects:
        review = loads.admission_review(manifest, operation, old, PLACEHOLDER)
        yield name, weight, loads.compact(review).encode()
    yield "Pod 8 KB, good", 20, loads.pod_review(True, 8 << 10, PLACEHOLDER)
    yield "Pod 8 KB, bad", 20, loads.pod_review(False, 8 << 10, PLACEHOLDER)
    yield "Pod 40 KB, good", 5, loads.pod_review(True, 40 << 10, PLACEHOLDER)
    yield "Pod 40 KB, bad", 5, loads.pod_review(False, 40 << 10, PLACEHOLDER)
    yield "DaemonSet 8 KB, good", 5, loads.daemon_set_review(8 << 10, True, PLACEHOLDER)
    yield "DaemonSet 8 KB, bad", 5, loads.daemon_set_review(8 << 10, False, PLACEHOLDER)
    yield "DaemonSet 2 MB, bad", 0, loads.daemon_set_review(HUGE, False, PLACEHOLDER)


def _halves(data):
    before, after = data.split(PLACEHOLDER.encode())  # exactly one, or this fails
    return before, after


def _answers(pxguard, policy, files):
    """What `pxguard review` answers to each file, in order."""
    run = subprocess.run([pxguard, "review", "--quiet", "--policy", policy, *files],
                         capture_output=True, check=False)
    lines = run.stdout.splitlines()
    if len(lines) != len(files):
        said = run.stderr.decode("utf-8", "replace")[:1000]
        raise SystemExit(f"soak: pxguard review answered {len(lines)} of {len(files)}: {said}")
    return lines


def _verdict(answer):
    response = json.loads(answer)["response"]
    return response["allowed"], response["auditAnnotations"].get("rules", "")


def record(pxguard, folder):
    """All loads with the answers expected of them."""
    reviews = list(_reviews())
    files = [folder / f"review-{i}.json" for i in range(len(reviews))]
    for file, (_, _, body) in zip(files, reviews):
        file.write_bytes(body)
    lines = []
    for i, text in enumerate(POLICIES):
        policy = folder / f"policy-{i}.yaml"
        policy.write_text(text)
        lines.append(_answers(pxguard, policy, files))
    return [Load(name, weight, *_halves(body), tuple(_halves(line) for line in answers),
                 tuple(map(_verdict, answers)))
            for (name, weight, body), answers in zip(reviews, zip(*lines))]
