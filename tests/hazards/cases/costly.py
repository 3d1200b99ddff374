"""Reviews that are made to be slow to decide."""

import itertools
import json

from harness.clients import ask_once, post
from harness.suite import expect, hazard
from harness.together import together

SIZE = 1_000_000  # Of those that are decided on the loop of their connection, about the largest.
IMAGE = "portworx/oci-monitor:3.1.0"


def padded(start, unit, end):
    """`unit` as often as it fits; %d in it is counted."""
    parts, size = [start], len(start) + len(end)
    for number in itertools.count():
        part = unit.replace("%d", str(number))
        size += len(part)
        if size > SIZE:
            return "".join([*parts, end])
        parts.append(part)


def daemon_set(env="", arguments="", containers="", metadata=""):
    """The text of one, with something in one of its places."""
    container = f'{{"name":"portworx","image":"{IMAGE}","args":["-c","px"{arguments}],"env":[{{}}{env}]}}'
    spec = f'{{"template":{{"spec":{{"containers":[{container}{containers}]}}}}}}'
    meta = f'{{"name":"portworx","namespace":"kube-system"{metadata}}}'
    return f'{{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{meta},"spec":{spec}}}'


def texts():
    """Objects as JSON text, by what is slow about them."""
    key = '{"name":"PORTWORX_AUTH_SYSTEM_KEY","value":"x"}'
    config_map = '{"apiVersion":"v1","kind":"ConfigMap","data":{"a":1<>}}'
    secret = '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"px-system-secrets"},"data":{"a":""<>}}'
    places = {
        "one key many times": (config_map, ',"a":1'),
        "two keys many times": (config_map, ',"a":1,"b":1'),
        "many keys": (config_map, ',"k%d":1'),
        "many keys of a Secret": (secret, ',"k%d":"YWJj"'),
        "one variable many times": (daemon_set(env="<>"), f",{key}"),
        "many variables that refer": (daemon_set(env="<>"), ',{"name":"E%d","value":"$(E0)$(E1)"}'),
        "one argument many times": (daemon_set(arguments="<>"), ',"-jwt_issuer","a"'),
        "many arguments": (daemon_set(arguments="<>"), ',"-x%d"'),
        "many containers": (
            daemon_set(containers="<>"),
            f',{{"name":"portworx","image":"{IMAGE}","env":[{key}]}}',
        ),
        "one long command": (
            daemon_set(containers=',{"name":"a","command":["sh","-c","<>"]}'),
            "pxctl --token a; ",
        ),
        "many annotations": (daemon_set(metadata=',"annotations":{"a":"b"<>}'), ',"k%d":"v"'),
        "many labels that are one": (daemon_set(metadata=',"labels":{"a":"b"<>}'), ',"a":"v"'),
        "deep lists": ('{"apiVersion":"v1","kind":"A","x":[0<>]}', "," + "[" * 200 + "]" * 200),
        "integers beyond 64 bits": ('{"apiVersion":"v1","kind":"A","x":[0<>]}', ",18446744073709552000"),
    }
    made = {what: padded(*_split(text, unit)) for what, (text, unit) in places.items()}
    doubling = "".join(f',{{"name":"D{i}","value":"$(D{i - 1})$(D{i - 1})"}}' for i in range(1, 200))
    return {**made, "variables that double": daemon_set(env=doubling)}


def _split(text, unit):
    start, end = text.split("<>")
    return start, unit, end


def review_of(text):
    frame = json.dumps({"uid": "slow", "operation": "CREATE", "kind": {"kind": "any"}, "object": None})
    return (
        ('{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":%s}' % frame)
        .replace("null", text)
        .encode()
    )


# Each loop keeps a parser for bodies up to 1 MiB, which grows to 22 MB here; there are 8 loops at most.
# Four clients, the prober and the server have two cores; each review keeps one of them busy for long.
@hazard("verdict in time, probes too", growth=400, kept=200, usual=1.0)
def costly_reviews(scene):
    """reviews of 1 MB made to be slow, by 4 clients at once, get a verdict within their deadline and keep
    no probe waiting"""
    bodies = {what: review_of(text) for what, text in texts().items()}
    wrong = []

    def client(_):
        for what, body in bodies.items():
            answer = ask_once(scene.guard.port, post(body))
            # A sanitizer may be too slow for the deadline.
            if answer is None or answer.status not in ((200,) if scene.kind.slower == 1 else (200, 500)):
                wrong.append(f"{what}: {answer}")

    together(max(1, 4 // scene.kind.slower), client)
    expect(not wrong, "want a verdict", "\n".join(wrong))
    scene.measured = f"{len(bodies)} kinds, all decided"
