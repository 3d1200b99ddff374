#!/usr/bin/env python3
"""clang-tidy over the given files, two at a time. What passed is remembered by the digest of the
preprocessed text in the cache folder, since a full run costs minutes."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("PXGUARD_CACHE") or
                     pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "pxguard") / "tidy"

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
    run = subprocess.run(["clang-tidy-14", "-p", build, "--quiet", *ANALYZER, entry["file"]], capture_output=True,
                         text=True)
    if run.returncode == 0:
        mark.touch()
        return None
    return run.stdout


def main():
    build, files = sys.argv[1], {str(ROOT / name) for name in sys.argv[2:]}
    CACHE.mkdir(parents=True, exist_ok=True)
    entries = [e for e in json.loads((pathlib.Path(build) / "compile_commands.json").read_text()) if e["file"] in files]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [text for text in pool.map(lambda entry: check(build, entry), entries) if text]
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
