"""The status port, which is plain HTTP: whatever is done to it must not disturb admission."""

import time

from harness.clients import ask, tcp
from harness.crowd import Crowd
from harness.exchange import Exchange
from harness.suite import expect, hazard

# base/limits.h
HEAD, REQUEST, CONNECTIONS = 3.0, 10.0, 64
EARLY = 0.2
MB = 1_000_000
HEALTHY = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
METRICS = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
HALF_HEAD = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "


def expect_healthy(scene):
    began = time.monotonic()
    with tcp(scene.guard.status_port, 10) as connection:
        answer = ask(connection, HEALTHY)
    expect(answer is not None and answer.status == 200, f"/healthz: {answer}")
    expect(time.monotonic() - began < 1 * scene.kind.slower, "/healthz takes more than a second")


@hazard("cap 64; the longest idle goes", growth=10, waits=3)
def seventy_connections(scene):
    """70 idle connections to the status port are 6 more than it lets in, and it goes on answering"""
    with Crowd(70, lambda: tcp(scene.guard.status_port), first=HEALTHY) as crowd:
        for _ in range(10):
            crowd.watch(0.1)
            expect_healthy(scene)
        expect(crowd.still_open <= CONNECTIONS, f"{crowd.still_open} are open")
        expect(crowd.still_open >= CONNECTIONS - 12, f"only {crowd.still_open} are open")
        scene.measured = f"{crowd.still_open} of 70 stay"


@hazard("closed after 3 s and 10 s", growth=10, waits=10)
def status_drips(scene):
    """half headers and drips of headers and bodies on the status port are closed by their deadlines"""
    port = scene.guard.status_port
    body = HEALTHY[:-2] + b"Content-Length: 1000\r\n\r\n"
    with Crowd(10, lambda: tcp(port), HALF_HEAD) as silent, Crowd(10, lambda: tcp(port), HALF_HEAD) as heads:
        with Crowd(10, lambda: tcp(port), body) as bodies:
            heads.watch(scene.kind.later(HEAD) + 1, drip=b"x")
            scene.measured = heads.expect_closed_between(HEAD - EARLY, scene.kind.later(HEAD))
            silent.watch(1)
            expect(silent.still_open == 0, "half a header is still open")
            expect_healthy(scene)
            # Fed from the fourth second on: a deadline that restarts would show.
            bodies.watch(scene.kind.later(REQUEST), drip=b" ")
            closed = bodies.expect_closed_between(REQUEST - EARLY, scene.kind.later(REQUEST))
            scene.measured += f"; bodies {closed}"


@hazard("431 or 413, cut off", growth=5)
def status_floods(scene):
    """a header of 300 MB and a body of 200 MB are refused on the status port and cut off"""
    floods = [
        (431, [HALF_HEAD] + [b"x" * MB] * 300),
        (413, [HEALTHY[:-2] + b"Content-Length: 200000000\r\n\r\n"] + [b"x" * MB] * 200),
        (411, [HEALTHY[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"] + [b"x" * MB] * 200),
    ]
    for status, pieces in floods:
        with tcp(scene.guard.status_port) as connection:
            heard = Exchange(connection, pieces)
        expect([answer.status for answer in heard.answers] == [status], f"want one {status}", heard)
        expect(heard.closed_after is not None, "it is still open", heard)
        expect_healthy(scene)
    scene.measured = "431, 413, 411"


@hazard("closed after 5 s", growth=20, waits=5)
def unread_metrics(scene):
    """a scraper that asks for metrics without end and reads none is closed by the 5 s deadline"""
    count = max(3, scene.kind.many(20))
    with Crowd(count, lambda: tcp(scene.guard.status_port), first=METRICS) as crowd:
        # Until the buffers of the kernel are full nothing is wrong.
        until = time.monotonic() + scene.kind.later(5) + 4 * scene.kind.slower
        open_ones = list(crowd.connections)
        while open_ones and time.monotonic() < until:
            open_ones = [each for each in open_ones if _takes_more(each)]
            expect_healthy(scene)
            time.sleep(0.05)
        expect(not open_ones, f"{len(open_ones)} are still taken from")
    scene.measured = "all closed"


def _takes_more(connection):
    try:
        connection.send(METRICS * 1000)
        return True
    except BlockingIOError:
        return True
    except OSError:
        return False


@hazard("admission undisturbed", growth=10, waits=3)
def status_storm(scene):
    """thousands of short connections to the status port, kept and dropped, do not disturb admission"""
    until = time.monotonic() + 3
    count = 0
    while time.monotonic() < until:
        with tcp(scene.guard.status_port) as connection:
            connection.sendall((HEALTHY, METRICS, HALF_HEAD, b"")[count % 4])
            if count % 4 < 2:
                expect(connection.recv(1 << 16)[:12] == b"HTTP/1.1 200", "no answer")
        count += 1
    scene.measured = f"{count} connections"
