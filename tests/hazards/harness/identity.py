"""The serving certificate, from the openssl program: P-256, as pxguard makes its own."""

import os
import subprocess


class Identity:
    def __init__(self, directory, name="pxguard"):
        self.certificate = directory / f"{name}.crt"
        self.key = directory / f"{name}.key"
        self._make(name)

    def arguments(self):
        return ["--tls-cert", self.certificate, "--tls-key", self.key]

    def replace_with(self, other):
        """As a mounted Secret changes: each file at once, one after the other."""
        for ours, theirs in ((self.key, other.key), (self.certificate, other.certificate)):
            fresh = ours.with_suffix(".new")
            fresh.write_bytes(theirs.read_bytes())
            os.replace(fresh, ours)

    def _make(self, name):
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                *new_key,
                "-days",
                "2",
                "-subj",
                f"/CN={name}",
                "-keyout",
                self.key,
                "-out",
                self.certificate,
            ],
            check=True,
            capture_output=True,
            timeout=30,
        )
