#!/usr/bin/env python3
"""Prints figures; asserts nothing. What this machine cannot give (Go, wrk, valgrind, conftest, the shared
reviews) is named as left out. Requests/s and latencies hold on a quiet machine only; instructions always.

usage: run.py BUILD_FOLDER [--only server|engine|profile|check] [--quick] [--seconds N]
              [--connections 1,8,25,100,300] [--json FILE] [--markdown FILE]"""
import argparse
import pathlib
import sys
import tempfile

import cli
import machine
import processes
import profiling
import servers
from report import Report

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = ROOT.parent / "shared" / "bench"
PARTS = ["server", "engine", "profile", "check"]


def numbers(text):
    return [int(word) for word in text.split(",")]


def options_of(words):
    parser = argparse.ArgumentParser(description="Prints figures of pxguard, beside those of others.")
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD_FOLDER")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--quick", action="store_true", help="cells of 1 s and fewer connections")
    parser.add_argument("--seconds", type=int, help="a cell of the server part takes (5)")
    parser.add_argument("--connections", type=numbers, help="of the server part (1,8,25,100,300)")
    parser.add_argument("--shared", type=pathlib.Path, default=SHARED, help="folder of reviews and opponents")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args(words)
    options.seconds = options.seconds or (1 if options.quick else 5)
    options.connections = options.connections or ([1, 8, 100] if options.quick else [1, 8, 25, 100, 300])
    options.starts = 5 if options.quick else 10
    options.runs = 3 if options.quick else 5
    return options


def build_engine(build):
    """The engine's program, or None; a folder that is no build tree is taken as it is."""
    program = (build / "tests" / "bench_engine").resolve()
    if (build / "CMakeCache.txt").exists():
        words = ["cmake", "--build", str(build), "--target", "bench_engine"]
        if processes.run_to_end(words).returncode != 0:
            return None
    return program if program.exists() else None


def measure(report, options, folder):
    pxguard = (options.build / "pxguard").resolve()
    if not pxguard.exists():
        sys.exit(f"bench: there is no {pxguard.name} in {options.build}: ./dev build release makes it")
    parts = [options.only] if options.only else PARTS
    machine.begin(report, pxguard)
    if "server" in parts:
        servers.run(report, pxguard, options.shared, folder, options)
    if "engine" in parts or "profile" in parts:
        engine = build_engine(options.build)
        if "engine" in parts:
            profiling.run_engine(report, engine, options.shared, folder, options)
        if "profile" in parts:
            profiling.run_profile(report, engine, pxguard, options.shared, folder)
    if "check" in parts:
        cli.run(report, pxguard, options.shared, folder, options)
    machine.end(report)


def main():
    options = options_of(sys.argv[1:])
    processes.end_on_signals()
    report = Report()
    try:
        with tempfile.TemporaryDirectory(prefix="pxguard-bench-") as name:
            measure(report, options, pathlib.Path(name))
    except KeyboardInterrupt:
        report.say("interrupted")
        sys.exit(130)
    finally:
        report.write(options.markdown, options.json)


if __name__ == "__main__":
    main()
