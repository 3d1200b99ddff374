"""How kubectl reads a file: its own library answers, and pxguard's reader has to agree."""

import os
import pathlib
import subprocess

from harness.suite import Skipped, case, expect
from harness.toolchain import cache_directory, find_go

ROOT = pathlib.Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "golden" / "yaml"
CORPUS = ROOT.parent / "shared" / "corpus"
TEST_BASE = ROOT / "build" / "dev" / "tests" / "test_base"


def _answers(*words):
    """What the small Go program over Kubernetes' library prints."""
    program = cache_directory() / "yaml-golden"
    go = find_go(cache_directory())
    subprocess.run([go, "build", "-buildvcs=false", "-o", program, "."], cwd=GOLDEN, check=True, timeout=110)
    return subprocess.run([program, *words], cwd=GOLDEN, check=True, capture_output=True).stdout


@case
def golden_answers(world):
    """the golden answers about YAML are what Kubernetes' own library says today"""
    expect(_answers("scalars") == (GOLDEN / "scalars.jsonl").read_bytes(), "other answers about scalars")
    expect(_answers("files", "cases") == (GOLDEN / "cases.golden").read_bytes(), "other answers about cases")


@case
def corpus(world):
    """every real manifest is read as kubectl reads it"""
    if not CORPUS.is_dir() or not TEST_BASE.is_file():
        raise Skipped("no corpus beside the project, or no ./dev test before")
    answers = cache_directory() / "corpus.golden"
    answers.write_bytes(_answers("files", CORPUS))
    run = subprocess.run(
        [TEST_BASE, "--test-case=a folder named by the environment*", "--no-skip"],
        env={**os.environ, "PXGUARD_CORPUS": str(CORPUS), "PXGUARD_YAML_GOLDEN": str(answers)},
        capture_output=True,
        text=True,
        timeout=110,
    )
    passed = run.returncode == 0 and "1 passed" in run.stdout
    expect(passed, "pxguard reads some differently", run.stdout[-2000:])
