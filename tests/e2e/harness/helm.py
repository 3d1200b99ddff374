"""Helm, as a person at a terminal uses it: rendering, and releases in the test cluster."""

import json
import pathlib
import subprocess

from harness.helm_program import helm_program
from harness.processes import environment_without_proxies

ROOT = pathlib.Path(__file__).resolve().parents[3]
CHART = ROOT / "deploy" / "helm" / "pxguard"
SECONDS = 150


class HelmFailed(Exception):
    """Helm said no where the test needs a yes."""


class Helm:
    chart = CHART

    def __init__(self, directory, kubeconfig):
        self.program = helm_program()
        self._home = directory / "helm"
        self._home.mkdir(exist_ok=True)
        self._kubeconfig = kubeconfig

    def run(self, *words, values=None):
        """The completed process; `values` go to its standard input."""
        command = [self.program, *words, *(["--values=-"] if values is not None else [])]
        return subprocess.run(
            [str(word) for word in command],
            input=None if values is None else json.dumps(values),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={
                **environment_without_proxies(),
                "HOME": str(self._home),
                "KUBECONFIG": str(self._kubeconfig),
            },
        )

    def must(self, *words, values=None):
        """Its standard output."""
        done = self.run(*words, values=values)
        if done.returncode:
            raise HelmFailed(f"helm {' '.join(map(str, words[:3]))}: {done.stderr.strip()}")
        return done.stdout

    def template(self, values, *words):
        """The text of the manifests, hooks included."""
        return self.must(
            "template", "pxguard", CHART, "--namespace=pxguard", *words, values=values
        )
