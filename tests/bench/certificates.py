"""Certificates by the openssl program: one that signs itself, or a CA and the leaves that it signs."""
import shutil
import subprocess

P256 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


def are_possible():
    return shutil.which("openssl") is not None


def _openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def make_self_signed(folder):
    """tls.crt and tls.key for localhost, on P-256."""
    folder.mkdir(parents=True, exist_ok=True)
    _openssl(folder, "req", "-x509", "-newkey", *P256, "-days", "30", "-subj", "/CN=localhost",
             "-addext", NAMES, "-keyout", "tls.key", "-out", "tls.crt")
    return folder


class Authority:
    """A CA in a folder: ca.crt is what clients trust."""

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        _openssl(folder, "req", "-x509", "-newkey", *P256, "-days", "30", "-subj", "/CN=bench CA",
                 "-keyout", "ca.key", "-out", "ca.crt")
        (folder / "names.cnf").write_text(NAMES + "\n")
        self.certificate = folder / "ca.crt"
        self._issued = 0

    def issue(self):
        """A new leaf for localhost: certificate and key as PEM, and its serial number, one more each time."""
        self._issued += 1
        serial = 0x1000 + self._issued
        _openssl(self._folder, "req", "-newkey", *P256, "-subj", "/CN=localhost",
                 "-keyout", "leaf.key", "-out", "leaf.csr")
        _openssl(self._folder, "x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
                 "-set_serial", str(serial), "-days", "30", "-extfile", "names.cnf", "-out", "leaf.crt")
        return (self._folder / "leaf.crt").read_text(), (self._folder / "leaf.key").read_text(), serial
