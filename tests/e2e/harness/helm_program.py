"""Real Helm, built once from Go modules with the same flags as the test cluster's program, so that
what both are made of is compiled once."""

import fcntl
import hashlib
import pathlib
import subprocess
import time

from harness import toolchain
from harness.toolchain import KUBERNETES, Unavailable

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "helm"
PACKAGE = "helm.sh/helm/v3/cmd/helm"
VERSION = "v3.22.0"
COST = "building Helm, once: this takes 3 CPU-minutes and 100 MB of download"


def helm_program():
    """The path of the program, built if no earlier run has left it."""
    cache = toolchain.cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    go = toolchain.find_go(cache)
    program = cache / f"helm-{_fingerprint(go)}"
    with open(cache / "helm.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _build(go, program)
    return program


def _fingerprint(go):
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((SOURCES / name).read_bytes())
    digest.update(_flags().encode())
    digest.update(toolchain.go_version_text(go))
    return digest.hexdigest()[:16]


def _flags():
    major, minor = KUBERNETES.removeprefix("v").split(".")[:2]
    facts = {
        "helm.sh/helm/v3/internal/version.version": VERSION,
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": major,
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": minor,
    }
    return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in facts.items())])


def _build(go, program):
    toolchain.say(COST)
    started = time.monotonic()
    unfinished = program.with_suffix(".unfinished")
    words = ["nice", go, "build", *toolchain.BUILD_FLAGS, f"-ldflags={_flags()}"]
    try:
        subprocess.run(
            [*words, "-o", unfinished, PACKAGE],
            cwd=SOURCES,
            env=toolchain.build_environment(),
            check=True,
            timeout=toolchain.BUILD_SECONDS_ALLOWED,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"Helm does not build: {error}") from error
    unfinished.replace(program)
    toolchain.say(f"built in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    print(helm_program())
