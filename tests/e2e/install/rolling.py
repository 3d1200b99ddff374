"""Two replicas behind a Service whose endpoints lag: they are replaced one after the other while the API
server asks two hundred times a second."""

import contextlib
import threading
import time

from harness.api import FAILURES
from harness.load import SECRET
from harness.replicas import Replicas
from harness.suite import case, expect
from install.lifecycle import clean_up, install

RATE = 200
WRITERS = 20
ROLLS = 2


class Steady:
    """So many creates a second, whatever the answers take; each writer keeps its own clock."""

    def __init__(self, world):
        self._world = world
        self._ended = threading.Event()
        self.answers = []
        self.late = 0
        self._threads = [
            threading.Thread(target=self._write, args=(place,), daemon=True)
            for place in range(WRITERS)
        ]

    def __enter__(self):
        self.started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join(40)
        self.seconds = time.monotonic() - self.started

    def _write(self, place):
        between = WRITERS / RATE
        due = self.started + between * place / WRITERS
        with self._world.connect() as connection:
            while not self._ended.is_set():
                pause = due - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
                elif pause < -1:
                    self.late += 1
                    due = time.monotonic()
                due += between
                started = time.monotonic()
                self.answers.append((_answer(connection), time.monotonic() - started))


def _answer(connection):
    try:
        reply = connection.create(SECRET, dry_run=True)
        return reply.status if reply.accepted else f"HTTP {reply.status} {reply.message}"
    except FAILURES as error:
        return repr(error)


@case
def rolling_restart(world):
    """two replicas behind lagging endpoints are replaced under 200 requests a second, and no admission
    fails"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        stack.callback(clean_up, world, replicas)
        install(world, replicas)
        with Steady(world) as steady:
            time.sleep(2)
            for _ in range(ROLLS):
                replicas.roll()
            replicas.wait_for_endpoints()
            time.sleep(2)
    failed = [what for what, _ in steady.answers if what != 201]
    expect(not failed, f"{len(failed)} of {len(steady.answers)} failed", failed[:3])
    slowest = sorted(seconds for _, seconds in steady.answers)
    rate = len(steady.answers) / steady.seconds
    expect(rate > 0.8 * RATE, f"only {rate:.0f} requests a second: this machine is too busy")
    return (
        f"{len(steady.answers)} requests at {rate:.0f}/s over {ROLLS * 2} replacements, none failed;"
        f" 99 % within {slowest[len(slowest) * 99 // 100] * 1000:.0f} ms"
    )


rolling_restart.seconds = 300
