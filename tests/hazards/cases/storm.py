"""All at once."""

import concurrent.futures
import contextlib
import itertools
import random
import time

from cases.tls import NOT_TLS
from cases.vanishing import WAYS_TO_LEAVE
from harness import reviews
from harness.clients import ask, head, post, tcp, tls
from harness.crowd import Crowd
from harness.exchange import Exchange
from harness.suite import expect, hazard

SECONDS = 20
MIB = 1 << 20


def drip_heads(guard, until):
    while time.monotonic() < until:
        with Crowd(30, lambda: tls(guard.port), first=head()[:40]) as crowd:
            crowd.watch(min(4, until - time.monotonic()), drip=b"x")


def stay_silent(guard, until):
    while time.monotonic() < until:
        with Crowd(200, lambda: tcp(guard.port)) as crowd:
            crowd.watch(min(4, until - time.monotonic()))


def vanish(guard, until):
    for leave in itertools.cycle(WAYS_TO_LEAVE):
        if time.monotonic() > until:
            return
        with contextlib.suppress(OSError):
            leave(guard.port)
        time.sleep(0.01)


def send_large_bodies(guard, until):
    pieces = [head(f"Content-Length: {8 * MIB}\r\n"), *[b"1," * (MIB // 2)] * 8]
    while time.monotonic() < until:
        with contextlib.suppress(OSError), tls(guard.port) as connection:
            Exchange(connection, pieces, patience=5)
        time.sleep(0.2)


def flood_heads(guard, until):
    while time.monotonic() < until:
        with contextlib.suppress(OSError), tls(guard.port) as connection:
            Exchange(connection, [b"x" * MIB] * 10, stubborn=True, patience=5)
        time.sleep(0.1)


def talk_nonsense(guard, until):
    chance = random.Random(2)
    while time.monotonic() < until:
        with contextlib.suppress(OSError), tcp(guard.port, 2) as connection:
            connection.sendall(chance.choice(list(NOT_TLS.values())))
        with contextlib.suppress(OSError), tls(guard.port, 2) as connection:
            connection.sendall(chance.randbytes(500) + b"\r\n\r\n")
        time.sleep(0.02)


def abuse_status(guard, until):
    while time.monotonic() < until:
        with Crowd(70, lambda: tcp(guard.status_port), first=b"GET /metrics HTTP/1.1\r\n") as crowd:
            crowd.watch(min(4, until - time.monotonic()), drip=b"x")


ATTACKS = [
    drip_heads,
    stay_silent,
    vanish,
    send_large_bodies,
    flood_heads,
    talk_nonsense,
    abuse_status,
]


def honest_client(guard, place, until):
    """Asks on one connection now and then, as the API server does; the seconds of each answer."""
    seconds = []
    with tls(guard.port) as connection:
        while time.monotonic() < until:
            review = reviews.denied() if place % 2 else reviews.allowed(4000)
            began = time.monotonic()
            answer = ask(connection, post(review.body))
            seconds.append(time.monotonic() - began)
            expect(review.is_answered_by(answer), f"client {place}, request {len(seconds)}: {answer}")
            time.sleep(0.1)
    return seconds


@hazard("every answer right, p99 < 1 s", growth=200, kept=40)
def mixed_storm(scene):
    """20 s of drips, silence, vanishing, floods, nonsense and large bodies: 50 honest clients get every
    verdict right"""
    until = time.monotonic() + SECONDS
    with concurrent.futures.ThreadPoolExecutor(50 + len(ATTACKS)) as pool:
        attackers = [pool.submit(attack, scene.guard, until) for attack in ATTACKS]
        clients = [pool.submit(honest_client, scene.guard, place, until) for place in range(50)]
        seconds = sorted(itertools.chain.from_iterable(client.result() for client in clients))
        for attacker in attackers:
            attacker.result()
    p99 = seconds[len(seconds) * 99 // 100]
    expect(p99 < 1 * scene.kind.slower, f"p99 is {p99:.2f} s")
    scene.measured = f"{len(seconds)} verdicts, p99 {p99 * 1000:.0f} ms, worst {seconds[-1] * 1000:.0f} ms"
