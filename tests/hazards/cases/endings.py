"""The process is told to stop while clients do their best to keep it."""

import concurrent.futures
import contextlib
import itertools
import signal
import threading
import time

from harness import reviews
from harness.clients import Answers, ask, ask_once, head, post, read_answer, tcp, tls
from harness.crowd import Crowd
from harness.guard import EXIT_SECONDS
from harness.suite import Failed, expect, hazard
from harness.waiting import wait_until

# base/limits.h: how long a stopping process answers as if nothing were.
LAME_DUCK = 5.0
MIB = 1 << 20
READY = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
HEALTHY = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


def expect_good_end(scene, most=EXIT_SECONDS):
    status, seconds = scene.guard.wait(scene.kind.later(most) + 15)
    expect(status == 0, f"exit status {status} after {seconds:.1f} s")
    return seconds


def stopped(scene, number=signal.SIGTERM):
    """The moment of the signal, once it is heeded."""
    began = time.monotonic()
    scene.guard.signal(number)
    wait_until("it says that it stops", lambda: '"message":"stopping"' in scene.guard.log(), 10)
    return began


def expect_within(scene, began, most):
    seconds = time.monotonic() - began
    expect(seconds <= scene.kind.later(most), f"it took {seconds:.1f} s, allowed are {most}")
    scene.measured = f"exit 0 after {seconds:.1f} s"


@hazard("all answered, exit 0 within 15 s", growth=20, waits=5, ends=True, probed=False)
def work_in_flight(scene):
    """SIGTERM with reviews half sent, half a header and idle connections: the reviews are answered with
    Connection: close, the lame duck serves newcomers, and it ends well"""
    guard, review = scene.guard, reviews.denied()
    request = post(review.body)
    with contextlib.ExitStack() as stack:
        crowd = [Crowd(10, lambda: tls(guard.port), first) for first in (request[:-9], request[:40], request)]
        in_flight, half_heads, idle = [stack.enter_context(each) for each in crowd]
        time.sleep(0.2)
        began = stopped(scene)
        expect_lame_duck(guard, review)
        for connection in in_flight.connections:
            connection.setblocking(True)
            answer = ask(connection, request[-9:])
            expect(review.is_answered_by(answer) and answer.says_close, f"in flight: {answer}")
        for connection in idle.connections[:5]:
            connection.setblocking(True)
            answers = Answers()
            expect(review.is_answered_by(read_answer(connection, answers)), "no first verdict")
            connection.sendall(request)
            answer = read_answer(connection, answers)
            expect(review.is_answered_by(answer) and answer.says_close, f"an idle one asks again: {answer}")
        half_heads.watch(scene.kind.later(4))
        expect(half_heads.still_open == 0, "half a header is still open")
        expect_good_end(scene)
        expect_within(scene, began, EXIT_SECONDS)


def expect_lame_duck(guard, review):
    answer = ask_once(guard.port, post(review.body))
    expect(review.is_answered_by(answer) and answer.says_close, f"a newcomer: {answer}")
    for question, status in ((READY, 503), (HEALTHY, 200)):
        with tcp(guard.status_port) as connection:
            answer = ask(connection, question)
        expect(answer is not None and answer.status == status, f"{question[:12]}: {answer}")


@hazard("not one request lost", growth=20, waits=5, ends=True, probed=False)
def rolling_restart(scene):
    """clients that ask all the time, on kept connections and on new ones, lose no request to SIGTERM"""
    stop = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        keeps = [True, False] * 4
        clients = [pool.submit(ask_until_refused, scene.guard.port, each, stop) for each in keeps]
        time.sleep(0.5)
        began = stopped(scene)
        try:
            expect_good_end(scene)
        finally:
            stop.set()
        expect_within(scene, began, EXIT_SECONDS)
        counts = [client.result() for client in clients]
    least = time.monotonic() - began
    expect(least >= LAME_DUCK, f"it was gone after {least:.1f} s, while endpoints are still withdrawn")
    scene.measured += f", {sum(counts)} requests answered"


