"""Certificates from the openssl program, all P-256: the API server resumes no TLS session, so each
connection pays for a whole handshake."""

import base64
import subprocess

CONFIGURATION = "[req]\ndistinguished_name = name\n[name]\n"
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """A certificate authority that lives in a directory, for as long as the run."""

    def __init__(self, directory):
        self._directory = directory
        # The system's openssl.cnf would add extensions of its own.
        self._configuration = directory / "openssl.cnf"
        self._configuration.write_text(CONFIGURATION)
        self.certificate = directory / "ca.crt"
        self._key = directory / "ca.key"
        self._request(
            "/CN=pxguard-e2e",
            self._key,
            self.certificate,
            ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"],
        )

    def certificate_base64(self):
        """As caBundle wants it."""
        return base64.b64encode(self.certificate.read_bytes()).decode()

    def issue(self, name, alternative_names, usage="serverAuth"):
        """A certificate, to serve with unless it says otherwise; the paths of it and its key."""
        certificate, key = self._directory / f"{name}.crt", self._directory / f"{name}.key"
        self._request(
            f"/CN={name}",
            key,
            certificate,
            [
                "basicConstraints=critical,CA:FALSE",
                f"extendedKeyUsage={usage}",
                "subjectAltName=" + ",".join(alternative_names),
            ],
            signer=["-CA", self.certificate, "-CAkey", self._key],
        )
        return certificate, key

    def key_pair(self, name):
        """A bare key pair, as service account tokens need; returns private and public key."""
        private, public = self._directory / f"{name}.key", self._directory / f"{name}.pub"
        _openssl(
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-out",
            private,
        )
        _openssl("pkey", "-in", private, "-pubout", "-out", public)
        return private, public

    def _request(self, subject, key, certificate, extensions, signer=()):
        added = [word for extension in extensions for word in ("-addext", extension)]
        _openssl(
            "req",
            "-x509",
            "-config",
            self._configuration,
            *NEW_KEY,
            "-days",
            "2",
            "-subj",
            subject,
            "-keyout",
            key,
            "-out",
            certificate,
            *added,
            *signer,
        )


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)
