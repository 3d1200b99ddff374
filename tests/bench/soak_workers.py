"""The clients of the soak: processes that each keep some connections and open fresh ones, on a schedule that
does not wait for the server. Latency counts from the moment that a request was due."""
import array
import collections
import dataclasses
import multiprocessing
import os
import random
import signal
import threading
import time

import client

WORKERS, KEPT = 3, 4  # processes; connections that each keeps
FRESH_EVERY = 0.5  # seconds, in each process
HUGE_EVERY = 3.0  # seconds, in the first process
SAMPLES = 5  # of each kind of trouble that are told


@dataclasses.dataclass
class Shared:
    """What must be so now: the parent writes, before it changes a file. `policy` is (which, since when),
    `certificate` (serial number, since when); for `grace` seconds the one before may still be served."""
    port: int
    ca: str
    rate: float
    began: float
    ends: float
    grace: float
    policy: multiprocessing.Array
    certificate: multiprocessing.Array
    over: multiprocessing.Event  # set where the server is gone before its time


class Tally:
    """What one process has seen; the sum of two is what both have."""

    def __init__(self):
        self.latencies = collections.defaultdict(lambda: array.array("d"))  # by kind, seconds
        self.counts = collections.Counter()
        self.samples = collections.defaultdict(list)
        self.followed = {"policy": {}, "certificate": {}}  # since when: seconds until the new one was seen

    def trouble(self, kind, text):
        self.counts[kind] += 1
        if len(self.samples[kind]) < SAMPLES:
            self.samples[kind].append(text)

    def saw_new(self, what, since, moment):
        self.followed[what][since] = min(self.followed[what].get(since, 1e9), moment - since)

    def packed(self):
        return {"latencies": {kind: list(values) for kind, values in self.latencies.items()},
                "counts": self.counts, "samples": dict(self.samples), "followed": self.followed}

    def add(self, packed):
        for kind, values in packed["latencies"].items():
            self.latencies[kind].extend(values)
        self.counts.update(packed["counts"])
        for kind, texts in packed["samples"].items():
            self.samples[kind] = (self.samples[kind] + texts)[:SAMPLES]
        for what, seen in packed["followed"].items():
            for since, seconds in seen.items():
                self.followed[what][since] = min(self.followed[what].get(since, 1e9), seconds)


class Lane:
    """One thread's work: it asks when it is due, over a connection that it keeps or over fresh ones."""

    def __init__(self, shared, tls, tally, lock, name, number):
        self._shared, self._tls, self._tally, self._lock, self._name = shared, tls, tally, lock, name
        self._connection = None
        self._uid = f"{os.getpid():08x}-{number:04x}-4000-8000-"
        self._count = 0

    def run(self, choose, first, every, keep):
        """Asks at `first` and `every` so many seconds after that; ends early where the parent is gone."""
        parent, due = multiprocessing.parent_process().pid, first
        while due < self._shared.ends and os.getppid() == parent and not self._shared.over.is_set():
            time.sleep(max(0.0, due - time.monotonic()))
            self._ask(choose(), due, keep)
            due += every
        self._close()

    def _ask(self, load, due, keep):
        self._count += 1
        uid = f"{self._uid}{self._count:012x}".encode()
        sent = time.monotonic()
        try:
            if self._connection is None:
                self._connection = client.Connection(self._shared.port, self._tls)
                self._judge_certificate(sent)
            status, body, _ = self._connection.ask(client.post_of(load.body(uid), "/validate?timeout=10s"))
        except Exception as error:  # whatever it is, the thread has to go on, or nobody would ask
            self._close()
            with self._lock:
                self._tally.trouble("failed", f"{load.name} over a {self._name} connection: {error!r}")
            return
        moment = time.monotonic()
        with self._lock:
            self._tally.counts["asked"] += 1
            self._tally.latencies[self._name].append(moment - due)
            self._tally.latencies["late"].append(sent - due)
            self._judge(load, uid, sent, moment, status, body)
        if not keep:
            self._close()

    def _close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _judge(self, load, uid, sent, moment, status, body):
        if status != 200:
            self._tally.trouble("failed", f"{load.name}: status {status}: {body[:200]!r}")
            return
        policy = load.policy_of(body.strip(), uid)
        with self._shared.policy.get_lock():
            wanted, since = self._shared.policy[:]
        if policy is None:
            self._tally.trouble("wrong", f"{load.name}: {body[:500]!r}")
        elif policy == wanted:
            self._tally.saw_new("policy", since, moment)
        elif sent > since + self._shared.grace:
            self._tally.trouble("old policy", f"{load.name}: {sent - since:.2f} s after the change")

    def _judge_certificate(self, began):
        serial = int(self._connection.socket.getpeercert()["serialNumber"], 16)
        moment = time.monotonic()
        with self._shared.certificate.get_lock():
            wanted, since = self._shared.certificate[:]
        with self._lock:
            self._tally.counts["handshakes"] += 1
            if serial == wanted:
                self._tally.saw_new("certificate", since, moment)
            elif serial != wanted - 1 or began > since + self._shared.grace:
                self._tally.trouble("old certificate",
                                    f"{serial:X} {began - since:.2f} s after {int(wanted):X}")


def _chooser(all_loads, seed):
    """Gives the next load, at random but the same in every run."""
    some = [load for load in all_loads if load.weight]
    weights = [load.weight for load in some]
    dice = random.Random(seed)
    return lambda: dice.choices(some, weights)[0]


def _cycle(all_loads):
    huge = collections.deque(load for load in all_loads if not load.weight)

    def following():
        huge.rotate()
        return huge[0]
    return following


def _plans(number, shared, all_loads):
    """(name, what to ask next, when first, how often, whether the connection is kept) of each thread."""
    every = WORKERS * KEPT / shared.rate
    for i in range(KEPT):
        lane = number * KEPT + i
        yield "kept", _chooser(all_loads, lane), shared.began + lane / shared.rate, every, True
    first = shared.began + FRESH_EVERY * number / WORKERS
    yield "fresh", _chooser(all_loads, -1 - number), first, FRESH_EVERY, False
    if number == 0:
        yield "2 MB", _cycle(all_loads), shared.began + 1, HUGE_EVERY, True


def work(number, shared, all_loads, results):
    """The life of one process: its threads, then one packed Tally into `results`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    tls, tally, lock = client.trust(shared.ca), Tally(), threading.Lock()
    threads = []
    for i, (name, *plan) in enumerate(_plans(number, shared, all_loads)):
        lane = Lane(shared, tls, tally, lock, name, i)
        threads.append(threading.Thread(target=lane.run, args=plan, daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()
    results.put(tally.packed())
