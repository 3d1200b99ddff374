"""Somebody who asks pxguard again and again, directly, while something happens to it."""

import contextlib
import json
import threading
import time

from harness.waiting import wait_until

BETWEEN_SECONDS = 0.02


class Prober:
    def __init__(self, guard, review):
        self._guard = guard
        self._review = review
        self._ended = threading.Event()
        self.seconds = []
        self.failures = []
        self.oldest_view = -1

    def run(self):
        while not self._ended.wait(BETWEEN_SECONDS):
            started = time.monotonic()
            try:
                response = json.loads(self._guard.review(self._review))["response"]
                self._remember_age(response["auditAnnotations"].get("view", ""))
            except (OSError, ValueError, KeyError) as error:
                self.failures.append(repr(error))
            self.seconds.append(time.monotonic() - started)

    def end(self):
        self._ended.set()

    def _remember_age(self, words):
        if words:
            self.oldest_view = max(self.oldest_view, int(words.split()[0]))

    def slowest_ms(self):
        return max(self.seconds) * 1000

    def middle_ms(self):
        return sorted(self.seconds)[len(self.seconds) // 2] * 1000

    def __str__(self):
        said = f"{len(self.seconds)} reviews answered, slowest {self.slowest_ms():.0f} ms"
        return said + (f", oldest view {self.oldest_view} s" if self.oldest_view >= 0 else "")


@contextlib.contextmanager
def probing(guard, review):
    prober = Prober(guard, review)
    thread = threading.Thread(target=prober.run, daemon=True)
    thread.start()
    try:
        # What is over at once is met by somebody who asks already.
        wait_until("the prober has had its first answer", lambda: prober.seconds, 10)
        yield prober
    finally:
        prober.end()
        thread.join(10)