def ask_until_refused(port, keeps, stop):
    """How many verdicts came until nobody listened any more. Each request that was begun must be answered,
    but for one on a kept connection that the server had the right to close: that one is asked anew."""
    review = reviews.denied()
    for count in itertools.count():
        if stop.is_set():
            return count
        try:
            connection = tls(port)
        except ConnectionRefusedError:
            return count
        with connection:
            answer = ask(connection, post(review.body))
            expect(review.is_answered_by(answer), f"request {count}: {answer}")
            while keeps and not answer.says_close and not stop.is_set():
                answer = ask(connection, post(review.body))
                expect(review.is_answered_by(answer), f"request {count}, kept: {answer}")
    raise AssertionError


@hazard("exit 0 within 3 s", growth=20, waits=2, ends=True, probed=False)
def second_signal(scene):
    """a second SIGTERM cuts the lame duck short, and what is in flight is still answered"""
    guard, review = scene.guard, reviews.denied()
    with tls(guard.port) as busy, tls(guard.port) as idle:
        ask(idle, post(review.body))
        busy.sendall(post(review.body)[:-9])
        time.sleep(0.1)
        began = stopped(scene)
        guard.signal()
        time.sleep(0.5)
        expect(review.is_answered_by(ask(busy, post(review.body)[-9:])), "what was in flight was lost")
        expect_good_end(scene)
        expect_within(scene, began, 3)


@hazard("exit 0 within 3 s", growth=20, waits=1, ends=True, probed=False)
def interrupted(scene):
    """SIGINT is heeded like SIGTERM"""
    began = stopped(scene, signal.SIGINT)
    scene.guard.signal(signal.SIGINT)
    expect_good_end(scene)
    expect_within(scene, began, 3)


@hazard("exit 0 within 15 s", growth=20, waits=14, ends=True, probed=False)
def drips_at_the_end(scene):
    """drips of bodies on both ports, begun anew until the end, do not keep it longer than 15 s"""
    guard = scene.guard
    began = stopped(scene)
    drips = [(tls, guard.port, "POST /validate"), (tcp, guard.status_port, "GET /healthz")]
    with concurrent.futures.ThreadPoolExecutor(len(drips)) as pool:
        for connect, port, what in drips:
            pool.submit(drip_to_the_end, guard, connect, port, what)
        expect_good_end(scene)
        expect_within(scene, began, EXIT_SECONDS)


def drip_to_the_end(guard, connect, port, what):
    """A new body every half second, each promised and never finished, held until the process has gone."""
    with contextlib.ExitStack() as held:
        for _ in range(100):
            if guard.exit_status is not None:
                return
            with contextlib.suppress(OSError):
                connection = held.enter_context(connect(port))
                connection.sendall(head("Content-Length: 4000\r\n", f"{what} HTTP/1.1") + b"{")
            time.sleep(0.5)


@hazard("exit 0 within 15 s", growth=600, waits=3, ends=True, probed=False)
def large_reviews_at_the_end(scene):
    """twenty large reviews in the queue do not keep it longer than 15 s, and get an answer or the end"""
    body = reviews.ones(20 * MIB).body
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(ask_once, scene.guard.port, post(body)) for _ in range(20)]
        time.sleep(0.5)
        began = stopped(scene)
        scene.guard.signal()
        expect_good_end(scene)
        expect_within(scene, began, EXIT_SECONDS)
        for each in asked:
            each.result()


@hazard("exit 0 within 15 s", growth=30, waits=5, ends=True, probed=False)
def unread_answers_at_the_end(scene):
    """clients that never read their answers do not keep it longer than 15 s"""
    requests = post(reviews.with_long_answer().body) * 400
    with Crowd(10, lambda: tls(scene.guard.port)) as crowd:
        for connection in crowd.connections:
            with contextlib.suppress(OSError):
                while requests:
                    connection.send(requests[: 1 << 16])
        began = stopped(scene)
        expect_good_end(scene)
        expect_within(scene, began, EXIT_SECONDS)


@hazard("exit 0 within 15 s", growth=20, waits=6, ends=True, probed=False, reads_log=False)
def unread_log_at_the_end(scene):
    """a log that nobody reads does not keep it longer than 15 s"""
    with tls(scene.guard.port) as connection:
        for _ in range(scene.kind.many(2000)):
            ask(connection, post(reviews.denied().body))
    began = time.monotonic()
    scene.guard.signal()
    try:
        expect_good_end(scene)
    except Failed as failure:
        raise Failed(f"{failure}: it waits for the reader of its log") from None
    expect_within(scene, began, EXIT_SECONDS)
