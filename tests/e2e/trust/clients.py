"""Mutual TLS: the API server shows a certificate, as its AdmissionConfiguration tells it to, and nobody
else gets to ask anything."""

import contextlib
import json
import ssl

from harness.load import load
from harness.suite import case, expect
from harness.waiting import wait_until
from trust import stage

PLUGINS = ("ValidatingAdmissionWebhook", "MutatingAdmissionWebhook")


def _admission_configuration(world, certificate, key):
    """What docs/certificates.md shows: the path of the file for the API server's flag."""
    user = {"client-certificate": str(certificate), "client-key": str(key)}
    kubeconfig = world.directory / "webhooks.kubeconfig"
    users = [{"name": "pxguard.pxguard.svc:8443", "user": user}]
    kubeconfig.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "users": users}))
    of_plugin = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "WebhookAdmissionConfiguration",
        "kubeConfigFile": str(kubeconfig),
    }
    file = world.directory / "admission.json"
    file.write_text(
        json.dumps(
            {
                "apiVersion": "apiserver.config.k8s.io/v1",
                "kind": "AdmissionConfiguration",
                "plugins": [{"name": name, "configuration": of_plugin} for name in PLUGINS],
            }
        )
    )
    return file


@contextlib.contextmanager
def _api_server_with(world, *flags):
    world.cluster.kill("kube-apiserver")
    world.cluster.start_api_server(flags)
    try:
        yield
    finally:
        world.cluster.kill("kube-apiserver")
        world.cluster.start_api_server()


@case
def mutual_tls(world):
    """A-01: with --client-ca and the API server's AdmissionConfiguration only the API server is answered: a
    Pod without a certificate, or with one of another CA, never gets to say a word"""
    pair = world.authority.issue("kube-apiserver-client", ["DNS:kube-apiserver"], "clientAuth")
    file = _admission_configuration(world, *pair)
    words = [f"--client-ca={world.authority.certificate}"]
    with _api_server_with(world, f"--admission-control-config-file={file}"):
        with stage.running(world, "mutual", words=words) as [replica]:
            wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 20)
            with load(world) as people:
                people.wait_for(100)
            expect(not people.others(), "writes failed", people.others()[:3])
            stranger = stage.issue(authority_days=10, leaf_days=10)
            certificate = world.directory / "stranger.pem"
            certificate.write_text(stranger["tls.crt"] + stranger["tls.key"])
            for shown in (None, (certificate,)):
                expect(_is_turned_away(replica, shown), f"a client with {shown} is answered")
            expect(_answers(replica, pair), "the client of the API server is not answered")
    return f"{people.count()} writes, none failed"


mutual_tls.seconds = 180


def _is_turned_away(replica, shown):
    try:
        return not _answers(replica, shown)
    except (ssl.SSLError, OSError):
        return True


def _answers(replica, shown):
    """In TLS 1.3 a client hears of its refusal with the first answer."""
    import socket

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    if shown:
        tls.load_cert_chain(*shown)
    with socket.create_connection(replica.address, timeout=5) as bare:
        with tls.wrap_socket(bare) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return connection.recv(100).startswith(b"HTTP/1.1")
