"""A real control plane on loopback: etcd, kube-apiserver, kube-controller-manager, and kubectl to
talk to it. Nothing schedules and nothing runs pods; controllers create them."""

import json
import re
import ssl
import subprocess

from harness.api import FAILURES, Connection
from harness.processes import environment_without_proxies, free_ports

# All of 127.0.0.0/8 is local, so the API server reaches a Service's address without kube-proxy:
# whoever listens on the clusterIP is the Service. This is the path that real clusters take;
# `url: https://127.0.0.1` is not (it may speak HTTP/2).
SERVICE_RANGE = "127.96.0.0/16"
FIRST_SERVICE_ADDRESS = "127.96.0.1"
ADMIN_TOKEN = "e2e-admin"
CONTROLLER_MANAGER_TOKEN = "e2e-controller-manager"
TOKENS = (
    f'{ADMIN_TOKEN},e2e-admin,1,"system:masters"\n'
    f"{CONTROLLER_MANAGER_TOKEN},system:kube-controller-manager,2\n"
)

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}

KUBECTL_SECONDS = 30
RECENT_AUDIT_BYTES = 1_000_000


class KubectlFailed(Exception):
    """kubectl said no where the test needs a yes."""


class Answer:
    """What kubectl said."""

    def __init__(self, completed):
        self.accepted = completed.returncode == 0
        self.out = completed.stdout
        self.err = completed.stderr

    @property
    def warnings(self):
        return re.findall(r"^Warning: (.*)$", self.err, re.MULTILINE)

    def __str__(self):
        return (self.out + self.err).strip()


