"""pxguard itself: the program under test, run as the Service that deploy/install.yaml describes."""

import base64
import contextlib
import copy
import hashlib
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import urllib.error
import urllib.request

from harness.metrics import total
from harness.processes import free_ports
from harness.waiting import wait_until

INSTALL = pathlib.Path(__file__).resolve().parents[3] / "deploy" / "install.yaml"
NAMESPACE = "pxguard"
HOST = f"pxguard.{NAMESPACE}.svc"
CONFIGURATION = "pxguard"
ENTRIES = ("enforce.pxguard.io", "advise.pxguard.io")
# design: SIGTERM to exit takes at most 15 s.
DRAIN_SECONDS = 15
AUTHORITY_FILES = ("ca.crt", "ca.key")
POLICY_IN_FORCE = re.compile(r'^pxguard_policy_info\{hash="(\w+)"\} 1$', re.MULTILINE)


class Guard:
    """One `pxguard serve`, bound to the address of its Service."""

    def __init__(self, program, processes, directory, cluster):
        self._program = program
        self._processes = processes
        self._directory = directory
        self._cluster = cluster
        self._certificates = directory / "certs"
        self._policy = directory / "policy.yaml"
        self._process = None
        self._address = None
        self._earlier_metrics = ""
        [self._status_port] = free_ports(1)

    def install(self):
        """The steps of an administrator, in their order; pxguard's own Deployment stays without a
        scheduler, so its pods never run and this process stands in for them."""
        self._cluster.must("apply", "-f", INSTALL)
        policy = self._cluster.get("configmap", "-n", NAMESPACE, "pxguard-policy")
        self._policy.write_text(policy["data"]["policy.yaml"])
        self.start()
        self._trust_certificate()
        self._process.wait_until("the API server calls pxguard", self._is_called)

    def start(self):
        service = self._cluster.get("service", "-n", NAMESPACE, "pxguard")
        self._address = (service["spec"]["clusterIP"], service["spec"]["ports"][0]["port"])
        if not self._certificates.exists():
            self._make_certificates(self._certificates)
        certificate, key = _serving_files(self._certificates)
        self._process = self._processes.start(
            "pxguard",
            [
                self._program,
                "serve",
                f"--listen={self._address[0]}:{self._address[1]}",
                f"--status-listen=127.0.0.1:{self._status_port}",
                f"--tls-cert={certificate}",
                f"--tls-key={key}",
                f"--policy={self._policy}",
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
        return self._status("/metrics").decode()

    def all_metrics(self):
        """Those of every process so far, as they were when it was told to end."""
        return self._earlier_metrics + (self.metrics() if self._process else "")

    def requests(self, **labels):
        return total(self.metrics(), "pxguard_admission_requests_total", **labels)

    def policy_in_force(self):
        """Its hash."""
        return POLICY_IN_FORCE.search(self.metrics())[1]

    @contextlib.contextmanager
    def policy_with(self, before, after):
        """A line of the policy file is another one for a while."""
        text, in_force = self._policy.read_text(), self.policy_in_force()
        changed = text.replace(before, after)
        if changed == text:
            raise AssertionError(f"the policy of deploy/install.yaml has no {before!r}")
        self._replace_policy(changed)
        wait_until("the other policy is in force", lambda: self.policy_in_force() != in_force)
        try:
            yield
        finally:
            self._replace_policy(text)
            wait_until("the policy is back", lambda: self.policy_in_force() == in_force)

    @contextlib.contextmanager
    def conditions_without(self, line):
        """A line of the conditions is taken out of both entries for a while."""
        configuration = self._cluster.get("validatingwebhookconfiguration", CONFIGURATION)
        changed = copy.deepcopy(configuration)
        for entry in changed["webhooks"]:
            lines = entry["matchConditions"][-1]["expression"].splitlines()
            kept = [text for text in lines if text.strip() != line]
            if len(kept) != len(lines) - 1:
                raise AssertionError(f"{entry['name']} has not exactly one line {line!r}")
            entry["matchConditions"][-1]["expression"] = "\n".join(kept)
        self._replace_configuration(changed)
        try:
            yield
        finally:
            self._replace_configuration(configuration)

    def renew_certificate(self):
        """A new leaf of the same CA in the files that pxguard serves from."""
        folder = self._certificates.with_name("certs-next")
        folder.mkdir()
        for file in AUTHORITY_FILES:
            shutil.copy2(self._certificates / file, folder)
        self._make_certificates(folder)
        for new, served in zip(_serving_files(folder), _serving_files(self._certificates)):
            os.replace(new, served)
        shutil.rmtree(folder)

    def certificate_on_disk(self):
        """Its fingerprint."""
        pem = _serving_files(self._certificates)[0].read_text()
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

    def certificate_shown(self):
        """The fingerprint of what a new connection is shown, if it is one to trust."""
        tls = ssl.create_default_context(cafile=self._certificates / AUTHORITY_FILES[0])
        with socket.create_connection(self._address, timeout=5) as bare:
            with tls.wrap_socket(bare, server_hostname=HOST) as connection:
                return hashlib.sha256(connection.getpeercert(binary_form=True)).hexdigest()

    def check(self, manifests):
        """`pxguard check --complete` of the text of manifests: its exit status and all it says."""
        completed = subprocess.run(
            [self._program, "check", "--complete", f"--policy={self._policy}", "-"],
            input=manifests,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return completed.returncode, completed.stdout + completed.stderr

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

    def _make_certificates(self, folder):
        """As an administrator does; with the CA that is there, or a new one."""
        init = [self._program, "certs", "init", "--out", folder]
        subprocess.run(init, check=True, capture_output=True, timeout=30)

    def _replace_policy(self, text):
        # By one rename, as a mounted ConfigMap changes.
        new = self._policy.with_suffix(".new")
        new.write_text(text)
        os.replace(new, self._policy)

    def _replace_configuration(self, configuration):
        configuration["metadata"].pop("resourceVersion", None)
        self._cluster.must("replace", "-f", "-", objects=[configuration])

    def _trust_certificate(self):
        pem = (self._certificates / AUTHORITY_FILES[0]).read_bytes()
        configuration = self._cluster.get("validatingwebhookconfiguration", CONFIGURATION)
        for entry in configuration["webhooks"]:
            entry["clientConfig"]["caBundle"] = base64.b64encode(pem).decode()
        self._replace_configuration(configuration)


def _serving_files(folder):
    return folder / "tls.crt", folder / "tls.key"
