"""Clients that are slow, silent or many."""

import collections
import contextlib
import threading
import time

from harness import reviews
from harness.clients import NOT_YET, ask, client_hello, head, post, tcp, tls
from harness.crowd import Crowd
from harness.suite import expect, hazard
from harness.together import together
from harness.waiting import wait_until

# base/limits.h
HANDSHAKE, HEAD, REQUEST = 3.0, 3.0, 10.0
CONNECTIONS = 1024
# A deadline is looked at ten times a second, and a clock is read on both sides.
EARLY = 0.2
HALF_HEAD = b"POST /validate HTTP/1.1\r\nHost: pxguard\r\nX-Slow: "
LONG_HEAD = HALF_HEAD + b"x" * 60_000


@hazard("all kept, one thread for all, CPU < 0.3 s/s", growth=20, waits=3)
def idle_connections(scene):
    """300 idle keep-alive connections stay, cost no thread, and are served when they speak again"""
    guard = scene.guard
    request = post(reviews.allowed(8000).body)
    threads = guard.threads()
    with Crowd(300, lambda: tls(guard.port), first=request) as crowd:
        crowd.watch(1.0)
        spent = guard.cpu_seconds()
        crowd.watch(2.0)
        spent = (guard.cpu_seconds() - spent) / 2
        crowd.expect_open()
        expect(guard.threads() == threads, f"{threads} threads before, {guard.threads()} now")
        # The probes' own handshakes are in it.
        expect(spent < 0.3 * scene.kind.slower, f"{spent:.2f} s of CPU a second, for nothing")
        for connection in crowd.connections:
            connection.setblocking(True)
            expect(ask(connection, request).status == 200, "an idle connection is not served")
    scene.measured = f"all kept and served, {spent:.2f} s/s of CPU"


@hazard("closed after 3 s", growth=6, waits=3)
def no_client_hello(scene):
    """300 TCP connections without a ClientHello are closed by the 3 s deadline"""
    with Crowd(300, lambda: tcp(scene.guard.port)) as crowd:
        crowd.watch(scene.kind.later(HANDSHAKE) + 1)
        scene.measured = crowd.expect_closed_between(HANDSHAKE - EARLY, scene.kind.later(HANDSHAKE))


@hazard("closed after 3 s", growth=8, waits=3)
def half_handshakes(scene):
    """50 clients that stop in the middle of the ClientHello, and 50 that send it byte by byte, are
    closed by the 3 s deadline"""
    hello = client_hello()
    with Crowd(50, lambda: tcp(scene.guard.port), first=hello[:100]) as stalled:
        with Crowd(50, lambda: tcp(scene.guard.port), first=hello[:5]) as dripping:
            dripping.watch(scene.kind.later(HANDSHAKE) + 1, drip=b"\x01")
            stalled.watch(1.0)
            scene.measured = dripping.expect_closed_between(HANDSHAKE - EARLY, scene.kind.later(HANDSHAKE))
        stalled.expect_closed_between(HANDSHAKE - EARLY, scene.kind.later(HANDSHAKE) + 1)


@hazard("closed after 3 s", growth=8, waits=3)
def half_handshakes_after_the_hello(scene):
    """50 clients that send a whole ClientHello and never the rest are closed by the 3 s deadline"""
    with Crowd(50, lambda: tcp(scene.guard.port), first=client_hello()) as crowd:
        crowd.watch(scene.kind.later(HANDSHAKE) + 1)
        scene.measured = crowd.expect_closed_between(HANDSHAKE - EARLY, scene.kind.later(HANDSHAKE))


@hazard("closed after 3 s", growth=8, waits=3)
def half_heads(scene):
    """50 half headers are closed by the 3 s deadline, and new probes answered meanwhile"""
    with Crowd(50, lambda: tls(scene.guard.port), first=HALF_HEAD) as crowd:
        crowd.watch(scene.kind.later(HEAD) + 1)
        scene.measured = crowd.expect_closed_between(HEAD - EARLY, scene.kind.later(HEAD))


@hazard("closed after 3 s", growth=8, waits=3)
def head_drips(scene):
    """50 header drips at one byte a second are all closed by the 3 s deadline"""
    with Crowd(50, lambda: tls(scene.guard.port), first=HALF_HEAD) as crowd:
        crowd.watch(scene.kind.later(HEAD) + 1, drip=b"x")
        scene.measured = crowd.expect_closed_between(HEAD - EARLY, scene.kind.later(HEAD))


@hazard("closed after 10 s", growth=12, waits=10)
def body_drips(scene):
    """50 body drips at one byte a second are all closed by the 10 s deadline"""
    first = head("Content-Length: 100000\r\n") + b"{"
    with Crowd(50, lambda: tls(scene.guard.port), first=first) as crowd:
        crowd.watch(scene.kind.later(REQUEST) + 1, drip=b" ")
        scene.measured = crowd.expect_closed_between(REQUEST - EARLY, scene.kind.later(REQUEST))


