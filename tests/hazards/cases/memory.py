"""Clients that want to fill our memory."""

import collections
import contextlib
import gzip
import itertools
import socket
import time

from harness import reviews
from harness.clients import PIECE, Answers, ask_once, head, post, read_answer, tls
from harness.crowd import Crowd
from harness.exchange import Exchange
from harness.suite import expect, hazard
from harness.together import together

MB = 1_000_000
MIB = 1 << 20
# base/limits.h: a request may take that long, an answer that long to be read, a goodbye that long.
REQUEST, WRITE, LINGER = 10.0, 5.0, 1.0
# A refused client is listened to for 1 MiB more; what the kernel's buffers hold comes on top.
TAKEN_FROM_A_FLOOD = 16 * MIB


def flood(scene, first, piece, pieces, stubborn):
    chunks = itertools.chain([first], itertools.repeat(piece, pieces))
    with tls(scene.guard.port) as connection:
        return Exchange(connection, chunks, stubborn)


def expect_cut_off(scene, status, first, piece, pieces):
    """A listening client reads `status` and no more; a stubborn one is cut off all the same."""
    heard = flood(scene, first, piece, pieces, stubborn=False)
    expect([answer.status for answer in heard.answers] == [status], f"want one {status}", heard)
    expect(heard.answer.says_close and heard.closed_after is not None, "it is not closed", heard)
    stubborn = flood(scene, first, piece, pieces, stubborn=True)
    expect(stubborn.closed_after is not None, "the stubborn client is not cut off", stubborn)
    expect(stubborn.sent <= TAKEN_FROM_A_FLOOD, "too much was taken", stubborn)
    scene.measured = f"{status}; a stubborn one is cut off after {stubborn.sent / MB:.1f} MB"


@hazard("431, cut off", growth=5)
def header_line(scene):
    """a header line of 300 MB is refused with 431 and cut off"""
    expect_cut_off(scene, 431, head()[:-2] + b"X-Long: ", b"x" * MB, 300)


@hazard("431, cut off", growth=5)
def header_lines(scene):
    """a million header lines are refused with 431 and cut off"""
    expect_cut_off(scene, 431, head()[:-2], b"X-Line: x\r\n" * 10_000, 100)


@hazard("431, cut off", growth=5)
def target(scene):
    """a target of 300 MB is refused with 431 and cut off"""
    expect_cut_off(scene, 431, b"POST /validate?", b"x" * MB, 300)


@hazard("411, cut off", growth=5)
def chunked(scene):
    """a chunked body of 200 MB is refused with 411 and cut off"""
    chunk = b"%x\r\n%s\r\n" % (MB, b"x" * MB)
    expect_cut_off(scene, 411, head("Transfer-Encoding: chunked\r\n"), chunk, 200)


@hazard("413, cut off", growth=5)
def content_length(scene):
    """a body of 200 MB is refused with 413 before its first byte, and cut off"""
    expect_cut_off(scene, 413, head(f"Content-Length: {200 * MB}\r\n"), b"x" * MB, 200)


