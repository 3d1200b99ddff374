"""Descriptors and memory that are not there."""

import contextlib
import itertools
import pathlib
import resource
import time

from harness import reviews
from harness.clients import ask, ask_once, head, post, tcp, tls
from harness.exchange import Exchange
from harness.suite import Skipped, expect, hazard
from harness.together import together
from harness.waiting import wait_until

MIB = 1 << 20
READY = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
# The kubelet gives a readiness probe that long (deploy/install.yaml).
KUBELET_PATIENCE = 2.0
FEW_DESCRIPTORS = ["--nofile=64:64"]
STEPS = 100
NO_SUCH_LIMIT = {
    "asan": "a sanitizer reserves terabytes of addresses",
    "tsan": "a sanitizer reserves terabytes of addresses",
}
POD_LIMIT = 1 << 30  # deploy/install.yaml


# --- descriptors ---------------------------------------------------------------------------------


def ready_seconds(port):
    """How long /readyz takes on a fresh connection."""
    began = time.monotonic()
    with tcp(port, 10) as connection:
        answer = ask(connection, READY)
    expect(answer is not None and answer.status == 200, f"/readyz: {answer}")
    return time.monotonic() - began


def without_descriptors(scene, connects):
    """Opens connections one by one, until long after the last descriptor: each step has to leave a way
    in for others."""
    guard, review = scene.guard, reviews.denied()
    before = guard.descriptors_at_rest()
    worst, held = 0.0, []
    with contextlib.ExitStack() as stack:
        for _ in range(STEPS):
            held += [stack.enter_context(connect()) for connect in connects]
            answer = ask_once(guard.port, post(review.body), patience=5)
            expect(review.is_answered_by(answer), f"with {len(held)} connections held: {answer}")
            worst = max(worst, ready_seconds(guard.status_port))
        spent = guard.cpu_seconds()
        time.sleep(2)
        spent = (guard.cpu_seconds() - spent) / 2
    expect(worst < KUBELET_PATIENCE * scene.kind.slower, f"/readyz takes {worst:.2f} s")
    expect(spent < 0.3 * scene.kind.slower, f"{spent:.2f} s of CPU a second")
    wait_until("all descriptors are closed", lambda: guard.descriptors() <= before, scene.kind.later(3))
    scene.measured = f"/readyz in {worst * 1000:.0f} ms at most, {spent:.2f} s/s of CPU, recovered"


@hazard("all served, no spinning", growth=10, waits=3, prlimit=FEW_DESCRIPTORS)
def admission_takes_all_descriptors(scene):
    """with 64 descriptors and 100 idle connections to the admission port, newcomers and probes are served"""
    without_descriptors(scene, [lambda: tls(scene.guard.port)])


@hazard("all served, no spinning", growth=10, waits=3, prlimit=FEW_DESCRIPTORS)
def status_takes_all_descriptors(scene):
    """with 64 descriptors and 100 idle connections to the status port, reviews and probes are served"""
    without_descriptors(scene, [lambda: tcp(scene.guard.status_port)])


@hazard("all served, no spinning", growth=10, waits=3, prlimit=FEW_DESCRIPTORS)
def both_take_all_descriptors(scene):
    """with 64 descriptors and 100 idle connections to each port, reviews and probes are served"""
    without_descriptors(scene, [lambda: tls(scene.guard.port), lambda: tcp(scene.guard.status_port)])


# --- memory --------------------------------------------------------------------------------------


def leave_room_for(guard, megabytes):
    """What is allocated from now on may take that many addresses and no more."""
    most = int((guard.addresses() + megabytes) * MIB)
    resource.prlimit(guard.pid, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def give_memory(guard):
    resource.prlimit(guard.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@hazard("lives, small reviews served", growth=260, without=NO_SUCH_LIMIT)
def large_bodies_without_memory(scene):
    """with room for 200 MB, twelve reviews of 32 MiB at once are refused, and small ones are answered"""
    leave_room_for(scene.guard, 200)
    body = reviews.ones(32 * MIB).body
    pieces = [head(f"Content-Length: {len(body)}\r\n"), body]

    def client(_):
        with tls(scene.guard.port) as connection:
            return Exchange(connection, pieces)

    heard = [each for _ in range(2) for each in together(12, client)]
    statuses = sorted(each.answer.status if each.answer else 0 for each in heard)
    expect(set(statuses) <= {0, 200, 400, 413, 500, 503}, statuses)
    scene.measured = ", ".join(
        f"{len(list(each))} of {status or 'closed'}" for status, each in itertools.groupby(statuses)
    )


@hazard("lives, serves afterwards", growth=120, kept=40, probed=False, without=NO_SUCH_LIMIT)
def crowd_without_memory(scene):
    """with room for 4 MB, 900 clients with long headers may be dropped, and afterwards all are served"""
    guard = scene.guard
    leave_room_for(guard, 4)
    opened = []
    for _ in range(900):
        with contextlib.suppress(OSError):
            connection = tls(guard.port, patience=2)
            opened.append(connection)
            connection.sendall(b"POST /validate HTTP/1.1\r\nX-Long: " + b"x" * 40_000)
    expect(guard.exit_status is None, f"it ended with status {guard.exit_status}")
    time.sleep(2)  # The files are read again meanwhile.
    for connection in opened:
        connection.close()
    give_memory(guard)
    review = reviews.denied()

    def is_served():
        return review.is_answered_by(ask_once(guard.port, post(review.body)))

    wait_until("it serves again", is_served, 5)
    expect(all(is_served() for _ in range(20)), "now and then it does not")
    ready_seconds(guard.status_port)
    scene.measured = f"{len(opened)} got in"


@hazard("within a Pod's 1 GiB", growth=1000, kept=40)
def memory_of_a_pod(scene):
    """in a control group with the memory of the Pod, large bodies from 32 clients do not get it killed"""
    body = reviews.ones(20 * MIB).body
    with memory_group(scene.guard, POD_LIMIT):
        answers = together(32, lambda _: ask_once(scene.guard.port, post(body)))
        expect(scene.guard.exit_status is None, f"it ended with status {scene.guard.exit_status}")
    scene.measured = f"{sum(answer is not None for answer in answers)} of {len(answers)} answered"


@contextlib.contextmanager
def memory_group(guard, most):
    """A control group (version 2) below our own, with a memory limit."""
    groups = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
    ours = next((line[len("0::/") :] for line in groups if line.startswith("0::/")), "")
    parent = pathlib.Path("/sys/fs/cgroup", ours)
    group = parent / f"pxguard-hazard-{guard.pid}"
    try:
        group.mkdir()
        with open(group / "memory.max", "r+") as limit:
            limit.write(str(most))
        (group / "cgroup.procs").write_text(str(guard.pid))
    except OSError as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        raise Skipped(f"no control group with a memory limit can be made here: {error}") from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            (parent / "cgroup.procs").write_text(str(guard.pid))
        with contextlib.suppress(OSError):
            group.rmdir()
