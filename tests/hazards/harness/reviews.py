"""Reviews as the API server sends them, with the verdict that each must get."""

import itertools
import json

_NUMBERS = itertools.count(1)
# Each finding is a warning or denial of some hundred bytes; the answer to these is at its limit.
CONTAINERS_OF_LONG_ANSWER = 40


class Review:
    """One request body, and whether it must be allowed. None: it is no review, so 400 is right too."""

    def __init__(self, uid, body, allowed):
        self.uid = uid
        self.body = body
        self.allowed = allowed

    def is_answered_by(self, answer):
        if answer is None or answer.status != 200:
            return False
        response = json.loads(answer.body)["response"]
        return response["uid"] == self.uid and response["allowed"] is self.allowed


def allowed(size=0):
    return _review(_daemon_set(_keys()), True, size)


def denied(size=0):
    """PX-Security without the key that the nodes sign with."""
    return _review(_daemon_set(_keys()[1:]), False, size)


def with_long_answer():
    daemon_set = _daemon_set([{"name": "PORTWORX_AUTH_SYSTEM_KEY", "value": "in clear text"}])
    containers = daemon_set["spec"]["template"]["spec"]["containers"]
    containers *= CONTAINERS_OF_LONG_ANSWER
    return _review(daemon_set, False, 0)


def ones(size):
    """A review of `size` bytes that is nearly nothing but `1,1,1...`: the costliest to parse."""
    start, end = _text({"apiVersion": "v1", "kind": "ConfigMap", "data": []}, "ones").split("[]")
    count = (size - len(start) - len(end) - 1) // 2
    return Review("ones", f"{start}[{'1,' * (count - 1)}1]{end}".encode(), True)


def _review(thing, verdict, size):
    uid = f"hazard-{next(_NUMBERS)}"
    text = _text(thing, uid)
    if len(text) < size:
        annotation = {"note": "x" * (size - len(text) - len('"annotations": {"note": ""}, '))}
        thing["metadata"] = {"annotations": annotation, **thing["metadata"]}
        text = _text(thing, uid)
    return Review(uid, text.encode(), verdict)


def _text(thing, uid):
    request = {"uid": uid, "operation": "CREATE", "kind": {"kind": thing["kind"]}, "object": thing}
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})


def _keys():
    return [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": "pxkeys", "key": key}}}
        for name, key in [
            ("PORTWORX_AUTH_SYSTEM_KEY", "system-secret"),
            ("PORTWORX_AUTH_SYSTEM_APPS_KEY", "stork-secret"),
            ("PORTWORX_AUTH_JWT_SHAREDSECRET", "shared-secret"),
        ]
    ]


def _daemon_set(env):
    container = {
        "name": "portworx",
        "image": "portworx/oci-monitor:3.1.0",
        "args": ["-c", "px", "-x", "kubernetes", "-jwt_issuer", "portworx.com"],
        "env": env,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "portworx", "namespace": "kube-system"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
