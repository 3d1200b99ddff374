"""Hazards as sentences: registered as the files are read. harness/runner.py runs them."""

import dataclasses
import typing


class Failed(Exception):
    """What was expected did not happen; the text is the evidence."""


class Skipped(Exception):
    """The hazard cannot be tried here; the text says why."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """How the program under test was built, and with it what can be asked of it."""

    name: str
    slack: float  # seconds that a deadline may be missed by
    slower: int  # than the plain build
    measures_memory: bool
    together: int  # hazards that mostly wait run beside each other; more would make each other slow
    # Areas that other kinds try: a weight that cannot be measured, one thread that is busy for long.
    leaves_out: tuple = ()

    def many(self, count):
        """Of repetitions that show nothing new after some of them."""
        return max(1, count // self.slower)

    def later(self, seconds):
        return seconds + self.slack


KINDS = {
    kind.name: kind
    for kind in [
        Kind("plain", slack=1.0, slower=1, measures_memory=True, together=12),
        Kind("asan", slack=5.0, slower=4, measures_memory=False, together=5),
        Kind("tsan", slack=10.0, slower=8, measures_memory=False, together=5, leaves_out=("memory", "costly")),
    ]
}


@dataclasses.dataclass(frozen=True)
class Hazard:
    function: typing.Callable
    bound: str  # in words, for the table
    growth: float  # MB of resident memory that the attack may cost at its worst
    kept: float  # MB that may remain of it
    waits: float  # seconds that it does little but wait, beside others of its kind; 0: it is busy
    ends: bool  # ends the process itself
    probed: bool
    usual: float  # seconds that 19 of 20 probes take at most
    serve: dict  # how to start the process, see Guard
    without: dict  # kind of build -> why the hazard says nothing there

    @property
    def sentence(self):
        return " ".join(self.function.__doc__.split())

    @property
    def area(self):
        return self.function.__module__.rpartition(".")[2]


_hazards = []


def hazard(bound, *, growth, kept=None, waits=0, ends=False, probed=True, usual=0.5, without=None, **serve):
    """An attack. Its docstring is a sentence that is true when the server withstands it."""

    def register(function):
        kept_of_it = growth if kept is None else kept
        _hazards.append(
            Hazard(
                function, bound, growth, kept_of_it, waits, ends, probed, usual, serve, without or {}
            )
        )
        return function

    return register


def hazards(wanted):
    return [each for each in _hazards if wanted in f"{each.area}: {each.sentence}"]


def hazards_of(kind, wanted):
    """Whoever asks by words gets them all; else those that tell something about this kind of build."""
    return [each for each in hazards(wanted) if wanted or each.area not in kind.leaves_out]


def expect(fact, sentence, evidence=""):
    if not fact:
        raise Failed(f"{sentence}\n{evidence}".rstrip())