class ControlPlane:
    def __init__(self, program, directory, authority, processes):
        self._program = program
        self._directory = directory
        self._authority = authority
        self._processes = processes
        self._audit_log = directory / "audit.log"
        self._kubeconfig = directory / "admin.kubeconfig"
        etcd, etcd_peer, api_server, controller_manager = free_ports(4)
        self._etcd_url = f"http://127.0.0.1:{etcd}"
        self._etcd_peer_url = f"http://127.0.0.1:{etcd_peer}"
        self._port = api_server
        self._controller_manager_port = controller_manager
        self._service_account_keys = authority.key_pair("service-account")
        self._running = {}
        self._tls = ssl.create_default_context(cafile=str(authority.certificate))

    @property
    def certificate(self):
        """Of the authority that signs for the API server."""
        return self._authority.certificate

    @property
    def service_account_key(self):
        """What the API server signs tokens with."""
        return self._service_account_keys[0]

    @property
    def kubeconfig(self):
        """Of an administrator."""
        return self._kubeconfig

    @property
    def port(self):
        return self._port

    def start(self):
        self._write_files()
        self.start_etcd()
        self.start_api_server()
        controller_manager = self._start_controller_manager()
        # Pods cannot be created before their service account.
        for namespace in ("default", "kube-system"):
            path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
            controller_manager.wait_until(
                f"service account {namespace}/default exists",
                lambda path=path: self._status_of(path) == 200,
                60,
            )

    def kubectl(self, *arguments, objects=None):
        """Runs kubectl; `objects` (dicts) go to its standard input as one List."""
        stdin = None
        if objects is not None:
            stdin = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        return self.kubectl_text(stdin, *arguments)

    def kubectl_text(self, stdin, *arguments):
        """Runs kubectl with this text as its standard input."""
        completed = subprocess.run(
            [*self.kubectl_command(), *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=KUBECTL_SECONDS,
            env={**environment_without_proxies(), "HOME": str(self._directory)},
        )
        return Answer(completed)

    def kubectl_command(self):
        """The words that run kubectl as an administrator."""
        return [self._program, "kubectl", f"--kubeconfig={self._kubeconfig}"]

    def must(self, *arguments, objects=None):
        """As kubectl, for steps that are no test."""
        answer = self.kubectl(*arguments, objects=objects)
        if not answer.accepted:
            raise KubectlFailed(f"kubectl {' '.join(map(str, arguments))}: {answer}")
        return answer

    def get(self, *arguments):
        """The JSON of `kubectl get`."""
        return json.loads(self.must("get", *arguments, "-o", "json").out)

    def metrics(self):
        with self.connect([]) as connection:
            return connection.send("GET", "/metrics").text

    def audit_events(self, audit_id):
        """Those of one request that was just answered, as far as they are written yet."""
        with open(self._audit_log, "rb") as log:
            log.seek(max(0, self._audit_log.stat().st_size - RECENT_AUDIT_BYTES))
            lines = log.read().split(b"\n")[:-1]
        wanted = f'"auditID":"{audit_id}"'.encode()
        return [json.loads(line) for line in lines if wanted in line]

    def audit_text(self):
        return self._audit_log.read_text()

    def logs(self):
        """Of every process, by its name."""
        logs = (self._directory / "logs").glob("*.log")
        return {path.stem: path.read_text(errors="replace") for path in logs}

    def add_ready_node(self, node):
        """A Node for DaemonSets. The API server taints every new node; its controller is off."""
        self.must("create", "-f", "-", objects=[node])
        name = node["metadata"]["name"]
        self.must("taint", "node", name, "node.kubernetes.io/not-ready:NoSchedule-")
        ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        self.must(
            "patch", "node", name, "--subresource=status", "--type=merge", "-p", json.dumps(ready)
        )

    def connect(self, heard):
        return Connection(self._port, self._tls, ADMIN_TOKEN, heard)

    def _status_of(self, path):
        try:
            with self.connect([]) as connection:
                return connection.send("GET", path).status
        except FAILURES:
            return None

    def _write_files(self):
        (self._directory / "tokens.csv").write_text(TOKENS)
        (self._directory / "audit-policy.json").write_text(json.dumps(AUDIT_POLICY))
        self._write_kubeconfig(self._kubeconfig, ADMIN_TOKEN)
        self._write_kubeconfig(
            self._directory / "controller-manager.kubeconfig", CONTROLLER_MANAGER_TOKEN
        )

    def _write_kubeconfig(self, path, token):
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "e2e",
                    "clusters": [
                        {
                            "name": "e2e",
                            "cluster": {
                                "server": f"https://127.0.0.1:{self._port}",
                                "certificate-authority": str(self._authority.certificate),
                            },
                        }
                    ],
                    "users": [{"name": "e2e", "user": {"token": token}}],
                    "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}],
                }
            )
        )

    def kill(self, component):
        """As a node that loses power."""
        self._running.pop(component).kill()

    def is_ready(self):
        return self._status_of("/readyz") == 200

    def _start(self, component, *flags):
        process = self._processes.start(component, [self._program, component, *flags])
        self._running[component] = process
        return process

    def start_etcd(self):
        self._start(
            "etcd",
            f"--data-dir={self._directory / 'etcd'}",
            f"--listen-client-urls={self._etcd_url}",
            f"--advertise-client-urls={self._etcd_url}",
            f"--listen-peer-urls={self._etcd_peer_url}",
            f"--initial-advertise-peer-urls={self._etcd_peer_url}",
            f"--initial-cluster=default={self._etcd_peer_url}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )

    def start_api_server(self, flags=()):
        """Returns when it is ready."""
        certificate, key = self._authority.issue(
            "kube-apiserver", ["IP:127.0.0.1", f"IP:{FIRST_SERVICE_ADDRESS}", "DNS:localhost"]
        )
        private, public = self._service_account_keys
        api_server = self._start(
            "kube-apiserver",
            f"--etcd-servers={self._etcd_url}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self._port}",
            "--endpoint-reconciler-type=none",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
            f"--client-ca-file={self._authority.certificate}",
            f"--cert-dir={self._directory / 'apiserver'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={public}",
            f"--service-account-signing-key-file={private}",
            f"--token-auth-file={self._directory / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            f"--audit-policy-file={self._directory / 'audit-policy.json'}",
            f"--audit-log-path={self._audit_log}",
            *flags,
        )
        api_server.wait_until("the API server is ready", self.is_ready, 60)

    def _start_controller_manager(self):
        kubeconfig = self._directory / "controller-manager.kubeconfig"
        private, _ = self._service_account_keys
        return self._start(
            "kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--service-account-private-key-file={private}",
            f"--root-ca-file={self._authority.certificate}",
            # Controllers then act as system:serviceaccount:kube-system:..., as in a real cluster.
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={self._controller_manager_port}",
            f"--cert-dir={self._directory / 'controller-manager'}",
            "--controllers=*,-node-lifecycle-controller,-node-ipam-controller",
        )
