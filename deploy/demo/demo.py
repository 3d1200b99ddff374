#!/usr/bin/env python3
"""The main job without a cluster: a webhook on loopback, requests as a kube-apiserver sends them,
the answers as kubectl would show them, and the same mistakes found in files.

usage: demo.py PXGUARD"""
import http.client
import json
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import uuid

import yaml

MANIFESTS = pathlib.Path(__file__).resolve().parent / "manifests"
WEBHOOK = "enforce.pxguard.io"
BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")

STEPS = [
    ("A complete install: Portworx and Stork read the right keys", "1-good/portworx.yaml", None),
    ("", "1-good/stork.yaml", None),
    ("Portworx without the system key, and an argument in an old spelling", "2-no-system-key/portworx.yaml", None),
    ("Stork signs with the key of the users", "3-stork-reads-the-wrong-key/stork.yaml", None),
    ("A key written into the manifest", "4-key-in-the-manifest/portworx.yaml", None),
    ("A new image rolled out over a fault that was there before", "5-upgrade/portworx.yaml", "5-upgrade/portworx.old.yaml"),
    ("A StorageCluster with a claim that nobody knows and a blank in the issuer", "6-storagecluster/storagecluster.yaml", None),
]


def make_certificates(pxguard, folder):
    """A CA, and a serving certificate for localhost that it signed: what a cluster's webhook has."""
    subprocess.run([pxguard, "certs", "init", "--out", folder, "--dns", "localhost", "--ip", "127.0.0.1", "--days", "1"],
                   check=True, capture_output=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """pxguard serve on loopback, ended with the block."""

    def __init__(self, pxguard, folder):
        self.port, self.status_port = free_port(), free_port()
        self.log = open(folder / "serve.log", "w+")
        self.tls = ssl.create_default_context(cafile=folder / "ca.crt")
        self.process = subprocess.Popen(
            [pxguard, "serve", "--listen", f"127.0.0.1:{self.port}", "--status-listen", f"127.0.0.1:{self.status_port}",
             "--tls-cert", folder / "tls.crt", "--tls-key", folder / "tls.key", "--cluster", "none"],
            stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        for _ in range(100):
            if self.process.poll() is not None:
                break
            try:
                status = http.client.HTTPConnection("127.0.0.1", self.status_port, timeout=1)
                status.request("GET", "/readyz")
                if status.getresponse().status == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        self.log.seek(0)
        sys.exit("demo: pxguard serve did not become ready:\n" + self.log.read()[-2000:])

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def review(self, review):
        connection = http.client.HTTPSConnection("localhost", self.port, context=self.tls, timeout=5)
        connection.request("POST", "/validate?timeout=2s", json.dumps(review), {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())["response"]


def review_of(manifest, old):
    group, _, version = manifest["apiVersion"].rpartition("/")
    kind = {"group": group, "version": version, "kind": manifest["kind"]}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {"uid": str(uuid.uuid4()), "kind": kind, "name": manifest["metadata"]["name"],
                        "namespace": manifest["metadata"]["namespace"], "operation": "UPDATE" if old else "CREATE",
                        "userInfo": {"username": "alice"}, "object": manifest, "oldObject": old, "dryRun": False}}


def load(name):
    return yaml.safe_load((MANIFESTS / name).read_text()) if name else None


def show_as_kubectl(name, manifest, updated, response):
    for warning in response.get("warnings", []):
        print(f"Warning: {warning}")
    if response["allowed"]:
        kind = manifest["kind"].lower()
        print(f"{kind}/{manifest['metadata']['name']} {'configured' if updated else 'created'}")
    else:
        doing = "applying patch to" if updated else "creating"
        print(f"Error from server (Forbidden): error when {doing} \"{name}\":")
        print(f"admission webhook \"{WEBHOOK}\" denied the request: {response['status']['message']}")


def main():
    pxguard = pathlib.Path(sys.argv[1]).resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pxguard-demo-"))
    try:
        print("Making a CA and a serving certificate, starting pxguard serve on loopback.")
        make_certificates(pxguard, folder)
        with Server(pxguard, folder) as server:
            for title, name, old_name in STEPS:
                if title:
                    print(f"\n{BOLD}# {title}{PLAIN}")
                print(f"$ kubectl apply -f {name}")
                manifest, old = load(name), load(old_name)
                show_as_kubectl(name, manifest, old is not None, server.review(review_of(manifest, old)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{BOLD}# The same mistakes before anything is applied: pxguard check{PLAIN}")
    for name in ["1-good", "3-stork-reads-the-wrong-key", "6-storagecluster"]:
        print(f"\n$ pxguard check {name}", flush=True)
        status = subprocess.run([pxguard, "check", name], cwd=MANIFESTS).returncode
        print(f"(exit status {status})")


if __name__ == "__main__":
    main()
