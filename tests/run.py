#!/usr/bin/env python3
"""Runs the test programs of one build and adds up what they say; then, where asked, the hazards against
the server of the same build.

usage: run.py [--hazards plain|asan|tsan] BUILD [ROOM...]     the programs are BUILD/tests/test_ROOM
The last line is "N passed, N failed, N skipped"; the status is 0 only if none failed and some ran."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

SECONDS = 1200
CANNOT_RUN = 2  # of tests/hazards/run.py: what it says on standard error is missing
ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(program):
    started = time.monotonic()
    try:
        done = subprocess.run([program], capture_output=True, text=True, errors="replace", timeout=SECONDS)
        output, code = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as error:
        output, code = (error.stdout or b"").decode(errors="replace") + "\ntook too long", -1
    counts = re.search(r"test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped", output)
    passed, failed, skipped = (int(counts[2]), int(counts[3]), int(counts[4])) if counts else (0, 1, 0)
    skipped_by_name = re.findall(r"^skipped: .*$", output, re.M)
    if code != 0 and failed == 0:
        failed = 1  # a sanitizer, a crash, a time-out
    lines = [output] if failed else []
    lines.append(f"{'ok  ' if failed == 0 else 'FAIL'} {program.name}: {passed} passed, {failed} failed "
                 f"({time.monotonic() - started:.1f} s)")
    print("\n".join(lines + ["     " + line for line in skipped_by_name]), flush=True)
    return passed - len(skipped_by_name), failed, skipped + len(skipped_by_name)


def attack(build, kind):
    """The hazards, whose lines are shown as they come."""
    command = [sys.executable, ROOT / "tests/hazards/run.py", "--pxguard", build / "pxguard", "--kind", kind]
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as run_:
        for line in run_.stdout:
            print(line, end="", flush=True)
            last = line
    counts = re.fullmatch(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\n", last)
    if run_.returncode == CANNOT_RUN:
        print("skipped: the hazards, for the reason above")
        return 0, 0, 1
    passed, failed, skipped = (int(count or 0) for count in counts.groups()) if counts else (0, 1, 0)
    return passed, failed or int(run_.returncode != 0), skipped


def options_of(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--hazards", choices=["plain", "asan", "tsan"])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("rooms", nargs="*")
    # Options may stand between the words.
    return parser.parse_intermixed_args(words)


def main():
    options = options_of(sys.argv[1:])
    folder = options.build / "tests"
    programs = [folder / f"test_{room}" for room in options.rooms] or sorted(
        p for p in folder.glob("test_*") if p.is_file() and not p.suffix)
    # The one that takes longest first, where the file's size is a measure of it.
    programs.sort(key=lambda program: -program.stat().st_size if program.exists() else 0)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = list(pool.map(run, [program.resolve() for program in programs])) or [(0, 1, 0)]
    if options.hazards:
        counts.append(attack(options.build, options.hazards))
    passed, failed, skipped = (sum(column) for column in zip(*counts))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
