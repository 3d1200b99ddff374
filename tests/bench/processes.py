"""Processes that are measured, and that never outlive the block that started them."""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys

TICKS = os.sysconf("SC_CLK_TCK")


def say(text):
    """Progress, beside the figures."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def end_on_signals():
    """kill and a closed terminal end the blocks in order as Ctrl-C does, and with them their processes; and
    Ctrl-C does so even where we were started with it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_to_end(command, **options):
    """subprocess.run() whose whole family of processes goes when we are interrupted."""
    process = subprocess.Popen(command, start_new_session=True, text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    try:
        out, err = process.communicate()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


class Process:
    """A running program, in a session of its own: Ctrl-C reaches us alone, and we stop it.
    Its figures come from /proc; None where the kernel does not tell."""

    def __init__(self, command, log=None, pipe=False):
        """What it says goes into the file `log`, or with `pipe` comes out of `output`."""
        with open(log or os.devnull, "ab") as file:
            self._popen = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE if pipe else file,
                                           stderr=subprocess.STDOUT if pipe else file, start_new_session=True)
        self.pid, self.output = self._popen.pid, self._popen.stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def is_running(self):
        return self._popen.poll() is None

    def stop(self):
        self._popen.kill()
        self._popen.wait()

    def signal(self, number):
        self._popen.send_signal(number)

    def end(self, seconds):
        """Asks it to end and gives its exit status, or None where it had to be killed."""
        self.signal(signal.SIGTERM)
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            return None

    def cpu(self):
        """Seconds of processor time so far, (user, system), of all its threads."""
        fields = self._read("stat").rpartition(")")[2].split()
        return int(fields[11]) / TICKS, int(fields[12]) / TICKS

    def mib(self, field):
        """VmRSS or VmHWM, in MiB."""
        return self._status(field) / 1024

    def threads(self):
        return self._status("Threads")

    def descriptors(self):
        try:
            return len(os.listdir(f"/proc/{self.pid}/fd"))
        except OSError:  # pxguard hides its own from all but root; and one that has ended has none
            return None

    def forget_peak(self):
        """VmHWM starts again from what is in use now. False where that is not allowed."""
        try:
            pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")
            return True
        except OSError:
            return False

    def _status(self, field):
        for line in self._read("status").splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        return 0

    def _read(self, name):
        return pathlib.Path(f"/proc/{self.pid}/{name}").read_text()
