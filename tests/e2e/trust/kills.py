"""SIGKILL at every step: after the first, second, third ... write that goes to the API server."""

import contextlib
import threading
import time

from harness.suite import case, expect
from harness.waiting import wait_until
from trust import stage
from trust.stage import Kept

MOST_STEPS = 12
# Of the audit and its reports: not ours.
OTHERS = ("/events", "/leases/", "reports")


def _writes(proxy):
    return [
        (method, path.split("?")[0])
        for method, path in list(proxy.requests)
        if method != "GET" and not any(part in path for part in OTHERS)
    ]


def _kill_after(replica, proxy, count, is_done, seconds=30):
    """Kills it once that many writes have gone out; False when it is done with fewer."""
    started = time.monotonic()
    with _asking(is_done) as done:
        while len(_writes(proxy)) < count:
            if done.is_set() and len(_writes(proxy)) < count:
                return False
            expect(time.monotonic() - started < seconds, "it neither writes nor is done", replica.tail())
            time.sleep(0.002)
        replica.kill()
    return True


@contextlib.contextmanager
def _asking(is_done):
    """An event that is set when it is: to ask takes longer than a write, which is not to be missed."""
    done, ended = threading.Event(), threading.Event()

    def ask():
        while not ended.wait(0.02):
            if is_done():
                done.set()
                return

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield done
    finally:
        ended.set()
        thread.join(30)


def _comes_back(world, address, name):
    """Started again it comes to rest: closed, trusted, one CA too many at most."""
    again = Kept(world, name)
    with contextlib.ExitStack() as stack:
        stack.callback(again.kill)
        again.begin(address).wait_until_ready(30)
        wait_until("it refuses", lambda: stage.refuses(world), 40)
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 20)
        stage.expect_trusted(world, again)


@case
def at_the_start(world):
    """killed after any of its writes at a first start, the next start completes it"""
    with stage.applied(world):
        address = stage.service_address(world)
        for count in range(1, MOST_STEPS):
            stage.forget(world)
            proxy = stage.own_proxy(world, f"kill-{count}")
            replica = Kept(world, f"killed-{count}", proxy)
            replica.begin(address)
            try:
                was_killed = _kill_after(
                    replica, proxy, count, lambda: stage.failure_policy(world) == "Fail"
                )
            finally:
                replica.kill()
            if not was_killed:
                break
            _comes_back(world, address, f"after-{count}")
    expect(count >= 5, f"only {count - 1} steps were met")
    return f"killed after each of {count - 1} writes"


at_the_start.seconds = 300


@case
def in_a_rotation(world):
    """killed after any of its writes in a rotation of the CA, the next start completes it, and what is
    served is trusted all the time"""
    with stage.applied(world):
        address = stage.service_address(world)
        first = Kept(world, "before-rotation").begin(address)
        try:
            first.wait_until_ready()
            wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 30)
        finally:
            first.kill()
        steps = []
        for count in range(1, MOST_STEPS):
            before = stage.secret(world)["ca.crt"]
            expect(stage.certs(world, "rotate")[0] == 0, "certs rotate fails")
            proxy = stage.own_proxy(world, f"rotate-{count}")
            replica = Kept(world, f"rotating-{count}", proxy)
            replica.begin(address)
            rotated = lambda: stage.secret(world)["ca.crt"] != before  # noqa: E731
            try:
                was_killed = _kill_after(replica, proxy, count, rotated)
            finally:
                replica.kill()
            if not was_killed:
                break
            steps.append(_writes(proxy)[-1][0])
            again = Kept(world, f"rotated-{count}").begin(address)
            try:
                again.wait_until_ready(30)
                stage.expect_trusted(world, again)
                wait_until("the new CA signs", rotated, 30)
                wait_until("the request is gone", lambda: "ca-next.crt" not in stage.secret(world), 10)
                stage.expect_trusted(world, again)
            finally:
                again.kill()
            expect(stage.certs(world, "rotate", "--drop-old")[0] == 0, "--drop-old fails")
    expect(count >= 3, f"only {count - 1} steps were met")
    return f"killed after each of {count - 1} writes"


in_a_rotation.seconds = 300