@hazard("415, never inflated", growth=5)
def gzip_bomb(scene):
    """a gzip bomb is refused with 415 and not inflated"""
    bomb = gzip.compress(b"1," * (256 * MIB // 2), compresslevel=1)
    with tls(scene.guard.port) as connection:
        heard = Exchange(connection, [post(bomb, "Content-Encoding: gzip\r\n")])
    expect([answer.status for answer in heard.answers] == [415], "want one 415", heard)
    scene.measured = f"415 for {len(bomb) / MB:.1f} MB that would be {256 * MIB / MB:.0f} MB"


@hazard("claims cost nothing", growth=20)
def claims(scene):
    """500 clients that announce 32 MiB and send a byte cost what they sent, not what they announced"""
    first = head(f"Content-Length: {32 * MIB}\r\n") + b"{"
    with Crowd(500, lambda: tls(scene.guard.port), first=first) as crowd:
        crowd.watch(1.0)
        crowd.expect_open()
    scene.measured = "all held"


@hazard("512 MiB and 64 MB", growth=600, kept=40, waits=10)
def half_bodies(scene):
    """60 clients that send 7 MB of an announced 8 MB are held within the budget or told to come back,
    and closed by the 10 s deadline"""
    body = b" " * MB
    first = head(f"Content-Length: {8 * MB}\r\n")

    def client(_):
        with tls(scene.guard.port) as connection:
            return Exchange(connection, itertools.chain([first], itertools.repeat(body, 7)))

    heard = together(60, client)
    expect(all(each.closed_after for each in heard), "some are still open")
    said = collections.Counter(each.answer.status if each.answer else "closed" for each in heard)
    expect(set(said) <= {"closed", 503}, "want the end or 503", said)
    last = max(each.closed_after for each in heard)
    expect(last <= scene.kind.later(REQUEST + LINGER) + 1, f"the last was closed after {last:.1f} s")
    scene.measured = f"{said['closed']} held and closed, {said[503]} told 503; all gone after {last:.1f} s"


@hazard("reviews of 8 and 40 KB served", growth=600, kept=40)
def many_bodies(scene):
    """540 clients that hold back the end of 1 MB and 40 that hold back that of 70 KB fill the budget, and
    reviews of usual size are answered all the same"""
    port = scene.guard.port
    with Crowd(540, lambda: tls(port)) as large, Crowd(40, lambda: tls(port)) as small:
        large.say(head("Content-Length: 1000000\r\n") + b" " * 999_999)
        small.say(head("Content-Length: 70000\r\n") + b" " * 69_999)
        for review in [reviews.denied(8_000), reviews.denied(40_000)] * 20:
            answer = ask_once(port, post(review.body))
            expect(review.is_answered_by(answer), f"a review of {len(review.body)} bytes: {answer}")
        held = large.watch(0.1).still_open + small.watch(0.1).still_open
    scene.measured = f"{held} of 580 held, all reviews answered"


@hazard("given back", growth=600, kept=20)
def stragglers(scene):
    """of a crowd that leaves, 100 clients with 1 MB each stay 2 s longer, and what they leave behind among others
    that stay is given back, too"""
    port = scene.guard.port
    with contextlib.ExitStack() as staying:
        with Crowd(300, lambda: tls(port)) as early, contextlib.ExitStack() as late:
            early.say(head("Content-Length: 70000\r\n") + b" " * 69_999)
            # One after the other, so that what stays lies between what goes.
            for _ in range(100):
                late.enter_context(Crowd(1, lambda: tls(port))).say(head("Content-Length: 1000000\r\n") + b" " * 999_999)
                staying.enter_context(Crowd(1, lambda: tls(port))).say(head("Content-Length: 70000\r\n") + b" " * 9_999)
            early.close()
            time.sleep(2.0)
        scene.expect_given_back()
    scene.measured = "given back while 100 stayed"


@hazard("512 MiB and 64 MB, given back", growth=600, kept=40)
def body_budget(scene):
    """twenty reviews of 32 MiB and of 15 MiB of 1,1,1... at once, the costliest to parse, get an answer each
    and stay within the budget of bytes in flight"""
    answers = []
    for size in (32 * MIB, 15 * MIB, 15 * MIB):
        body = reviews.ones(size).body
        pieces = [head(f"Content-Length: {len(body)}\r\n"), body]

        def client(_, pieces=pieces):
            with tls(scene.guard.port) as connection:
                return Exchange(connection, pieces).answer

        answers += together(max(3, scene.kind.many(20)), client)
    expect_verdict_or_later(scene, answers)


def expect_verdict_or_later(scene, answers):
    said = collections.Counter(answer.status if answer else "no answer" for answer in answers)
    expect(set(said) <= {200, 400, 413, 500, 503}, "want a verdict, 400, 413, 500 or 503", said)
    later = [answer for answer in answers if answer.status == 503]
    expect(all(answer.asks_to_come_back for answer in later), "a 503 without Retry-After: 1")
    scene.measured = ", ".join(f"{count} of {status}" for status, count in sorted(said.items()))


@hazard("512 MiB and 64 MB, given back", growth=600, kept=40)
def large_reviews(scene):
    """reviews of 17 MB one after the other, as a real 2.9 MB object may arrive, all get their verdict"""
    for _ in range(scene.kind.many(8)):
        review = reviews.denied(17 * MB)
        answer = ask_once(scene.guard.port, post(review.body))
        # A sanitizer may be too slow for the deadline.
        is_late = scene.kind.slower > 1 and answer is not None and answer.status == 500
        expect(is_late or review.is_answered_by(answer), f"want a denial, got {answer}")
    scene.measured = "all denied"


@hazard("memory as after the first", growth=300, kept=80)
def middling_reviews(scene):
    """reviews of 1 MB by 20 clients at once get a verdict or 503, and leave no memory behind"""

    def client(_):
        review = reviews.denied(1_000_000)
        answers = [ask_once(scene.guard.port, post(review.body)) for _ in range(scene.kind.many(10))]
        wrong = [each for each in answers if not (review.is_answered_by(each) or each.asks_to_come_back)]
        expect(not wrong, f"want a denial or 503, got {wrong[0] if wrong else ''}")
        return answers

    expect_verdict_or_later(scene, [each for answers in together(20, client) for each in answers])


@hazard("closed after 5 s", growth=30, waits=6)
def unread_answers(scene):
    """20 clients that pipeline reviews with long answers and read none are closed by the 5 s deadline"""
    requests = post(reviews.with_long_answer().body) * 4000

    def client(_):
        with deaf_client(scene.guard.port) as connection:
            return send_until_cut_off(connection, requests)

    ends = together(max(3, scene.kind.many(20)), client)
    sent = [taken for taken, _ in ends]
    expect(all(each < len(requests) for each in sent), "all was taken: nothing stopped the client")
    # Until the buffers of the kernel are full nothing is wrong; from then on nothing more is taken.
    longest = max(silence for _, silence in ends)
    limit = scene.kind.later(WRITE + LINGER) + 2 * scene.kind.slower
    expect(longest <= limit, f"one was kept for {longest:.1f} s after the last byte that it could send")
    scene.measured = f"{sum(sent) / MB:.0f} MB of requests taken, then closed after {longest:.1f} s at most"


def deaf_client(port):
    connection = tls(port)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return connection


def send_until_cut_off(connection, data):
    """The bytes that were taken, and for how many seconds no more were when the end came."""
    sent, progress = 0, time.monotonic()
    try:
        while sent < len(data):
            sent += connection.send(data[sent : sent + PIECE])
            progress = time.monotonic()
    except TimeoutError:
        raise
    except OSError:
        pass
    return sent, time.monotonic() - progress


@hazard("answers in order, one at a time", growth=10)
def pipelined_flood(scene):
    """5,000 pipelined reviews with long answers cost the memory of one answer"""
    review = reviews.with_long_answer()
    count = scene.kind.many(5000)
    with tls(scene.guard.port) as connection:
        answers = Answers()
        wrong = 0
        for _ in range(count // 50):
            connection.sendall(post(review.body) * 50)
            wrong += sum(not review.is_answered_by(read_answer(connection, answers)) for _ in range(50))
    expect(wrong == 0, f"{wrong} wrong answers")
    scene.measured = f"{count} verdicts"
