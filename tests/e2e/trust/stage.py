"""The chart of pxguard as it is by default, applied; processes that stand in for its Pods; and what is
served and published, as a client would judge it."""

import base64
import contextlib
import json
import os
import socket
import ssl
import subprocess
import tempfile

from harness.bystander import movable_clock
from harness.processes import environment_without_proxies, free_ports
from harness.proxy import Proxy
from harness.serving import HOST, Serving
from harness.service_account import ServiceAccount
from harness.suite import Skipped, expect
from harness.waiting import wait_until
from install import stage as install_stage
from install.lifecycle import BAD
from install.stage import NAMESPACE

SECRET = "pxguard-tls"
CONFIGURATION = "validatingwebhookconfiguration"
TRUST_DELAY = 2
# What nobody who stops is the last of: without a kubelet no endpoint is ever ready by itself.
ELSEWHERE = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {
        "name": "pxguard-elsewhere",
        "namespace": NAMESPACE,
        "labels": {"kubernetes.io/service-name": "pxguard"},
    },
    "addressType": "IPv4",
    "endpoints": [
        {
            "addresses": ["10.1.2.3"],
            "conditions": {"ready": True},
            "targetRef": {"kind": "Pod", "name": "elsewhere", "namespace": NAMESPACE},
        }
    ],
    "ports": [{"name": "webhook", "port": 8443}],
}
REFUSED = "PXS607"


def prepare(world):
    install_stage.prepare(world)


class Kept(Serving):
    """One process of pxguard that keeps its own certificate."""

    def __init__(self, world, name, proxy=None):
        directory = world.directory / name
        directory.mkdir(exist_ok=True)
        (directory / "logs").unlink(missing_ok=True)
        (directory / "logs").symlink_to(world.directory / "logs")
        account = ServiceAccount(directory, world.cluster)
        account.mount()
        super().__init__(name, world.program, world.processes, directory, account, proxy)
        self._policy.write_text(
            world.cluster.get("configmap", "-n", NAMESPACE, "pxguard-policy")["data"]["policy.yaml"]
        )
        self.port = proxy.port if proxy else world.cluster.port

    def begin(self, address=None, words=(), environment=None, certificates=None):
        """On the Service's address, or one of its own."""
        self.address = address or ("127.0.0.1", free_ports(1)[0])
        kept = [f"--certificates=secret={NAMESPACE}/{SECRET}", "--activation=auto"]
        command = [
            *(self.program, "serve", f"--listen={self.address[0]}:{self.address[1]}"),
            *(f"--status-listen=127.0.0.1:{self._status_port}", f"--policy={self._policy}"),
            *("--cluster=in-cluster", f"--trust-delay={TRUST_DELAY}"),
            *(kept if certificates is None else certificates),
            *words,
        ]
        surroundings = {**self.account.environment(self.port), **(environment or {})}
        self._process = self.processes.start(
            self.name, self.account.command(command), surroundings
        )
        return self

    def wait_until_ready(self, seconds=20):
        self._process.wait_until(f"{self.name} is ready", self.is_ready, seconds)
        return self

    def end(self):
        """In order; the exit status."""
        self.ask_to_end()
        return self.wait_for_end()

    def shown(self, certificate=None):
        """The certificate that a new connection is shown, in DER."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        if certificate:
            tls.load_cert_chain(*certificate)
        with socket.create_connection(self.address, timeout=5) as bare:
            with tls.wrap_socket(bare, server_hostname=HOST) as connection:
                return connection.getpeercert(binary_form=True)

    def why_not_trusted(self, bundle):
        """By a client that has this bundle; None when it is."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            tls.load_verify_locations(cadata=bundle)
            with socket.create_connection(self.address, timeout=5) as bare:
                with tls.wrap_socket(bare, server_hostname=HOST):
                    return None
        except ssl.SSLError as error:
            return str(error)


@contextlib.contextmanager
def applied(world, values=None):
    """The chart is applied, and nothing of it runs. Afterwards it is gone."""
    values = {"openGateBeforeDelete": False, **(values or {})}
    text = world.helm.template(values, "--no-hooks")
    things = [thing for thing in install_stage.parsed(world, text) if not _is_test(thing)]
    try:
        world.cluster.must("apply", "-f", "-", objects=[*things, ELSEWHERE])
        yield
    finally:
        world.cluster.kubectl("delete", "--ignore-not-found", "-f", "-", objects=[*things, ELSEWHERE])
        forget(world)


def _is_test(thing):
    return "helm.sh/hook" in thing["metadata"].get("annotations", {})


def forget(world):
    """No Secret and no configuration, as before the first start."""
    delete = ["delete", "--ignore-not-found"]
    world.cluster.must(*delete, CONFIGURATION, "pxguard")
    world.cluster.must(*delete, "mutatingwebhookconfiguration", "pxguard")
    world.cluster.must(*delete, "secret", "-n", NAMESPACE, SECRET)


def service_address(world):
    service = world.cluster.get("service", "-n", NAMESPACE, "pxguard")["spec"]
    return service["clusterIP"], service["ports"][0]["port"]


