"""An honest client in a process of its own, so that a busy attacker does not count as a slow answer.

usage: probe.py PORT [HOST]    asks on fresh connections, says so after the first answer, goes on until its
standard input is closed, asks once more, and prints what came of it as JSON
"""

import json
import pathlib
import select
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness import reviews  # noqa: E402
from harness.clients import HOST, ask, post, tls  # noqa: E402

BETWEEN_SECONDS = 0.05
PATIENCE = 10.0
FAILURES_SHOWN = 5


def ask_freshly(port, host, review):
    """What is wrong with the answer; None: nothing."""
    try:
        with tls(port, PATIENCE, host=host) as connection:
            answer = ask(connection, post(review.body))
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    return None if review.is_answered_by(answer) else f"want allowed={review.allowed}, got {answer}"


class Record:
    def __init__(self, port, host):
        self.seconds, self.failures = [], []
        self._to = port, host

    def ask(self):
        review = reviews.denied() if len(self.seconds) % 2 else reviews.allowed(2000)
        began = time.monotonic()
        failure = ask_freshly(*self._to, review)
        self.seconds.append(time.monotonic() - began)
        if failure:
            self.failures.append(f"{failure} (after {self.seconds[-1]:.2f} s)")

    def text(self):
        shown = self.failures[:FAILURES_SHOWN]
        return json.dumps({"seconds": self.seconds, "failed": len(self.failures), "failures": shown})


def main():
    record = Record(int(sys.argv[1]), (sys.argv[2:] or [HOST])[0])
    record.ask()
    print("probing", flush=True)
    while not select.select([sys.stdin], [], [], BETWEEN_SECONDS)[0]:
        record.ask()
    record.ask()
    print(record.text())


if __name__ == "__main__":
    main()
