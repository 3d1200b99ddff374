"""Tests as sentences: registered as the files are read, run one after the other, each bounded."""

import contextlib
import signal
import time
import traceback

CASE_SECONDS = 120
_cases = []


class Failed(Exception):
    """What was expected did not happen; the text is the evidence."""


class Skipped(Exception):
    """The test cannot say anything here; the text says why."""


def case(function):
    """A test. Its docstring is a sentence that is true when it passes; what it returns is shown
    beside it: figures."""
    _cases.append(function)
    return function


def expect(fact, sentence, evidence=""):
    if not fact:
        raise Failed(f"{sentence}\n{evidence}".rstrip())


def sentence_of(function):
    return " ".join(function.__doc__.split())


def chosen(part, wanted):
    """The cases of one package whose sentence contains `wanted`."""
    return [
        function
        for function in _cases
        if function.__module__.split(".")[0] == part and wanted in sentence_of(function)
    ]


def run(world, functions):
    """The counts by outcome."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for function in functions:
        counts[_run_one(function, world)] += 1
    return counts


def _run_one(function, world):
    started = time.monotonic()
    outcome, evidence = _outcome(function, world)
    mark = {"passed": "ok", "failed": "FAIL", "skipped": "skip"}[outcome]
    if outcome == "failed":
        evidence += "\n" + world.guard.tail()
    lines = [
        f"{mark} - {sentence_of(function)} ({time.monotonic() - started:.1f} s)",
        *evidence.splitlines(),
    ]
    print("\n    ".join(lines), flush=True)
    return outcome


def _outcome(function, world):
    try:
        with _time_limit(getattr(function, "seconds", CASE_SECONDS)):
            figures = function(world)
        return "passed", figures or ""
    except Skipped as reason:
        return "skipped", str(reason)
    except Failed as failure:
        return "failed", str(failure)
    except Exception:  # Whatever a test stumbles over is its failure; the next one still runs.
        return "failed", traceback.format_exc(limit=-3)


@contextlib.contextmanager
def _time_limit(seconds):
    def stop(*_):
        raise Failed(f"not finished after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
