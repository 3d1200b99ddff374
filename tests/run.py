#!/usr/bin/env python3
"""Runs the test programs of one build and adds up what they say.

usage: run.py FOLDER [ROOM...]     the programs are FOLDER/test_ROOM
The last line is "N passed, N failed, N skipped"; the status is 0 only if none failed and some ran."""
import pathlib
import re
import subprocess
import sys
import time

SECONDS = 1200


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
    if failed:
        print(output)
    print(f"{'ok  ' if failed == 0 else 'FAIL'} {program.name}: {passed} passed, {failed} failed "
          f"({time.monotonic() - started:.1f} s)")
    for line in skipped_by_name:
        print("     " + line)
    return passed - len(skipped_by_name), failed, skipped + len(skipped_by_name)


def main():
    folder = pathlib.Path(sys.argv[1])
    rooms = sys.argv[2:]
    programs = [folder / f"test_{room}" for room in rooms] or sorted(
        p for p in folder.glob("test_*") if p.is_file() and not p.suffix)
    totals = [sum(column) for column in zip(*(run(program.resolve()) for program in programs))] or [0, 1, 0]
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 0 if totals[1] == 0 and totals[0] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
