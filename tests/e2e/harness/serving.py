"""One `pxguard serve`: how it is started and ended, and what may be asked of it."""

import base64
import http.client
import json
import ssl
import urllib.error
import urllib.request

from harness import metrics
from harness.processes import free_ports

HOST = "pxguard.pxguard.svc"
# design: SIGTERM to exit takes at most 15 s.
DRAIN_SECONDS = 15
AUTHORITY_FILES = ("ca.crt", "ca.key")


class Serving:
    """With a view it is told to be a Pod's process, with nothing but the rights of its service account;
    it reaches the API server through `proxy`."""

    def __init__(self, name, program, processes, directory, account, proxy):
        self.program = program
        self.name = name
        self.account = account
        self.proxy = proxy
        self.processes = processes
        self.directory = directory
        self._log = directory / "logs" / f"{name}.log"
        self._certificates = directory / "certs"
        self._policy = directory / "policy.yaml"
        self._process = None
        self.address = None
        [self._status_port] = free_ports(1)
        self._earlier_metrics = ""

    def serve(self, address, view=True, words=(), environment=None, patience=15):
        """On (host, port); `words` are added to its command line."""
        self.address = address
        certificate, key = serving_files(self._certificates)
        command = [
            self.program,
            "serve",
            f"--listen={address[0]}:{address[1]}",
            f"--status-listen=127.0.0.1:{self._status_port}",
            f"--tls-cert={certificate}",
            f"--tls-key={key}",
            f"--policy={self._policy}",
            f"--cluster={'in-cluster' if view else 'none'}",
            *words,
        ]
        surroundings = dict(environment or {})
        if view:
            command = self.account.command(command)
            surroundings.update(self.account.environment(self.proxy.port))
        self._process = self.processes.start(self.name, command, surroundings)
        self._process.wait_until(f"{self.name} is ready", self.is_ready, patience)

    @property
    def process_id(self):
        return self._process.id

    def is_running(self):
        return self._process is not None and self._process.exit_status is None

    def is_ready(self):
        try:
            self.status("/readyz")
            return True
        except (urllib.error.HTTPError, OSError):
            return False

    def ask_to_end(self):
        """SIGTERM, and on with whatever happens meanwhile."""
        self._earlier_metrics += self.metrics()
        self._process.ask_to_end()

    def wait_for_end(self):
        """The exit status."""
        status = self._process.wait(DRAIN_SECONDS + 5)
        self._process = None
        return status

    def stop(self):
        """SIGTERM; the exit status and the seconds it took."""
        self._earlier_metrics += self.metrics()
        outcome = self._process.terminate(DRAIN_SECONDS + 5)
        self._process = None
        return outcome

    def kill(self):
        """As a node that loses power: no goodbye. Nothing happens when it is dead already."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def metrics(self):
        return self.status("/metrics").decode()

    def all_metrics(self):
        """Those of every process so far, as they were when it was told to end."""
        return self._earlier_metrics + (self.metrics() if self._process else "")

    def metric(self, name, /, **labels):
        return metrics.total(self.metrics(), name, **labels)

    def requests(self, **labels):
        return self.metric("pxguard_admission_requests_total", **labels)

    def log(self):
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def tail(self):
        lines = self.log().splitlines()[-15:]
        return "\n".join([f"last lines of {self.name}:"] + [f"  {line}" for line in lines])

    def status(self, path):
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"http://127.0.0.1:{self._status_port}{path}", timeout=5) as answer:
            return answer.read()

    def review(self, review, certificate=None):
        """Asks as the API server does, but directly; the bytes of the answer. `certificate`: a pair of
        files that a client shows."""
        tls = ssl.create_default_context(cafile=self._certificates / AUTHORITY_FILES[0])
        if certificate:
            tls.load_cert_chain(*certificate)
        tls.check_hostname = False
        connection = http.client.HTTPSConnection(*self.address, context=tls, timeout=5)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/validate", json.dumps(review).encode(), headers)
            return connection.getresponse().read()
        finally:
            connection.close()


def review_of(thing, old=None, operation="CREATE", uid="6fd3ac3c-0000-4000-8000-00000000e2e0"):
    """An AdmissionReview as the API server would send it."""
    group, _, version = thing["apiVersion"].rpartition("/")
    kind = {"group": group, "version": version, "kind": thing["kind"]}
    resource = {**{key: kind[key] for key in ("group", "version")}}
    resource["resource"] = thing["kind"].lower() + "s"
    request = {
        "uid": uid,
        "kind": kind,
        "resource": resource,
        "requestKind": kind,
        "requestResource": resource,
        "name": thing["metadata"]["name"],
        "namespace": thing["metadata"]["namespace"],
        "operation": operation,
        "userInfo": {"username": "somebody", "groups": ["system:authenticated"]},
        "object": None if operation == "DELETE" else thing,
        "oldObject": thing if operation == "DELETE" else old,
        "dryRun": False,
        "options": None,
    }
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}


def stored(secret):
    """A Secret as the API server hands it on: stringData has become data."""
    thing = {**secret, "data": dict(secret.get("data", {}))}
    for key, text in thing.pop("stringData", {}).items():
        thing["data"][key] = base64.b64encode(text.encode()).decode()
    return thing


def serving_files(folder):
    return folder / "tls.crt", folder / "tls.key"
