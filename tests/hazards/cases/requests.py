"""Requests that two readers could read differently, and requests that are odd."""

import random
import ssl

from harness import reviews
from harness.clients import Answers, ask, client_context, head, post, read_answer, tcp, tls
from harness.exchange import Exchange
from harness.suite import expect, hazard

JSON = "Content-Type: application/json\r\n"
# Whoever reads the first request otherwise than we do takes this one for a second.
SMUGGLED = post(reviews.allowed().body)
TWO = "Content-Length: 2\r\n"


def framed(fields, line="POST /validate HTTP/1.1", body=b"{}", host="Host: pxguard\r\n"):
    return f"{line}\r\n{host}{JSON}{fields}\r\n".encode("latin-1") + body


LENGTHS = {
    "CL and TE": framed(TWO + "Transfer-Encoding: chunked\r\n"),
    "TE and CL": framed("Transfer-Encoding: chunked\r\n" + TWO, body=b"0\r\n\r\n"),
    "two different CLs": framed(TWO + "Content-Length: 300\r\n"),
    "two equal CLs": framed(TWO + TWO),
    "a list of CLs": framed("Content-Length: 2, 2\r\n"),
    "+2": framed("Content-Length: +2\r\n"),
    "-1": framed("Content-Length: -1\r\n"),
    "abc": framed("Content-Length: abc\r\n"),
    "0x10": framed("Content-Length: 0x10\r\n"),
    "2 2": framed("Content-Length: 2 2\r\n"),
    "empty CL": framed("Content-Length:\r\n"),
    "2^64 + 2": framed("Content-Length: 18446744073709551618\r\n"),
    "2^63": framed("Content-Length: 9223372036854775808\r\n"),
    "CL in another script": framed("Content-Length: \u00b2\r\n"),
    "no CL": framed(""),
    "CL :": framed("Content-Length : 2\r\n"),
    "CL after a tab": framed("X-A: b\r\n\tContent-Length: 2\r\n"),
    "chunked": framed("Transfer-Encoding: chunked\r\n", body=b"2\r\n{}\r\n0\r\n\r\n"),
    "negative chunk": framed("Transfer-Encoding: chunked\r\n", body=b"-2\r\n{}\r\n0\r\n\r\n"),
    "gzip, chunked": framed("Transfer-Encoding: gzip, chunked\r\n", body=b"0\r\n\r\n"),
    "chunked, identity": framed("Transfer-Encoding: chunked, identity\r\n", body=b"0\r\n\r\n"),
    "TE with tabs": framed(TWO + "Transfer-Encoding:\tchunked\t\r\n"),
    "TE :": framed(TWO + "Transfer-Encoding : chunked\r\n"),
    "xchunked": framed(TWO + "Transfer-Encoding: xchunked\r\n"),
    "TE twice": framed("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", body=b"0\r\n\r\n"),
}

LINES = {
    "fold": framed("X-A: b\r\n c\r\n" + TWO),
    "folded CL": framed("Content-Length:\r\n 2\r\n"),
    "bare LFs": framed(TWO).replace(b"\r\n", b"\n"),
    "one bare LF": framed("X-A: b\n" + TWO),
    "bare CR": framed("X-A: b\rTransfer-Encoding: chunked\r\n" + TWO),
    "CR CR LF": framed("X-A: b\r\r\n" + TWO),
    "NUL in a value": framed("X-A: b\0c\r\n" + TWO),
    "NUL in a name": framed("X\0A: b\r\n" + TWO),
    "space in a name": framed("X A: b\r\n" + TWO),
    "no colon": framed("X-A\r\n" + TWO),
    "empty name": framed(": b\r\n" + TWO),
    "two Hosts": framed(TWO + "Host: other\r\n"),
    "no Host": framed(TWO, host=""),
    "an empty line first": b"\r\n" + framed(TWO),
    "space before the method": framed(TWO, " POST /validate HTTP/1.1"),
}

TARGETS = {
    "absolute form": framed(TWO, "POST http://pxguard/validate HTTP/1.1"),
    "authority form": framed(TWO, "CONNECT pxguard:443 HTTP/1.1"),
    "asterisk form": framed(TWO, "OPTIONS * HTTP/1.1"),
    "no slash": framed(TWO, "POST validate HTTP/1.1"),
    "space in the target": framed(TWO, "POST /vali date HTTP/1.1"),
    "two spaces": framed(TWO, "POST  /validate HTTP/1.1"),
    "tab": framed(TWO, "POST\t/validate HTTP/1.1"),
    "lowercase method": framed(TWO, "post /validate HTTP/1.1"),
    "GET": framed(TWO, "GET /validate HTTP/1.1"),
    "fragment": framed(TWO, "POST /validate#a HTTP/1.1"),
    "dots": framed(TWO, "POST /x/../validate HTTP/1.1"),
    "two slashes": framed(TWO, "POST //validate HTTP/1.1"),
    "escaped": framed(TWO, "POST /%76alidate HTTP/1.1"),
    "HTTP/0.9": b"GET /validate\r\n\r\n",
    "HTTP/1.2": framed(TWO, "POST /validate HTTP/1.2"),
    "HTTP/2.0": framed(TWO, "POST /validate HTTP/2.0"),
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "http/1.1": framed(TWO, "POST /validate http/1.1"),
    "upgrade to h2c": framed(TWO + "Upgrade: h2c\r\nConnection: Upgrade\r\n", "GET /validate HTTP/1.1"),
}


