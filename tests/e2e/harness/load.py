"""People who write key Secrets all the time while something happens to pxguard."""

import contextlib
import threading
import time

from harness.api import FAILURES
from harness.waiting import wait_until

WRITERS = 16
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "px-load-token", "namespace": "default"},
}


class Load:
    def __init__(self):
        self._ended = threading.Event()
        # Pairs of the time of an answer and what it was: an HTTP status, or words.
        self._answers = []

    def count(self):
        return len(self._answers)

    def last(self):
        return self._answers[-1][1]

    def others(self, until=float("inf")):
        """The answers up to a time that are no success."""
        return [what for when, what in self._answers if when <= until and what != 201]

    def wait_for(self, count):
        """Until that many more have been answered."""
        enough = self.count() + count
        wait_until(f"{count} more creates are answered", lambda: self.count() >= enough, 60)

    def end(self):
        self._ended.set()

    def write(self, connection):
        with connection:
            while not self._ended.is_set():
                self._answers.append(_timed(lambda: connection.create(SECRET, dry_run=True)))


def _timed(create):
    try:
        reply = create()
        what = reply.status if reply.accepted else f"HTTP {reply.status} {reply.message}"
    except FAILURES as error:
        what = repr(error)
    return time.monotonic(), what


@contextlib.contextmanager
def load(world):
    """Writers at work; each waits for its answer before it writes again."""
    running = Load()
    writers = [
        threading.Thread(target=running.write, args=(world.connect(),), daemon=True)
        for _ in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    try:
        yield running
    finally:
        running.end()
        for writer in writers:
            writer.join(40)
