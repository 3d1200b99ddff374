"""The programs that pxguard is measured beside: built or installed once, into the cache folder.
Nothing here is needed: whatever cannot be had is Missing, with the reason."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

from processes import run_to_end, say

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from harness.toolchain import Unavailable, cache_directory, find_go  # noqa: E402

CONFTEST = "github.com/open-policy-agent/conftest"
CONFTEST_VERSION = "v0.71.1"
FREE_BYTES_NEEDED = 3 * 1000**3
BUILDS = {  # program: (its folder, what its build needs in the environment)
    "webhook-typed": ("./cmd/typed", {}),
    "webhook-lean": ("./cmd/lean", {}),
    "webhook-lean-jsonv2": ("./cmd/lean", {"GOEXPERIMENT": "jsonv2"}),
}


class Missing(Exception):
    """The text says why a program cannot be had here."""


@contextlib.contextmanager
def _locked_cache():
    """The folder in the cache; a second run waits for the first, and finds its work."""
    cache = cache_directory() / "bench"
    cache.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(cache).free < FREE_BYTES_NEEDED:
        raise Missing(f"less than {FREE_BYTES_NEEDED // 1000**3} GB free for the build")
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield cache


def _go():
    try:
        return find_go(cache_directory())
    except (Unavailable, OSError, subprocess.SubprocessError) as error:
        raise Missing(str(error).split(":")[0]) from error


def go_version():
    """Of the Go that is here already; None where it would have to be installed first."""
    go = shutil.which("go") or shutil.which("go", path=cache_directory() / "go" / "bin")
    return go and _version_of(go)


def _version_of(go):
    return _run([go, "version"]).split()[2]


def _run(command, **options):
    """Output of a Go command, at the lowest priority."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "",
                   **options.pop("more", {})}
    try:
        run = run_to_end(["nice", "-n", "10", *map(str, command)], env=environment,
                         cwd=options.pop("cwd", "/"))
    except OSError as error:
        raise Missing(str(error)) from error
    if run.returncode != 0:
        last = (run.stderr.strip() or "no word why").splitlines()[-1]
        raise Missing(f"{' '.join(map(str, command[1:3]))} failed: {last}")
    return run.stdout


def _sources(folder):
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _fingerprint(folder, version):
    digest = hashlib.sha256(version.encode())
    for file in _sources(folder):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _copy(source, target):
    for file in _sources(source):
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.read_bytes())


def webhooks(shared):
    """{name: program} of the Go webhooks."""
    source = shared / "gowebhook"
    if not (source / "go.mod").is_file():
        raise Missing("the sources of the Go webhooks are not beside the project")
    go = _go()
    with _locked_cache() as cache:
        folder = cache / f"gowebhook-{_fingerprint(source, _version_of(go))}"
        programs = {name: folder / name for name in BUILDS}
        if not all(program.exists() for program in programs.values()):
            say("building the Go webhooks, once: 3 CPU-minutes and some downloads")
            _copy(source, folder / "src")
        for name, (package, more) in BUILDS.items():
            if not programs[name].exists():
                _build(go, folder / "src", package, programs[name], more)
        return programs


def _build(go, source, package, program, more):
    unfinished = program.with_suffix(".unfinished")
    _run([go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", unfinished, package],
         cwd=source, more=more)
    unfinished.replace(program)


def conftest():
    """The program conftest."""
    with _locked_cache() as cache:
        folder = cache / f"conftest-{CONFTEST_VERSION}"
        program = folder / "conftest"
        if not program.exists():
            go = _go()
            say("installing conftest, once: 3 CPU-minutes, 1 GB of cache, some downloads")
            _run([go, "install", "-trimpath", "-ldflags=-s -w", f"{CONFTEST}@{CONFTEST_VERSION}"],
                 more={"GOBIN": str(folder)})
        return program