def fault_of(port, request):
    """What is wrong with the answer to `request` and what follows it; None: nothing."""
    with tls(port) as connection:
        heard = Exchange(connection, [request + SMUGGLED], patience=15)
    if len(heard.answers) != 1 or not 400 <= heard.answer.status < 500 or heard.closed_after is None:
        return str(heard)
    return None if heard.answer.says_close else f"it does not say that it closes: {heard}"


def expect_refused(scene, variants):
    faults = {what: fault_of(scene.guard.port, request) for what, request in variants.items()}
    lines = [f"{what}: {fault}" for what, fault in faults.items() if fault]
    expect(not lines, "one answer of 400 to 499 and the end is wanted", "\n".join(lines))
    scene.measured = f"{len(variants)} variants"


@hazard("one 4xx, then closed", growth=5)
def ambiguous_lengths(scene):
    """whoever leaves in doubt where a request ends gets one refusal, and what follows no answer"""
    expect_refused(scene, LENGTHS)


@hazard("one 4xx, then closed", growth=5)
def odd_lines(scene):
    """odd line ends, folded lines, NULs, no Host or two get one refusal, and what follows no answer"""
    expect_refused(scene, LINES)


@hazard("one 4xx, then closed", growth=5)
def odd_targets(scene):
    """other targets, methods and versions get one refusal, and what follows no answer"""
    expect_refused(scene, TARGETS)


@hazard("answered once, closed", growth=5)
def old_version(scene):
    """HTTP/1.0 is answered once and closed, unless it asks for more"""
    review = reviews.denied()
    request = post(review.body).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    with tls(scene.guard.port) as connection:
        heard = Exchange(connection, [request + SMUGGLED])
    expect(len(heard.answers) == 1 and review.is_answered_by(heard.answer), str(heard))
    expect(heard.answer.says_close and heard.closed_after is not None, "it is not closed", heard)
    scene.measured = "one verdict, closed"


@hazard("the body is no request", growth=5)
def get_with_a_request_as_body(scene):
    """a request in the body of a GET is not answered"""
    body = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
    fields = f"Host: a\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with tcp(scene.guard.status_port) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n" + fields + body + b"GET /readyz HTTP/1.0\r\n\r\n")
        answers = Answers()
        heard = [read_answer(connection, answers) for _ in range(3)]
    bodies = [answer and answer.body for answer in heard]
    expect(bodies == [b"ok\n", b"ok\n", None], "want the answers of /healthz and /readyz", bodies)
    with tls(scene.guard.port) as connection:
        heard = Exchange(connection, [b"GET /validate HTTP/1.1\r\n" + fields + SMUGGLED])
    expect([answer.status for answer in heard.answers] == [405], "want one 405", heard)
    scene.measured = "one answer each"


@hazard("417 and closed", growth=5)
def expect_continue(scene):
    """Expect: 100-continue is refused with 417, whether or not the body comes"""
    for body in (b"", SMUGGLED):
        fields = f"Expect: 100-continue\r\nContent-Length: {len(SMUGGLED)}\r\n"
        with tls(scene.guard.port) as connection:
            heard = Exchange(connection, [head(fields) + body], patience=5)
        expect([answer.status for answer in heard.answers] == [417], "want one 417", heard)
        expect(heard.closed_after is not None, "it is still open")
    scene.measured = "417, closed"


@hazard("50 verdicts, in order", growth=5)
def pipelined(scene):
    """50 pipelined reviews get 50 verdicts in their order"""
    asked = [reviews.denied() if i % 3 else reviews.allowed(4000) for i in range(50)]
    with tls(scene.guard.port) as connection:
        connection.sendall(b"".join(post(review.body) for review in asked))
        answers = Answers()
        wrong = [each.uid for each in asked if not each.is_answered_by(read_answer(connection, answers))]
    expect(not wrong, "wrong or missing verdicts", wrong)
    scene.measured = "50 of 50"


@hazard("a verdict", growth=5)
def byte_by_byte(scene):
    """a review of one byte a TLS record, and of one byte a segment, is answered like any other"""
    review = reviews.denied()
    for version in (None, ssl.TLSVersion.TLSv1_2):
        with tls(scene.guard.port, context=client_context(version)) as connection:
            for byte in post(review.body):
                connection.send(bytes([byte]))
            expect(review.is_answered_by(read_answer(connection)), "no right verdict")
    scene.measured = f"{len(post(review.body))} records"


@hazard("no more than one connection's loss", growth=8)
def garbage_requests(scene):
    """requests of random bytes, also within a valid frame, get a 4xx or the end of the connection"""
    chance = random.Random(1)
    for i in range(scene.kind.many(300)):
        noise = chance.randbytes(chance.randrange(1, 3000))
        request = post(noise) if i % 2 else noise + b"\r\n\r\n"
        with tls(scene.guard.port) as connection:
            answer = ask(connection, request)
        expect(answer is None or 400 <= answer.status < 500, f"seed 1, number {i}: {answer}")
    scene.measured = "all refused"
