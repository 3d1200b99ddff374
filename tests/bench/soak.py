#!/usr/bin/env python3
"""A steady load on `pxguard serve` while its policy and its certificate change under it. Every answer is
compared, byte by byte, with what `pxguard review` said before. Prints requests, what failed or was wrong,
the reloads, latencies, memory, descriptors and threads. Exit status 1 where anything failed or was wrong.

usage: soak.py --pxguard PATH [--minutes 10] [--rate 500]"""
import argparse
import collections
import contextlib
import http.client
import itertools
import json
import multiprocessing
import pathlib
import sched
import sys
import tempfile
import threading
import time

import certificates
import client
import processes
import soak_loads
import soak_report
import soak_workers
from soak_changes import CERTIFICATE_EVERY, POLICY_EVERY, CertificateFiles, PolicyFile

GRACE = 2.0  # seconds in which a change has to be followed
READY_WITHIN, ENDS_WITHIN, SETTLES_WITHIN = 10.0, 20.0, 2.0
WARM_UP = 8  # connections
Sample = collections.namedtuple("Sample", "second rss descriptors threads")


class LogReader(threading.Thread):
    """Counts what the server writes, by its message, and keeps the last lines that are no admission."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self._stream = stream
        self.messages = collections.Counter()
        self.last = collections.deque(maxlen=20)

    def run(self):
        for line in self._stream:
            if b'"message":"admission"' in line:
                self.messages["admission"] += 1
                continue
            self.last.append(line.decode("utf-8", "replace").strip())
            with contextlib.suppress(ValueError):
                self.messages[json.loads(line)["message"]] += 1


class Soak:
    """The server, its files and what is sampled of it."""

    def __init__(self, pxguard, folder, stack):
        self.policy_state = multiprocessing.Array("d", 2)
        self.certificate_state = multiprocessing.Array("d", 2)
        self.authority = certificates.Authority(folder / "ca")
        self.policy = PolicyFile(folder, self.policy_state)
        self.certificates = CertificateFiles(folder / "tls", self.authority, self.certificate_state)
        self.port, self.status_port = processes.free_port(), processes.free_port()
        self.process = stack.enter_context(processes.Process([
            pxguard, "serve", "--cluster", "none", "--listen", f"127.0.0.1:{self.port}", "--status-listen",
            f"127.0.0.1:{self.status_port}", "--policy", self.policy.path, "--tls-cert",
            self.certificates.certificate, "--tls-key", self.certificates.key], pipe=True))
        self.log = LogReader(self.process.output)
        self.samples, self.unready = [], 0
        self.began = time.monotonic()

    def is_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.status_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def wait_until_ready(self):
        while not self.is_ready():
            if time.monotonic() > self.began + READY_WITHIN or not self.process.is_running():
                self.process.stop()
                sys.exit("soak: pxguard serve did not become ready:\n" + self.process.output.read().decode())
            time.sleep(0.05)

    def warm_up(self, all_loads):
        """Several connections at once, each load once: what is made on first use is made. Gives the number of
        descriptors at rest."""
        tls, uid = client.trust(self.authority.certificate), b"00000000-ffff-4000-8000-000000000000"
        with contextlib.ExitStack() as all_open:
            kept = [all_open.enter_context(client.Connection(self.port, tls)) for _ in range(WARM_UP)]
            for load, connection in zip(all_loads, itertools.cycle(kept)):
                connection.ask(client.post_of(load.body(uid)))
        time.sleep(1)
        return self.process.descriptors()

    def sample(self):
        if not self.process.is_running():  # its exit status will tell
            return
        with contextlib.suppress(OSError):  # it has just ended
            self.samples.append(Sample(time.monotonic() - self.began, self.process.mib("VmRSS"),
                                       self.process.descriptors() or 0, self.process.threads()))
        self.unready += not self.is_ready()


def drive(soak, seconds):
    """Samples and changes, each on its clock, until the time is over or the server is gone."""
    clock = sched.scheduler(time.monotonic, time.sleep)
    ends = time.monotonic() + seconds

    def repeat(every, action, due):
        if due < ends and soak.process.is_running():
            clock.enterabs(due, 1, lambda: (action(), repeat(every, action, due + every)))

    def later(delay, action):
        clock.enter(delay, 1, action)

    now = time.monotonic()
    repeat(1.0, soak.sample, now + 1.0)
    repeat(POLICY_EVERY, soak.policy.change, now + POLICY_EVERY)
    repeat(CERTIFICATE_EVERY, lambda: soak.certificates.change(later), now + CERTIFICATE_EVERY)
    clock.run()


def ask_for(soak, all_loads, seconds, rate):
    """Runs the workers beside drive(); gives what they saw together."""
    began = time.monotonic() + 0.5
    shared = soak_workers.Shared(
        soak.port, str(soak.authority.certificate), rate, began, began + seconds, GRACE,
        soak.policy_state, soak.certificate_state, multiprocessing.Event())
    results, tally = multiprocessing.Queue(), soak_workers.Tally()
    workers = [multiprocessing.Process(target=soak_workers.work, daemon=True,
                                       args=(i, shared, all_loads, results))
               for i in range(soak_workers.WORKERS)]
    try:
        for worker in workers:
            worker.start()
        soak.log.start()
        drive(soak, seconds)
        if not soak.process.is_running():
            shared.over.set()
        for _ in workers:
            tally.add(results.get(timeout=60))
    finally:
        for worker in workers:
            worker.terminate()
    return tally


def finish(soak):
    """(descriptors at rest, exit status): the connections are closed by now, the server sees it at once."""
    time.sleep(SETTLES_WITHIN)
    return soak.process.descriptors(), soak.process.end(ENDS_WITHIN)


def main():
    parser = argparse.ArgumentParser(description="A steady load on pxguard serve while its files change.")
    parser.add_argument("--pxguard", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=500, help="requests a second over kept connections")
    options = parser.parse_args()
    processes.end_on_signals()
    if not certificates.are_possible():
        sys.exit("soak: openssl is not installed")
    with tempfile.TemporaryDirectory(prefix="pxguard-soak-") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        all_loads = soak_loads.record(options.pxguard.resolve(), folder)
        soak_report.show_loads(all_loads)
        soak = Soak(options.pxguard.resolve(), folder, stack)
        soak.wait_until_ready()
        before = soak.warm_up(all_loads)
        tally = ask_for(soak, all_loads, options.minutes * 60, options.rate)
        after, status = finish(soak)
    sys.exit(soak_report.show(soak, tally, options, before, after, status))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
