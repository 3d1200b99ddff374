"""Runs hazards, each against a process of its own: start, attack under probes, weigh, stop."""

import concurrent.futures
import pathlib
import tempfile
import threading
import time
import traceback

from harness.guard import EXIT_SECONDS, Guard
from harness.identity import Identity
from harness.probes import Probes
from harness.suite import Failed, Skipped, expect

# Freed memory is given back by then.
SETTLE_SECONDS = 3.0


class Scene:
    """What an attack gets: the process, the kind of its build, and a place to say what it measured."""

    def __init__(self, hazard, kind, program, directory):
        self.hazard = hazard
        self.kind = kind
        self.directory = directory
        self.measured = ""
        self.memory = {}  # before, peak, after, in MB
        self.probes = None
        serve = {name: value(directory) if callable(value) else value for name, value in hazard.serve.items()}
        self.guard = Guard(program, directory, Identity(directory), **serve)

    def play(self):
        with self.guard as guard:
            guard.warm_up()
            guard.reset_peak()
            self.memory["before"] = guard.memory()
            self._attack()
            if not self.hazard.ends:
                self._weigh()
                status, seconds = guard.stop(self.kind.later(EXIT_SECONDS))
                expect(status == 0, f"exit status {status} after {seconds:.1f} s", guard.stderr()[-4000:])
            guard.expect_sound()

    def _attack(self):
        if not self.hazard.probed:
            self.hazard.function(self)
            return
        with Probes(self.guard.port, self.guard.host) as self.probes:
            self.hazard.function(self)
            self.probes.finish(self.hazard.usual, self.kind.slower)

    def expect_given_back(self):
        """For an attack that wants to know it while some clients are still there, too."""
        before, self.memory["peak"] = self.memory["before"], self.guard.peak_memory()
        most = self.hazard.kept
        until = time.monotonic() + SETTLE_SECONDS
        while self.guard.memory() > before + most and time.monotonic() < until:
            time.sleep(0.05)
        self.memory["after"] = self.guard.memory()
        kept = self.memory["after"] - before
        if self.kind.measures_memory:
            expect(kept <= most, f"{kept:.0f} MB were not given back, allowed are {most}")

    def _weigh(self):
        self.expect_given_back()
        grown, most = self.memory["peak"] - self.memory["before"], self.hazard.growth
        if self.kind.measures_memory:
            expect(grown <= most, f"memory grew by {grown:.0f} MB, allowed are {most}")


class Result:
    def __init__(self, hazard, outcome, evidence, seconds, scene):
        self.hazard = hazard
        self.outcome = outcome  # passed, failed, skipped
        self.evidence = evidence
        self.seconds = seconds
        self.measured = scene.measured if scene else ""
        self.memory = scene.memory if scene else {}
        self.probes = scene.probes if scene else None

    def __str__(self):
        mark = {"passed": "ok", "failed": "FAIL", "skipped": "skip"}[self.outcome]
        facts = [f"{self.seconds:.1f} s"]
        if "after" in self.memory:
            facts.append("RSS {before:.0f} MB -> {after:.0f} MB, peak {peak:.0f}".format(**self.memory))
        if self.probes and self.probes.worst:
            facts.append(f"probe {self.probes.usual * 1000:.0f} ms, worst {self.probes.worst * 1000:.0f}")
        if self.measured:
            facts.append(self.measured)
        line = f"{mark} - {self.hazard.area}: {self.hazard.sentence} ({'; '.join(facts)})"
        return "\n    ".join([line, *self.evidence.splitlines()])


class Runner:
    def __init__(self, program, kind):
        self._program = program
        self._kind = kind
        self._speaking = threading.Lock()

    def run(self, hazards):
        """The results, in the order of `hazards`."""
        waiting = sorted((each for each in hazards if each.waits), key=lambda each: -each.waits)
        with concurrent.futures.ThreadPoolExecutor(self._kind.together) as pool:
            results = list(pool.map(self._run_one, waiting))
        results += [self._run_one(each) for each in hazards if not each.waits]
        return sorted(results, key=lambda result: hazards.index(result.hazard))

    def _run_one(self, hazard):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="pxguard-hazard-") as name:
            outcome, evidence, scene = self._outcome(hazard, pathlib.Path(name))
        result = Result(hazard, outcome, evidence, time.monotonic() - began, scene)
        with self._speaking:
            print(result, flush=True)
        return result

    def _outcome(self, hazard, directory):
        scene = None
        try:
            if self._kind.name in hazard.without:
                raise Skipped(hazard.without[self._kind.name])
            scene = Scene(hazard, self._kind, self._program, directory)
            scene.play()
            return "passed", "", scene
        except Skipped as reason:
            return "skipped", str(reason), scene
        except Failed as failure:
            return "failed", self._evidence(str(failure), scene), scene
        except Exception:  # Whatever an attack stumbles over is its failure; the next one still runs.
            return "failed", self._evidence(traceback.format_exc(limit=-4), scene), scene

    @staticmethod
    def _evidence(text, scene):
        if scene is None:
            return text
        return f"{text}\n{scene.guard.evidence()}"
