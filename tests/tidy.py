#!/usr/bin/env python3
"""clang-tidy over the sources of pxguard as a build compiles them: several files at a time, or each by
itself. What passed is remembered by the digest of the preprocessed text in the cache folder, since a
full run costs minutes.

usage: tidy.py BUILD     the build has a compile_commands.json"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("PXGUARD_CACHE") or
                     pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "pxguard") / "tidy"

SOURCES = f"^{re.escape(str(ROOT))}/(base|rules|certs|cluster|webhook|cli)/.*[.]cc$"
# Where several files are compiled as one, each is to be looked at as if it were the file itself. Not by
# the analyzer, which takes three times as long for it as all the rest.
TOGETHER = ["--checks=-bugprone-suspicious-include,-clang-analyzer-*", f"--header-filter={SOURCES}"]
FOR_GCC = ["--extra-arg=-Wno-unknown-warning-option"]
# How much of a function the static analyzer looks at. Its own limit, 225,000, costs three times as much
# on cluster/store.cc, and found nothing in any file on the day when this was set.
ANALYZER = [f"--extra-arg={word}" for word in ["-Xclang", "-analyzer-config", "-Xclang", "max-nodes=30000"]]


def digest(command, folder):
    words = [w for w in shlex.split(command) if not w.endswith("ccache")]
    cut = words.index("-o")
    words = words[:cut] + words[cut + 2:]
    text = subprocess.run(words + ["-E", "-P"], cwd=folder, capture_output=True, check=True).stdout
    return hashlib.sha256(text + (ROOT / ".clang-tidy").read_bytes()).hexdigest()


def check(build, entry):
    mark = CACHE / digest(entry["command"], entry["directory"])
    if mark.exists():
        return None
    together = TOGETHER if is_several(entry) else []
    run = subprocess.run(["clang-tidy-14", "-p", build, "--quiet", *FOR_GCC, *ANALYZER, *together, entry["file"]],
                         capture_output=True, text=True)
    if run.returncode == 0:
        mark.touch()
        return None
    return run.stdout


def is_several(entry):
    return "/Unity/" in entry["file"]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = sys.argv[1]
    CACHE.mkdir(parents=True, exist_ok=True)
    entries = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    several = [entry for entry in entries if is_several(entry)]
    included = {name for entry in several for name in re.findall('#include "(.*)"', pathlib.Path(entry["file"]).read_text())}
    entries = several + [entry for entry in entries if re.match(SOURCES, entry["file"]) and entry["file"] not in included]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [text for text in pool.map(lambda entry: check(build, entry), entries) if text]
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
