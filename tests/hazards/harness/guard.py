"""The real `pxguard serve`, as a child with limits, and what /proc says about it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

from harness import reviews
from harness.clients import HOST, ask, post, tcp, tls
from harness.suite import Failed, Skipped, expect
from harness.waiting import wait_until

START_SECONDS = 30
# design.md 6: SIGTERM to exit takes at most 15 s.
EXIT_SECONDS = 15
SANITIZER = re.compile(r"(AddressSanitizer|ThreadSanitizer|LeakSanitizer|runtime error:)")
SANITIZER_OPTIONS = {
    # A process that is not dumpable cannot be searched for leaks; the tests of the rooms are.
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:exitcode=66",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "exitcode=66",
}
TICKS = os.sysconf("SC_CLK_TCK")


class Guard:
    """One `pxguard serve`. `prlimit`: as that program takes them. With `reads_log` false its log goes
    into a pipe that nobody reads, once the ports are known."""

    def __init__(
        self,
        program,
        directory,
        identity,
        *,
        listen=f"{HOST}:0",
        prlimit=(),
        environment=(),
        self_signed=False,
        reads_log=True,
    ):
        self.directory = directory
        self.identity = identity
        self.host = "::1" if listen.startswith("[::1]") else HOST
        self._log_path = directory / "log"
        self._stderr_path = directory / "stderr"
        self._reads_log = reads_log
        self._was_killed = False
        tls = ["--self-signed"] if self_signed else identity.arguments()
        arguments = [
            # A run that is killed cannot clean up: the kernel does it then.
            *["setpriv", "--pdeathsig", "KILL", "prlimit", *prlimit, "--"],
            *["env", *(f"{name}={value}" for name, value in dict(environment).items())],
            *[program, "serve", "--listen", listen, "--status-listen", f"{HOST}:0"],
            *[*tls, "--cluster", "none"],
        ]
        with open(self._log_path, "wb") as log, open(self._stderr_path, "wb") as stderr:
            self._child = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log if reads_log else subprocess.PIPE,
                stderr=stderr,
                env={**os.environ, **SANITIZER_OPTIONS},
                start_new_session=True,
            )
        self.pid = self._child.pid
        try:
            serving = self._wait_for_line("serving")
        except BaseException:
            self.kill()
            raise
        self.port = int(serving["admission"].rpartition(":")[2])
        self.status_port = int(serving["status"].rpartition(":")[2])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    # --- its life ---

    @property
    def exit_status(self):
        """None while it runs."""
        return self._child.poll()

    def warm_up(self):
        """What is allocated once is allocated before memory is looked at."""
        for _ in range(8):
            with tls(self.port, host=self.host) as connection:
                for review in (reviews.allowed(8000), reviews.denied()):
                    ask(connection, post(review.body))
            with tcp(self.status_port) as connection:
                ask(connection, b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")

    def signal(self, number=signal.SIGTERM):
        self._child.send_signal(number)

    def wait(self, patience):
        """The exit status, and the seconds until it came."""
        began = time.monotonic()
        try:
            return self._child.wait(patience), time.monotonic() - began
        except subprocess.TimeoutExpired:
            raise Failed(f"still runs {patience:.0f} s after the signal") from None

    def stop(self, patience):
        """Without the lame duck: the second signal cuts it short."""
        if not self._reads_log:
            self.close_log()
        self.signal()
        if self._reads_log:
            self._wait_for_line("stopping")
        time.sleep(0.2)
        self.signal()
        return self.wait(patience)

    def kill(self):
        if self.exit_status is None:
            self._was_killed = True
            self._child.kill()
        self._child.wait()
        self.close_log()

    def expect_sound(self):
        """Nothing on stderr, no report of a sanitizer, exit status 0 where it has ended."""
        errors = self.stderr()
        found = SANITIZER.search(errors)
        expect(not found, "a sanitizer reports", found and errors[found.start() :][:6000])
        expect(self.exit_status in (None, 0), f"exit status {self.exit_status}", errors[-2000:])
        talk = [line for line in errors.splitlines() if "self-signed; caBundle" not in line]
        expect(not talk, "something was written to stderr", "\n".join(talk[:20]))

    # --- what it says ---

    def log(self):
        return self._log_path.read_text(errors="replace") if self._reads_log else ""

    def stderr(self):
        return self._stderr_path.read_text(errors="replace")

    def evidence(self):
        ended = "it was still running" if self._was_killed else f"exit status {self.exit_status}"
        return "\n".join(
            [ended, self.stderr()[-3000:], "last lines of its log:", *self.log().splitlines()[-6:]]
        )

    def close_log(self):
        """Its reader goes away."""
        if self._child.stdout:
            self._child.stdout.close()

    def _wait_for_line(self, message):
        def found():
            for line in self._lines():
                if f'"message":"{message}"' in line:
                    return json.loads(line)
            expect(self.exit_status is None, f"ended with status {self.exit_status}", self.stderr())
            return None

        return wait_until(f"pxguard says {message}", found, START_SECONDS)

    def _lines(self):
        if self._reads_log:
            return self.log().splitlines()
        return [self._child.stdout.readline().decode()]

    # --- what it costs ---

    def memory(self):
        """Resident, in MB."""
        return self._status_number("VmRSS") / 1024

    def peak_memory(self):
        return self._status_number("VmHWM") / 1024

    def threads(self):
        return self._status_number("Threads")

    def reset_peak(self):
        """Only root may; without it the peak is that of the start, which is lower than any attack's."""
        try:
            self._proc("clear_refs").write_text("5")
        except PermissionError:
            pass

    def cpu_seconds(self):
        fields = self._proc("stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def addresses(self):
        """In MiB, whether memory stands behind them or not."""
        return self._status_number("VmSize") / 1024

    def descriptors(self):
        try:
            return len(os.listdir(self._proc("fd")))
        except PermissionError:
            raise Skipped("a process that is not dumpable shows its descriptors to root alone") from None

    def descriptors_at_rest(self):
        """Between two probes."""
        return min(self.descriptors() for _ in range(10) if time.sleep(0.03) is None)

    def _status_number(self, name):
        text = self._proc("status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1])

    def _proc(self, name):
        return pathlib.Path(f"/proc/{self.pid}/{name}")
