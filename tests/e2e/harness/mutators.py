"""Other people's mutating webhooks: one that puts a sidecar beside the containers of a template, one that
labels, one that takes away. And the entry of pxguard's own /mutate, for as long as a test wants it."""

import base64
import contextlib
import http.server
import json
import ssl
import subprocess
import threading

from harness.waiting import wait_until

WORKLOADS = {
    "apiGroups": ["apps"],
    "apiVersions": ["v1"],
    "operations": ["CREATE", "UPDATE"],
    "resources": ["deployments", "daemonsets"],
}
SIDECAR = {"name": "proxy", "image": "example.com/proxy:1", "env": [{"name": "MODE", "value": "inbound"}]}
LABEL = "example.com/team"


def _sidecar(thing):
    containers = thing["spec"]["template"]["spec"]["containers"]
    if any(container["name"] == SIDECAR["name"] for container in containers):
        return []
    # In front: every position of a container moves.
    return [{"op": "add", "path": "/spec/template/spec/containers/0", "value": SIDECAR}]


def _label(thing):
    if LABEL in thing["metadata"].get("labels", {}):
        return []
    patch = [] if "labels" in thing["metadata"] else [{"op": "add", "path": "/metadata/labels", "value": {}}]
    return [*patch, {"op": "add", "path": "/metadata/labels/example.com~1team", "value": "storage"}]


def _strip(thing):
    """Takes away what pxguard adds."""
    patch = []
    for i, container in enumerate(thing["spec"]["template"]["spec"]["containers"]):
        places = [j for j, entry in enumerate(container.get("env", [])) if entry["name"] == "PX_SHARED_SECRET"]
        patch += [
            {"op": "remove", "path": f"/spec/template/spec/containers/{i}/env/{j}"} for j in reversed(places)
        ]
    return patch


PATCHES = {"/sidecar": _sidecar, "/label": _label, "/strip": _strip}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = review["request"]
        patch = PATCHES[self.path.split("?")[0]](request["object"])
        response = {"uid": request["uid"], "allowed": True}
        if patch:
            text = base64.b64encode(json.dumps(patch).encode()).decode()
            response.update(patchType="JSONPatch", patch=text)
        body = json.dumps({**review, "request": None, "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def others(world, path, name):
    """A webhook of somebody else; `name` decides its place: configurations are asked in the order of
    their names."""
    folder = world.guard.directory / f"other-{name}"
    words = ["certs", "init", "--out", folder, "--ip", "127.0.0.1", "--dns", "localhost"]
    subprocess.run([world.guard.program, *words], check=True, capture_output=True, timeout=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bundle = base64.b64encode((folder / "ca.crt").read_bytes()).decode()
    client = {"url": f"https://127.0.0.1:{server.server_port}{path}", "caBundle": bundle}
    entry = {
        "name": f"{name}.example.com",
        "clientConfig": client,
        "rules": [WORKLOADS],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 2,
        "reinvocationPolicy": "IfNeeded",
    }
    made = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [entry],
    }
    try:
        with _standing(world, made):
            yield
    finally:
        server.shutdown()
        subprocess.run(["rm", "-rf", folder], check=True)


@contextlib.contextmanager
def pxguards(world, *rules, name="pxguard-mutate"):
    """pxguard mends what these rules find, for a while: with the entry that it asks for itself."""
    line = "upgrades: Gate"
    listed = ", ".join(f"{rule}: {{mutate: true}}" for rule in rules)
    with world.guard.policy_with(line, f"{line}\nrules: {{{listed}}}"):
        wanted = world.guard.webhooks()
        [made] = [one for one in wanted.get("items", [wanted]) if one["kind"].startswith("Mutating")]
        made["metadata"]["name"] = name
        with _standing(world, made):
            yield


@contextlib.contextmanager
def _standing(world, configuration):
    name = configuration["metadata"]["name"]
    entry = configuration["webhooks"][0]["name"]
    world.cluster.must("create", "-f", "-", objects=[configuration])
    try:
        wait_until(f"the API server knows {name}", lambda: _is_asked(world, entry))
        yield
    finally:
        world.cluster.must("delete", "mutatingwebhookconfiguration", name)
        wait_until(f"the API server forgets {name}", lambda: not _is_asked(world, entry))


def _is_asked(world, entry):
    """Configurations reach the admission chain some time after their answer."""
    thing = world.object("stork.yaml", namespace="default")
    with world.connect() as connection:
        reply = connection.create(thing, dry_run=True)
    return entry in json.dumps(world.cluster.audit_events(reply.audit_id))
