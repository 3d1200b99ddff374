"""The service account of pxguard, as the kubelet gives it to a Pod: a folder with a bound token that
is renewed on disk, and the address of the API server in the environment."""

import base64
import json
import os
import subprocess
import time

PLACE = "kubernetes.io/serviceaccount"
AUDIENCE = "https://kubernetes.default.svc"
LONG_SECONDS = 3607
# The file system that a Pod sees: its own /run, which holds the folder. unshare(1) keeps the process
# id; setpriv(1) because the new user namespace of somebody who is not root forgets the parent.
AS_IN_A_POD = (
    'mount -t tmpfs tmpfs /run && mkdir -p "/run/secrets/kubernetes.io" && '
    'ln -s "$0" "/run/secrets/kubernetes.io/serviceaccount" && '
    'exec setpriv --pdeathsig KILL -- "$@"'
)


class ServiceAccount:
    def __init__(self, directory, cluster, namespace="pxguard", name="pxguard"):
        self._folder = directory / "serviceaccount"
        self._cluster = cluster
        self._namespace = namespace
        self._name = name

    def mount(self):
        """Once the service account is there."""
        self._folder.mkdir(exist_ok=True)
        self._replace("ca.crt", self._cluster.certificate.read_text())
        self._replace("namespace", self._namespace)
        self.renew()

    def renew(self, seconds=LONG_SECONDS):
        """A new token on disk, valid for so long."""
        self._replace("token", self._token(seconds))

    def token(self):
        return (self._folder / "token").read_text()

    def command(self, arguments):
        """The words that start a program as it would start in a Pod."""
        unshare = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        return [*unshare, "sh", "-c", AS_IN_A_POD, self._folder, *arguments]

    @staticmethod
    def environment(port):
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(port)}

    def _token(self, seconds):
        """Signed as the API server signs; it gives nobody one for less than ten minutes."""
        account = self._cluster.get("serviceaccount", "-n", self._namespace, self._name)
        now = int(time.time())
        identity = {"name": self._name, "uid": account["metadata"]["uid"]}
        claims = {
            "aud": [AUDIENCE],
            "iss": AUDIENCE,
            "iat": now - 5,
            "nbf": now - 5,
            "exp": now + seconds,
            "sub": f"system:serviceaccount:{self._namespace}:{self._name}",
            "kubernetes.io": {"namespace": self._namespace, "serviceaccount": identity},
        }
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (_HEADER, claims))
        key = self._cluster.service_account_key
        der = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", key],
            input=signed.encode(),
            capture_output=True,
            check=True,
            timeout=30,
        ).stdout
        return f"{signed}.{_encoded(_raw_signature(der))}"

    def _replace(self, name, text):
        # By one rename, as in a projected volume.
        new = self._folder / f"{name}.new"
        new.write_text(text)
        os.replace(new, self._folder / name)


_HEADER = {"alg": "ES256", "typ": "JWT"}


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _raw_signature(der):
    """JWT wants both numbers as 32 bytes each, openssl writes SEQUENCE { INTEGER, INTEGER }."""
    numbers, rest = [], der[2:]
    for _ in range(2):
        length = rest[1]
        numbers.append(int.from_bytes(rest[2 : 2 + length], "big").to_bytes(32, "big"))
        rest = rest[2 + length :]
    return b"".join(numbers)
