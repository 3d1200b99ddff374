"""Probes: whether honest clients are answered rightly and soon while an attack runs."""

import json
import pathlib
import subprocess
import sys

from harness.clients import HOST
from harness.suite import Failed, expect

PROGRAM = pathlib.Path(__file__).with_name("probe.py")
# Of the API server, before the failurePolicy decides: the worst that a user may see.
WORST_SECONDS = 2.0
LAST_PROBE_SECONDS = 60


class Probes:
    def __init__(self, port, host=HOST):
        self._seconds = []
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, str(PROGRAM), str(port), host],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._child.stdout.readline()  # It has had its first answer.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._child.poll() is None:
            self._child.kill()
            self._child.communicate()

    @property
    def worst(self):
        return max(self._seconds, default=0.0)

    @property
    def usual(self):
        """19 of 20 take at most that."""
        return sorted(self._seconds)[(len(self._seconds) - 1) * 19 // 20] if self._seconds else 0.0

    def finish(self, usual, slower):
        """Ends the probing; raises where not all were answered rightly and in time: 19 of 20 within `usual`
        seconds."""
        try:
            text, _ = self._child.communicate(timeout=LAST_PROBE_SECONDS)
            said = json.loads(text)
        except (subprocess.TimeoutExpired, json.JSONDecodeError):
            raise Failed("the probing client itself came to no end") from None
        self._seconds = said["seconds"]
        count = len(self._seconds)
        expect(not said["failed"], f"{said['failed']} of {count} probes failed", "\n".join(said["failures"]))
        expect(self.worst <= WORST_SECONDS * slower, f"a probe took {self.worst:.2f} s")
        expect(self.usual <= usual * slower, f"probes take {self.usual:.2f} s (19 of 20: less)")
