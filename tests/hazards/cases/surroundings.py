"""The reader of the log, and the addresses to listen on."""

import socket
import time

from harness import reviews
from harness.clients import ask, ask_once, head, post, tls
from harness.crowd import Crowd
from harness.suite import Skipped, expect, hazard
from harness.together import together


@hazard("answers unaffected", growth=15, reads_log=False)
def unread_log(scene):
    """a log that nobody reads holds up no answer and takes no memory"""
    review = reviews.denied()

    def client(_):
        with tls(scene.guard.port) as connection:
            for _ in range(scene.kind.many(2000)):
                expect(review.is_answered_by(ask(connection, post(review.body))), "a wrong answer")

    began = time.monotonic()
    together(4, client)
    scene.measured = f"{4 * scene.kind.many(2000)} answers in {time.monotonic() - began:.1f} s"


@hazard("answers unaffected", growth=15, reads_log=False)
def broken_log(scene):
    """a log whose reader has gone holds up no answer and does not end the process"""
    scene.guard.close_log()
    review = reviews.denied()
    with tls(scene.guard.port) as connection:
        for _ in range(scene.kind.many(2000)):
            expect(review.is_answered_by(ask(connection, post(review.body))), "a wrong answer")
    scene.measured = f"{scene.kind.many(2000)} answers"


def with_ipv6(_):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        raise Skipped(f"there is no IPv6 here: {error}") from None


def listen_on_loopback_6(directory):
    with_ipv6(directory)
    return "[::1]:0"


def listen_on_all(directory):
    with_ipv6(directory)
    return "[::]:0"


@hazard("served as on IPv4", growth=10, waits=3, listen=listen_on_loopback_6)
def ipv6(scene):
    """half headers on [::1] are closed by the 3 s deadline, and probes answered there"""
    with Crowd(50, lambda: tls(scene.guard.port, host="::1"), first=head()[:30]) as crowd:
        crowd.watch(scene.kind.later(3) + 1)
        scene.measured = crowd.expect_closed_between(2.8, scene.kind.later(3))


@hazard("both served", growth=10, waits=1, listen=listen_on_all)
def dual_stack(scene):
    """on [::] clients of IPv4 and of IPv6 are served by the same port"""
    review = reviews.denied()
    for host in ("127.0.0.1", "::1") * 20:
        answer = ask_once(scene.guard.port, post(review.body), host=host)
        expect(review.is_answered_by(answer), f"{host}: {answer}")
    scene.measured = "both"
