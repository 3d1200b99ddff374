"""pxguard itself: the program under test, run as the Service that deploy/install.yaml describes."""

import array
import base64
import contextlib
import copy
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import termios

from harness.processes import environment_without_proxies
from harness.serving import AUTHORITY_FILES, HOST, Serving, serving_files
from harness.waiting import wait_until

INSTALL = pathlib.Path(__file__).resolve().parents[3] / "deploy" / "install.yaml"
NAMESPACE = "pxguard"
CONFIGURATION = "pxguard"
ENTRIES = ("enforce.pxguard.io", "advise.pxguard.io")
POLICY_IN_FORCE = re.compile(r'^pxguard_policy_info\{hash="(\w+)"\} 1$', re.MULTILINE)


class Guard(Serving):
    """One `pxguard serve`, bound to the address of its Service."""

    def __init__(self, program, processes, directory, cluster, account, proxy):
        # Whether it looks into the cluster, where a test does not say.
        self.sees = True
        super().__init__("pxguard", program, processes, directory, account, proxy)
        self._cluster = cluster

    def install(self):
        """The steps of an administrator, in their order; pxguard's own Deployment stays without a
        scheduler, so its pods never run and this process stands in for them."""
        self._cluster.must("apply", "-f", INSTALL)
        policy = self._cluster.get("configmap", "-n", NAMESPACE, "pxguard-policy")
        self._policy.write_text(policy["data"]["policy.yaml"])
        self._make_certificates(self._certificates)
        self.account.mount()
        self.start()
        self._trust_certificate()
        self._process.wait_until("the API server calls pxguard", self._is_called)

    def start(self, view=None, environment=None):
        service = self._cluster.get("service", "-n", NAMESPACE, "pxguard")
        address = (service["spec"]["clusterIP"], service["spec"]["ports"][0]["port"])
        sees = self.sees if view is None else view
        self.serve(address, sees, environment=environment)

    def restart(self, view=None, environment=None):
        """Without waiting for endpoints that are withdrawn."""
        self.ask_to_end()
        wait_until("it is no longer ready", lambda: not self.is_ready(), 5)
        self.ask_to_end()
        self.wait_for_end()
        self.start(view, environment)

    @contextlib.contextmanager
    def without_view(self):
        """It knows for a while what stands in a review, and nothing else."""
        self.restart(view=False)
        try:
            yield
        finally:
            self.restart()

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
        for new, served in zip(serving_files(folder), serving_files(self._certificates)):
            os.replace(new, served)
        shutil.rmtree(folder)

    def certificate_on_disk(self):
        """Its fingerprint."""
        pem = serving_files(self._certificates)[0].read_text()
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

    def certificate_shown(self):
        """The fingerprint of what a new connection is shown, if it is one to trust."""
        tls = ssl.create_default_context(cafile=self._certificates / AUTHORITY_FILES[0])
        with socket.create_connection(self.address, timeout=5) as bare:
            with tls.wrap_socket(bare, server_hostname=HOST) as connection:
                return hashlib.sha256(connection.getpeercert(binary_form=True)).hexdigest()

    def check(self, manifests, *words, err=True):
        """`pxguard check --complete` of the text of manifests: its exit status and all it says."""
        words = ["check", "--complete", f"--policy={self._policy}", *words, "-"]
        completed = subprocess.run(
            [self.program, *words], input=manifests, capture_output=True, text=True, timeout=30
        )
        return completed.returncode, completed.stdout + (completed.stderr if err else "")

    def webhooks(self):
        """The configurations that `pxguard webhooks` prints for the policy as it stands."""
        service = f"--service={NAMESPACE}/pxguard:{self.address[1]}"
        bundle = f"--ca-bundle={self._certificates / AUTHORITY_FILES[0]}"
        words = ["webhooks", "--format=json", f"--policy={self._policy}", service, bundle]
        printed = subprocess.run([self.program, *words], capture_output=True, text=True, timeout=30, check=True)
        return json.loads(printed.stdout)

    def audit(self, *words):
        """`pxguard audit` with the rights of the service account: exit status, stdout, stderr."""
        completed = subprocess.run(
            self._audit_command(words),
            capture_output=True,
            text=True,
            timeout=60,
            env=self._audit_environment(),
        )
        return completed.returncode, completed.stdout, completed.stderr

    @contextlib.contextmanager
    def stopped_audit(self):
        """An audit that has everything and cannot say it: its process, and how to read its report
        afterwards."""
        reading, writing = os.pipe()
        size = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        command = self._audit_command(["--format=json"])
        process = subprocess.Popen(command, stdout=writing, env=self._audit_environment())
        os.close(writing)
        report = []

        def is_stuck():
            waiting = array.array("i", [0])
            fcntl.ioctl(reading, termios.FIONREAD, waiting)
            return waiting[0] >= size

        wait_until("the audit has more to say than its pipe holds", is_stuck, 20)
        try:
            yield process.pid, lambda: "".join(report)
        finally:
            with open(reading) as rest:
                report.append(rest.read())
            process.wait(20)

    def _audit_command(self, words):
        words = [self.program, "audit", *words, f"--policy={self._policy}"]
        return [str(word) for word in self.account.command(words)]

    def _audit_environment(self):
        return {**environment_without_proxies(), **self.account.environment(self.proxy.port)}

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
        init = [self.program, "certs", "init", "--out", folder]
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