@contextlib.contextmanager
def running(world, *names, values=None, words=(), environment=None, certificates=None):
    """The first of them is the one that the API server calls; all have come to rest."""
    with applied(world, values):
        replicas = [Kept(world, name) for name in names]
        try:
            for replica in replicas:
                address = service_address(world) if replica is replicas[0] else None
                replica.begin(address, words, environment, certificates)
            for replica in replicas:
                replica.wait_until_ready()
            wait_until("it refuses", lambda: refuses(world), 30)
            yield replicas
        finally:
            for replica in replicas:
                replica.kill()


def own_proxy(world, name):
    proxy = Proxy(world.cluster.port, world.authority, name)
    proxy.start()
    return proxy


def create_bad(world):
    """What pxguard refuses, by way of the API server, and without leaving it behind."""
    return world.kubectl("create", "--dry-run=server", "-f", "-", objects=[BAD])


def refuses(world):
    answer = create_bad(world)
    return not answer.accepted and REFUSED in answer.err


def configuration(world):
    """None where there is none."""
    answer = world.cluster.kubectl("get", CONFIGURATION, "pxguard", "-o", "json")
    return json.loads(answer.out) if answer.accepted else None


def failure_policy(world, entry="enforce.pxguard.io"):
    there = configuration(world) or {"webhooks": []}
    found = [each["failurePolicy"] for each in there.get("webhooks", []) if each["name"] == entry]
    return found[0] if found else None


def bundles(world):
    """The PEM of each entry."""
    there = configuration(world) or {}
    entries = there.get("webhooks", [])
    return [
        base64.b64decode(entry["clientConfig"].get("caBundle", "")).decode() for entry in entries
    ]


def authorities(pem):
    return pem.count("-----BEGIN CERTIFICATE-----")


def secret(world):
    data = world.cluster.get("secret", "-n", NAMESPACE, SECRET)["data"]
    return {name: base64.b64decode(text).decode() for name, text in data.items()}


def patch_secret(world, data):
    """Texts by key; None takes one away."""
    encoded = {
        name: text if text is None else base64.b64encode(text.encode()).decode()
        for name, text in data.items()
    }
    patch = json.dumps({"data": encoded})
    world.cluster.must("patch", "secret", "-n", NAMESPACE, SECRET, "--type=merge", "-p", patch)


def expect_trusted(world, *replicas):
    """What each serves is trusted by every bundle that is published."""
    for bundle in bundles(world):
        for replica in replicas:
            why = replica.why_not_trusted(bundle)
            expect(why is None, f"{replica.name} is not trusted", why)


def certs(world, *words):
    """`pxguard certs` as an administrator: exit status and all it says."""
    done = subprocess.run(
        [world.program, "certs", *words, f"--cluster={world.cluster.kubeconfig}"],
        capture_output=True,
        text=True,
        timeout=30,
        env=environment_without_proxies(),
    )
    return done.returncode, done.stdout + done.stderr


def openssl(*words, days_ago=0):
    """With the clock of an earlier day."""
    environment = dict(os.environ)
    if days_ago:
        environment.update(LD_PRELOAD=faketime(), FAKETIME=f"-{days_ago}d")
    subprocess.run(
        ["openssl", *map(str, words)],
        check=True,
        capture_output=True,
        timeout=30,
        env=environment,
    )


def faketime():
    import glob

    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not found:
        raise Skipped("no libfaketime: apt-get install faketime")
    return found[0]


def clock(world):
    """As harness.bystander has it, for a process of ours."""

    class Holder:
        guard = type("Place", (), {"directory": world.directory})

    return movable_clock(Holder)


def issue(authority_days, leaf_days, authority_age=0, leaf_age=0):
    """A CA and a leaf of it as PEM, in the keys of the Secret, so many days old and long."""
    with tempfile.TemporaryDirectory() as folder:
        place = lambda name: os.path.join(folder, name)  # noqa: E731
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        with open(place("cnf"), "w") as file:
            file.write("[req]\ndistinguished_name = name\n[name]\n")
        common = ["req", "-x509", "-config", place("cnf"), *new_key]
        openssl(
            *common,
            *("-subj", "/CN=an old CA", "-days", authority_days),
            *("-keyout", place("ca.key"), "-out", place("ca.crt")),
            *("-addext", "basicConstraints=critical,CA:TRUE"),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
            days_ago=authority_age,
        )
        openssl(
            *common,
            *("-subj", f"/CN={HOST}", "-days", leaf_days),
            *("-keyout", place("tls.key"), "-out", place("tls.crt")),
            *("-CA", place("ca.crt"), "-CAkey", place("ca.key")),
            *("-addext", f"subjectAltName=DNS:{HOST},DNS:{HOST}.cluster.local"),
            *("-addext", "extendedKeyUsage=serverAuth"),
            days_ago=leaf_age,
        )
        names = ("ca.crt", "ca.key", "tls.crt", "tls.key")
        return {name: open(place(name)).read() for name in names}


def plant_secret(world, data):
    thing = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {
            "name": SECRET,
            "namespace": NAMESPACE,
            "labels": {"app.kubernetes.io/managed-by": "pxguard"},
        },
        "stringData": data,
    }
    world.cluster.must("apply", "-f", "-", objects=[thing])
