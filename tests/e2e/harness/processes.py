"""Processes that end when the run ends, whichever way it ends."""

import ctypes
import os
import signal
import socket
import subprocess
import time

from harness.waiting import TimedOut, wait_until

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def free_ports(count):
    """Distinct free ports on loopback: all are held until the last is found."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]
    finally:
        for held in sockets:
            held.close()


def environment_without_proxies():
    """Everything here is on loopback; the API server would send its webhook calls to a proxy."""
    return {
        name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
    }


def _die_with_the_run():
    # A run that is killed with SIGKILL cannot clean up: the kernel does it then.
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One child with its log file."""

    def __init__(self, name, arguments, log_path, environment):
        self.name = name
        self.log_path = log_path
        with open(log_path, "ab") as log:
            self._child = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**environment_without_proxies(), **environment},
                # Ctrl-C is for the run, which then stops its children in order.
                start_new_session=True,
                preexec_fn=_die_with_the_run,
            )

    @property
    def id(self):
        return self._child.pid

    @property
    def exit_status(self):
        """None while it runs."""
        return self._child.poll()

    def wait_until(self, fact, predicate, timeout=30.0):
        """As wait_until, but gives up at once when the process has ended."""

        def checked():
            if self.exit_status is not None:
                raise TimedOut(f"{self.name} ended with status {self.exit_status}\n{self.tail()}")
            return predicate()

        return wait_until(fact, checked, timeout)

    def ask_to_end(self):
        self._child.terminate()

    def wait(self, timeout):
        """The exit status, or TimedOut."""
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimedOut(f"{self.name} still runs {timeout:.0f} s after SIGTERM") from None

    def terminate(self, timeout):
        """SIGTERM; returns the exit status and the seconds that it took, or raises TimedOut."""
        started = time.monotonic()
        self.ask_to_end()
        return self.wait(timeout), time.monotonic() - started

    def kill(self):
        if self.exit_status is None:
            self._child.kill()
        self._child.wait()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def tail(self, lines=15):
        kept = self.log().splitlines()[-lines:]
        return "\n".join([f"last lines of {self.name}:"] + [f"  {line}" for line in kept])


class Processes:
    """All children of a run; leaving the context ends them, last one first."""

    def __init__(self, log_directory):
        self._log_directory = log_directory
        self._started = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self._started):
            process.kill()

    def start(self, name, arguments, environment=None):
        log = self._log_directory / f"{name}.log"
        process = Process(name, arguments, log, environment or {})
        self._started.append(process)
        return process
