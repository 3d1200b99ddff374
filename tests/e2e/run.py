"""End-to-end tests: pxguard as the webhook of a real Kubernetes API server, all on loopback.

python3 tests/e2e/run.py --pxguard build/release/pxguard
"""

import argparse
import collections
import pathlib
import shutil
import signal
import sys
import tempfile
import time

# The clone stays as it was: no __pycache__ beside the tests.
sys.dont_write_bytecode = True

import cases  # noqa: E402,F401  (registers the tests)
import install  # noqa: E402,F401
import live  # noqa: E402,F401
import scale  # noqa: E402,F401
import trust  # noqa: E402,F401
from cases import before  # noqa: E402
from harness import suite  # noqa: E402
from harness.control_plane import ControlPlane, KubectlFailed  # noqa: E402
from harness.guard import Guard  # noqa: E402
from harness.pki import Authority  # noqa: E402
from harness.processes import Processes  # noqa: E402
from harness.proxy import Proxy  # noqa: E402
from harness.service_account import ServiceAccount  # noqa: E402
from harness.toolchain import Unavailable, test_cluster_program  # noqa: E402
from harness.waiting import TimedOut  # noqa: E402
from harness.world import World  # noqa: E402

EXIT_FAILED, EXIT_CANNOT_RUN = 1, 2
# Each part has a cluster of its own, with pxguard in it: how it is prepared.
PARTS = {
    "cases": before.prepare,
    "live": live.prepare,
    "install": install.prepare,
    "trust": trust.prepare,
    "scale": live.prepare,
}


def main():
    options = _options()
    # Whoever ends the run with SIGTERM gets the same clean end as with Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        _check_programs(options.pxguard)
        program = test_cluster_program()
    except Unavailable as reason:
        print(f"e2e: {reason}", file=sys.stderr)
        return EXIT_CANNOT_RUN
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pxguard-e2e-"))
    try:
        return _run(program, directory, options)
    except KeyboardInterrupt:
        print("e2e: interrupted", file=sys.stderr)
        return 128 + signal.SIGINT
    except (TimedOut, KubectlFailed) as obstacle:
        print(f"e2e: the cluster does not come up: {obstacle}", file=sys.stderr)
        return EXIT_CANNOT_RUN
    finally:
        if options.keep:
            print(f"e2e: logs are in {directory}", file=sys.stderr)
        else:
            shutil.rmtree(directory, ignore_errors=True)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--pxguard", type=pathlib.Path, required=True, help="the program under test"
    )
    parser.add_argument(
        "--only", default="", metavar="WORDS", help="the tests whose sentence contains these words"
    )
    parser.add_argument("--part", choices=PARTS, help="the tests of one folder alone")
    parser.add_argument(
        "--update", action="store_true", help="write the golden texts instead of comparing"
    )
    parser.add_argument(
        "--scale", action="store_true", help="a large cluster alone, for figures"
    )
    parser.add_argument("--keep", action="store_true", help="keep the directory with all logs")
    return parser.parse_args()


def _check_programs(pxguard):
    if not pxguard.is_file():
        raise Unavailable(f"{pxguard} does not exist; ./dev build makes it")
    if not shutil.which("openssl"):
        raise Unavailable("the openssl program is needed for certificates")


def _run(program, directory, options):
    counts = collections.Counter()
    started = time.monotonic()
    for part in PARTS:
        functions = suite.chosen(part, options.only)
        is_wanted = part == options.part if options.part else (part == "scale") == options.scale
        if functions and is_wanted:
            place = directory / part
            (place / "logs").mkdir(parents=True)
            with Processes(place / "logs") as processes:
                world = _start_world(program, place, processes, part, options)
                counts.update(suite.run(world, functions))
    print(
        f"e2e: {sum(counts.values())} tests in {time.monotonic() - started:.0f} s",
        file=sys.stderr,
    )
    parts = [f"{counts['passed']} passed", f"{counts['failed']} failed"]
    if counts["skipped"]:
        parts.append(f"{counts['skipped']} skipped")
    print(", ".join(parts))
    return EXIT_FAILED if counts["failed"] else 0


def _start_world(program, directory, processes, part, options):
    authority = Authority(directory)
    cluster = ControlPlane(program, directory, authority, processes)
    cluster.start()
    proxy = Proxy(cluster.port, authority)
    proxy.start()
    account = ServiceAccount(directory, cluster)
    guard = Guard(options.pxguard.resolve(), processes, directory, cluster, account, proxy)
    # Many Portworx beside each other are there only for the tests: their partners would be mixed up.
    guard.sees = part != "cases"
    world = World(cluster, guard, authority, options, directory)
    world.processes = processes
    PARTS[part](world)
    # The tests of the installation install it themselves, in every way there is.
    if part not in ("install", "trust"):
        guard.install()
    return world


if __name__ == "__main__":
    sys.exit(main())
