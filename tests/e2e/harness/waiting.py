"""Waiting for facts instead of sleeping for luck."""

import time

POLL_SECONDS = 0.05


class TimedOut(Exception):
    """Something did not become true in its time."""


def wait_until(fact, predicate, timeout=30.0):
    """Returns the first true answer of `predicate`; `fact` says in words what is awaited."""
    deadline = time.monotonic() + timeout
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimedOut(f"waited {timeout:.0f} s in vain: {fact}")
        time.sleep(POLL_SECONDS)