@hazard("at most 160 KB each", growth=160, kept=40, waits=3)
def long_half_heads(scene):
    """900 heads of 60 KB that never end cost a bounded buffer each, and are closed by the 3 s deadline"""
    with Crowd(900, lambda: tls(scene.guard.port), first=LONG_HEAD) as crowd:
        crowd.watch(scene.kind.later(HEAD) + 3)
        expect(crowd.still_open == 0, f"{crowd.still_open} are still open")
    scene.measured = "all closed"


@hazard("no probe is turned away", growth=20, waits=3)
def silent_crowd(scene):
    """1,500 connections that never say a word are more than are let in, and honest clients get in"""
    with Crowd(1500, lambda: tcp(scene.guard.port)) as crowd:
        crowd.watch(scene.kind.later(HANDSHAKE) + 1)
        expect(crowd.still_open == 0, f"{crowd.still_open} are still open")
    scene.measured = "all closed"


@hazard("no probe is turned away", growth=80, kept=40)
def connection_flood(scene):
    """5,000 new connections a second, silent or with one byte, turn away no client that shakes hands"""
    pace = 2500 / scene.kind.slower
    began = time.monotonic()

    def client(place):
        held = collections.deque()
        for count in range(int(3 * pace)):
            time.sleep(max(0, began + count / pace - time.monotonic()))
            held.append(tcp(scene.guard.port))
            if place:
                held[-1].send(b"\x16")
            if len(held) > 1000:
                held.popleft().close()
        for connection in held:
            connection.close()

    together(2, client)
    scene.measured = f"{2 * int(3 * pace) / (time.monotonic() - began):.0f} connections a second"


@hazard("cap 1,024; the longest idle goes", growth=80, kept=40, probed=False)
def connection_cap(scene):
    """of 1,024 connections the longest idle makes room for the 1,025th, and never a busy one"""
    guard = scene.guard
    review = reviews.allowed()
    request = post(review.body)
    connect = lambda: tls(guard.port)  # noqa: E731
    with contextlib.ExitStack() as stack:
        # Those that are to go are idle before the others speak: two threads answer in no order.
        crowds = [
            stack.enter_context(Crowd(count, connect, first=request)).watch(0.5)
            for count in (5 + 20, CONNECTIONS - 5 - 20)
        ]
        for crowd in crowds:
            crowd.expect_open()
        connections = [connection for crowd in crowds for connection in crowd.connections]
        busy, idle = connections[:5], connections[5:]
        for connection in connections:
            connection.setblocking(True)
        for connection in busy:
            connection.sendall(request[:-10])
        time.sleep(0.2)
        newcomers = [tls(guard.port) for _ in range(20)]
        for newcomer in newcomers:
            expect(review.is_answered_by(ask(newcomer, request)), "a newcomer is not served")
        for connection in busy:
            expect(review.is_answered_by(ask(connection, request[-10:])), "a busy connection was given up")
        wait_until("the longest idle are closed", lambda: all(map(_is_closed, idle[:20])), 5)
        expect(not any(map(_is_closed, idle[20:])), "others than the longest idle were closed")
        for newcomer in newcomers:
            newcomer.close()
    scene.measured = "20 newcomers served, the 20 longest idle closed, 5 busy ones answered"


def _is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except NOT_YET:
        return False
    except OSError:
        return True


@hazard("p99 < 2 s, all answered", growth=40, kept=25)
def burst(scene):
    """a burst of 200 new connections, a third of them never used, gets a verdict of 8 KB each in time"""
    gate = threading.Barrier(200)

    def client(place):
        review = reviews.denied(8000)
        gate.wait()
        began = time.monotonic()
        with tls(scene.guard.port) as connection:
            if place % 3 == 0:
                time.sleep(0.5)
                return None
            answer = ask(connection, post(review.body))
            expect(review.is_answered_by(answer), f"client {place}: {answer}")
            return time.monotonic() - began

    seconds = sorted(each for each in together(200, client) if each)
    p99 = seconds[len(seconds) * 99 // 100]
    expect(p99 < 2 * scene.kind.slower, f"p99 is {p99:.2f} s")
    scene.measured = f"p50 {seconds[len(seconds) // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"


@hazard("fair among connections", growth=20)
def greedy_clients(scene):
    """8 clients that pipeline without pause do not keep probes waiting"""
    requests = post(reviews.allowed(2000).body) * 32
    until = time.monotonic() + 2

    def client(_):
        count = 0
        with tls(scene.guard.port) as connection:
            while time.monotonic() < until:
                connection.sendall(requests)
                count += _count_answers(connection, 32)
        return count

    scene.measured = f"{sum(together(8, client)) / 2:.0f} answers a second meanwhile"


def _count_answers(connection, wanted):
    count = 0
    while count < wanted:
        data = connection.recv(1 << 18)
        expect(data, "a busy connection was closed")
        count += data.count(b"HTTP/1.1 200 ")
    return count
