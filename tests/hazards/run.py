"""The hazard list: attacks the real `pxguard serve` from outside, and checks bounds on time and memory.

python3 tests/hazards/run.py --pxguard build/release/pxguard
"""

import argparse
import collections
import faulthandler
import pathlib
import resource
import shutil
import signal
import sys
import time

# The clone stays as it was: no __pycache__ beside the tests.
sys.dont_write_bytecode = True

import cases  # noqa: E402,F401  (registers the hazards)
from harness import suite  # noqa: E402
from harness.runner import Runner  # noqa: E402
from harness.table import write_table  # noqa: E402

EXIT_FAILED, EXIT_CANNOT_RUN = 1, 2
# We are the clients: more of them than any server of ours lets in.
DESCRIPTORS = 8192
# Every loop is bounded; should one not be, this says where.
LONGEST_RUN_SECONDS = 1800


def main():
    options = _options()
    # Whoever ends the run with SIGTERM gets the same clean end as with Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    faulthandler.dump_traceback_later(LONGEST_RUN_SECONDS, exit=True)
    if obstacle := _obstacle(options.pxguard):
        print(f"hazards: {obstacle}", file=sys.stderr)
        return EXIT_CANNOT_RUN
    began = time.monotonic()
    kind = suite.KINDS[options.kind]
    results = Runner(options.pxguard.resolve(), kind).run(suite.hazards_of(kind, options.only))
    if options.table:
        write_table(options.table, results)
    print(f"hazards: {time.monotonic() - began:.0f} s", file=sys.stderr)
    counts = collections.Counter(result.outcome for result in results)
    parts = [f"{counts['passed']} passed", f"{counts['failed']} failed"]
    if counts["skipped"]:
        parts.append(f"{counts['skipped']} skipped")
    print(", ".join(parts))
    return EXIT_FAILED if counts["failed"] or not results else 0


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pxguard", type=pathlib.Path, required=True, help="the program under test")
    parser.add_argument(
        "--only", default="", metavar="WORDS", help='the hazards whose "area: sentence" contains these words'
    )
    parser.add_argument("--kind", choices=suite.KINDS, default="plain", help="how the program was built")
    parser.add_argument("--table", type=pathlib.Path, metavar="FILE", help="write the results as Markdown")
    return parser.parse_args()


def _obstacle(pxguard):
    """Why nothing can be tried here; None: it can."""
    if not pxguard.is_file():
        return f"{pxguard} does not exist; ./dev build makes it"
    missing = [name for name in ("openssl", "setpriv", "prlimit") if not shutil.which(name)]
    if missing:
        return f"needs {', '.join(missing)}: apt-get install openssl util-linux"
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < DESCRIPTORS:
        return f"needs {DESCRIPTORS} descriptors, and ulimit -Hn is {most}"
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, most))
    return None


if __name__ == "__main__":
    sys.exit(main())
