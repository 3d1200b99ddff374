"""What a kubelet and kube-proxy would do with pxguard's Deployment: its processes run here, with the
arguments, files and service account that stand in the cluster, and its Service's address leads to
them. Changes are followed when a test says so."""

import base64
import itertools
import json
import pathlib
import threading
import time

from harness.balancer import Balancer
from harness.control_plane import KubectlFailed
from harness.processes import free_ports
from harness.service_account import ServiceAccount
from harness.serving import DRAIN_SECONDS, Serving
from harness.waiting import wait_until

NAME = "pxguard"
MOUNTS = "/etc/pxguard/"
_numbers = itertools.count(1)


class Replica(Serving):
    """One process; it says of itself what Serving can ask."""

    def launch(self, words):
        self._started = time.monotonic()
        self._process = self.processes.start(
            self.name,
            self.account.command([self.program, *words]),
            self.account.environment(self.port),
        )

    @property
    def status_port(self):
        return self._status_port

    def wait_until_ready(self):
        self._process.wait_until(f"{self.name} is ready", self.is_ready, 30)
        self.ready_after = time.monotonic() - self._started

    def is_alive(self):
        return self.is_running()


class Replicas:
    def __init__(self, world, processes):
        self._world = world
        self._cluster = world.cluster
        self._processes = processes
        self._running = []
        self._balancer = None
        self._lock = threading.Lock()

    def running(self):
        with self._lock:
            return list(self._running)

    def start(self):
        """As many as the Deployment says, and the Service before them."""
        service = self._cluster.get("service", "-n", NAME, NAME)["spec"]
        address = (service["clusterIP"], service["ports"][0]["port"])
        self._balancer = Balancer(address, self.running)
        self._balancer.__enter__()
        for replica in [self._new() for _ in range(self._wanted())]:
            replica.wait_until_ready()
        self.wait_for_endpoints()

    def wait_for_endpoints(self):
        wait_until(
            "the Service leads to every replica",
            lambda: len(self._balancer.endpoints()) == len(self.running()),
            20,
        )

    def roll(self):
        """As the Deployment rolls: one more, and when it answers an old one goes."""
        for old in self.running():
            self._new().wait_until_ready()
            # The Deployment's controller waits for nothing more than readiness.
            self.end(old)

    def end(self, replica):
        """SIGTERM, as the kubelet sends it: endpoints are withdrawn meanwhile."""
        replica.ask_to_end()
        status = replica.wait_for_end()
        self._forget(replica)
        if status != 0:
            raise AssertionError(f"{replica.name} ended with {status}\n{replica.tail()}")

    def kill(self, replica):
        replica.kill()
        self._forget(replica)

    def replace(self):
        """What was killed is started again."""
        while len(self.running()) < self._wanted():
            self._new().wait_until_ready()
        self.wait_for_endpoints()

    def stop(self):
        """Everything, the Service last."""
        for replica in self.running():
            replica.ask_to_end()
        for replica in self.running():
            replica.wait_for_end()
            self._forget(replica)
        if self._balancer:
            self._balancer.__exit__(None, None, None)
            self._balancer = None

    def tail(self):
        return "\n".join(replica.tail() for replica in self.running())

    def log(self):
        return "\n".join(replica.log() for replica in self.running())

    def _forget(self, replica):
        with self._lock:
            self._running.remove(replica)

    def _wanted(self):
        return self._deployment()["spec"]["replicas"]

    def _deployment(self):
        return self._cluster.get("deployment", "-n", NAME, NAME)

    def _new(self):
        name = f"pxguard-{next(_numbers)}"
        directory = self._world.directory / name
        directory.mkdir()
        (directory / "logs").symlink_to(self._world.directory / "logs")
        pod = self._deployment()["spec"]["template"]["spec"]
        account = ServiceAccount(directory, self._cluster, name=pod["serviceAccountName"])
        account.mount()
        replica = Replica(name, self._world.program, self._processes, directory, account, None)
        replica.port = self._cluster.port
        [port, status_port] = free_ports(2)
        replica.address = ("127.0.0.1", port)
        replica._status_port = status_port
        replica._certificates = self._world.directory / "install-certs"
        self.fill(directory, pod)
        [container] = pod["containers"]
        replica.launch(
            [
                word.replace("0.0.0.0:8443", f"127.0.0.1:{port}")
                .replace("0.0.0.0:8080", f"127.0.0.1:{status_port}")
                .replace(MOUNTS, f"{directory}/mounts/")
                for word in container["args"]
            ]
        )
        with self._lock:
            self._running.append(replica)
        return replica

    def fill(self, directory, pod):
        """The volumes, with what is in the cluster now."""
        [container] = pod["containers"]
        places = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        for volume in pod["volumes"]:
            folder = pathlib.Path(places[volume["name"]].replace(MOUNTS, f"{directory}/mounts/"))
            folder.mkdir(parents=True, exist_ok=True)
            for file, content in self._content(volume).items():
                new = folder / f".{file}.new"
                new.write_bytes(content)
                new.replace(folder / file)

    def refresh(self):
        """The kubelet brings changed ConfigMaps and Secrets to the Pods that run."""
        pod = self._deployment()["spec"]["template"]["spec"]
        for replica in self.running():
            self.fill(replica.directory, pod)

    def _content(self, volume):
        if "secret" in volume:
            secret = self._cluster.get("secret", "-n", NAME, volume["secret"]["secretName"])
            return {key: base64.b64decode(text) for key, text in secret["data"].items()}
        config_map = self._cluster.get("configmap", "-n", NAME, volume["configMap"]["name"])
        return {key: text.encode() for key, text in config_map["data"].items()}


class Hooks:
    """Runs the Pods of Helm's hooks: pxguard with their arguments, as their service account."""

    def __init__(self, world):
        self._world = world
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.said = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(DRAIN_SECONDS)

    def _run(self):
        done = set()
        while not self._ended.wait(0.2):
            selector = "app.kubernetes.io/component in (test, open-gate)"
            try:
                pods = self._world.cluster.get("pods", "-n", NAME, "-l", selector)["items"]
            except KubectlFailed:
                # A test has killed the API server: kubelets wait for it as well.
                continue
            for pod in pods:
                name = pod["metadata"]["name"]
                if name not in done and pod["status"].get("phase") == "Pending":
                    done.add(name)
                    self._finish(pod)

    def _finish(self, pod):
        name, spec = pod["metadata"]["name"], pod["spec"]
        directory = self._world.directory / f"hook-{next(_numbers)}-{name}"
        directory.mkdir()
        account = ServiceAccount(
            directory, self._world.cluster, name=spec["serviceAccountName"]
        )
        account.mount()
        [container] = spec["containers"]
        done = self._world.run_once(account, [self._world.program, *container["args"]])
        self.said.append(f"{name}: {done.returncode}: {done.stdout}{done.stderr}")
        phase = "Succeeded" if done.returncode == 0 else "Failed"
        # A Pod without a node has nobody else who would finish it.
        status = {"status": {"phase": phase}}
        self._world.cluster.kubectl(
            *("patch", "pod", "-n", NAME, name, "--subresource=status", "--type=merge"),
            *("-p", json.dumps(status)),
        )
