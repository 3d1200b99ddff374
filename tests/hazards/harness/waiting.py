"""Waiting for facts instead of sleeping for luck."""

import time

from harness.suite import Failed

POLL_SECONDS = 0.02


def wait_until(fact, predicate, timeout):
    """Returns the first true answer of `predicate`; `fact` says in words what is awaited."""
    deadline = time.monotonic() + timeout
    while not (answer := predicate()):
        if time.monotonic() > deadline:
            raise Failed(f"waited {timeout:.0f} s in vain: {fact}")
        time.sleep(POLL_SECONDS)
    return answer
