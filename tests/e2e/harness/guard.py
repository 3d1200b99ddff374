"""pxguard itself: the program under test, run as the Service that deploy/install.yaml describes."""

import pathlib
import urllib.error
import urllib.request

from harness.metrics import total
from harness.processes import free_ports

INSTALL = pathlib.Path(__file__).resolve().parents[3] / "deploy" / "install.yaml"
NAMESPACE = "pxguard"
CONFIGURATION = "pxguard"
ENTRIES = ("enforce.pxguard.io", "advise.pxguard.io")
# design: SIGTERM to exit takes at most 15 s.
DRAIN_SECONDS = 15


class Guard:
    """One `pxguard serve`, bound to the address of its Service."""

    def __init__(self, program, processes, directory, cluster, authority):
        self._program = program
        self._processes = processes
        self._directory = directory
        self._cluster = cluster
        self._authority = authority
        self._process = None
        [self._status_port] = free_ports(1)

    def install(self):
        """The steps of an administrator, in their order; pxguard's own Deployment stays without a
        scheduler, so its pods never run and this process stands in for them."""
        self._cluster.must("apply", "-f", INSTALL)
        self.start()
        self._trust_certificate()
        self._process.wait_until("the API server calls pxguard", self._is_called)

    def start(self):
        service = self._cluster.get("service", "-n", NAMESPACE, "pxguard")
        address, port = service["spec"]["clusterIP"], service["spec"]["ports"][0]["port"]
        certificate, key = self._authority.issue("pxguard", [f"DNS:pxguard.{NAMESPACE}.svc"])
        self._process = self._processes.start(
            "pxguard",
            [
                self._program,
                "serve",
                f"--listen={address}:{port}",
                f"--status-listen=127.0.0.1:{self._status_port}",
                f"--tls-cert={certificate}",
                f"--tls-key={key}",
                f"--policy={self._write_policy()}",
                "--cluster=none",
            ],
        )
        self._process.wait_until("pxguard is ready", self.is_ready, 15)

    def is_ready(self):
        try:
            self._status("/readyz")
            return True
        except (urllib.error.HTTPError, OSError):
            return False

    def stop(self):
        """SIGTERM; the exit status and the seconds it took. Nothing, when it is dead already."""
        if self._process is None:
            return None
        outcome = self._process.terminate(DRAIN_SECONDS + 5)
        self._process = None
        return outcome

    def kill(self):
        """As a node that loses power: no goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def metrics(self):
        return self._status("/metrics").decode()

    def requests(self, **labels):
        return total(self.metrics(), "pxguard_admission_requests_total", **labels)

    def log(self):
        path = self._directory / "logs" / "pxguard.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def tail(self):
        lines = self.log().splitlines()[-15:]
        return "\n".join(["last lines of pxguard:"] + [f"  {line}" for line in lines])

    def _status(self, path):
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"http://127.0.0.1:{self._status_port}{path}", timeout=5) as answer:
            return answer.read()

    def _is_called(self):
        """Configurations reach the admission chain some milliseconds after their answer."""
        before = self.requests()
        probe = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "px-probe-token", "namespace": "default"},
        }
        self._cluster.kubectl("create", "--dry-run=server", "-f", "-", objects=[probe])
        return self.requests() > before

    def _write_policy(self):
        policy = self._cluster.get("configmap", "-n", NAMESPACE, "pxguard-policy")["data"][
            "policy.yaml"
        ]
        path = self._directory / "policy.yaml"
        path.write_text(policy)
        return path

    def _trust_certificate(self):
        authority = self._authority.certificate_base64()
        configuration = self._cluster.get("validatingwebhookconfiguration", CONFIGURATION)
        for entry in configuration["webhooks"]:
            entry["clientConfig"]["caBundle"] = authority
        self._cluster.must("replace", "-f", "-", objects=[configuration])
