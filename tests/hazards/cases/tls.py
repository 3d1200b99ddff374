"""Clients that are difficult about TLS."""

import contextlib
import itertools
import ssl
import struct
import time

from harness import reviews
from harness.clients import (
    CONTEXT,
    PIECE,
    ask,
    ask_once,
    client_context,
    client_hello,
    head,
    post,
    read_answer,
    tcp,
    tls,
)
from harness.crowd import Crowd
from harness.identity import Identity
from harness.libssl import TLS1_2, LibsslClient
from harness.suite import Skipped, expect, hazard
from harness.together import together
from harness.waiting import wait_until

# base/limits.h: how often the certificate is read again, and the time of a handshake and a goodbye.
RELOAD, HANDSHAKE, LINGER = 1.0, 3.0, 1.0
HANDSHAKE_RECORD, ALERT_RECORD = 0x16, 0x15


def record(kind, data):
    return struct.pack("!BHH", kind, 0x0301, len(data)) + data


NOT_TLS = {
    "HTTP": post(reviews.allowed().body),
    "zeros": bytes(2000),
    "ones": b"\xff" * 2000,
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "SSL 2": b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(36),
    "a record of the greatest size, empty": struct.pack("!BHH", HANDSHAKE_RECORD, 0x0301, 0xFFFF),
    "an alert": record(ALERT_RECORD, b"\x02\x28"),
    "application data first": record(0x17, b"x" * 100),
    "an unknown message": record(HANDSHAKE_RECORD, b"\x63\x00\x00\x04abcd"),
    "a hello that lies about its size": record(HANDSHAKE_RECORD, b"\x01\x00\x00\x02\x03\x03" + bytes(100)),
    "a hello with random extensions": client_hello()[:120] + bytes(i * 89 % 256 for i in range(397)),
}


@hazard("closed, nothing said in HTTP", growth=5, waits=3)
def not_tls(scene):
    """whatever is no TLS is closed within the deadline of the handshake, with an alert at most"""
    limit = scene.kind.later(HANDSHAKE + LINGER)

    def client(place):
        what, data = list(NOT_TLS.items())[place]
        with tcp(scene.guard.port, limit) as connection:
            connection.sendall(data)
            try:
                heard = connection.recv(PIECE)
            except TimeoutError:
                return f"{what}: still open after {limit:.1f} s"
            except ConnectionError:
                return None
        return f"{what}: {heard!r}" if heard[:1] not in (b"", b"\x15") else None

    faults = [fault for fault in together(len(NOT_TLS), client) if fault]
    expect(not faults, "want the end", "\n".join(faults))
    scene.measured = f"{len(NOT_TLS)} variants"


@hazard("handshake refused", growth=5)
def old_versions(scene):
    """TLS 1.0 and 1.1 are refused, 1.2 and 1.3 spoken, and HTTP/2 alone refused by ALPN"""
    port, review = scene.guard.port, reviews.denied()
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context = old_context(version)
        if not offers_something(context):
            raise Skipped(f"our own OpenSSL does not speak {version.name} any more")
        expect(not shakes_hands(port, context), f"{version.name} is spoken")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        answer = ask_once(port, post(review.body), context=client_context(version))
        expect(review.is_answered_by(answer), f"{version.name} is not spoken")
    context = client_context()
    context.set_alpn_protocols(["h2"])
    expect(not shakes_hands(port, context), "HTTP/2 is spoken")
    context.set_alpn_protocols(["h2", "http/1.1"])
    with tls(port, context=context) as connection:
        expect(connection.selected_alpn_protocol() == "http/1.1", "HTTP/1.1 is not chosen")
    scene.measured = "1.2 and 1.3 only, http/1.1 only"


def old_context(version):
    context = client_context(version)
    # Without this our own OpenSSL would be the one that refuses.
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def offers_something(context):
    outgoing = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing).do_handshake()
    return outgoing.pending > 0


def shakes_hands(port, context):
    try:
        tls(port, context=context).close()
        return True
    except OSError:
        return False


@hazard("64 KB each at most, closed after 3 s", growth=12, waits=3)
def large_hellos(scene):
    """60 clients that announce a ClientHello of 64 KB and send all but its last byte cost what they sent,
    and are closed by the 3 s deadline"""
    # Version, random, no session, one cipher, no compression, and extensions of 0xffd0 bytes.
    start = b"\x01\x00\xff\xff\x03\x03" + bytes(33) + b"\x00\x02\x13\x01\x01\x00\xff\xd0"
    message = start.ljust(0xFFFF + 4, b"\x00")[:-1]
    first = b"".join(record(HANDSHAKE_RECORD, message[i : i + 16384]) for i in range(0, len(message), 16384))
    with Crowd(60, lambda: tcp(scene.guard.port), first=first) as crowd:
        crowd.watch(scene.kind.later(HANDSHAKE) + 1)
        expect(crowd.still_open == 0, f"{crowd.still_open} are still open")
    scene.measured = "all closed"


@hazard("20 KB each", growth=25, kept=20, waits=3)
def half_records(scene):
    """500 clients that send a TLS record of 16 KB but for its last byte cost one buffer each, and are
    idle to us: kept, and the first to go"""
    with Crowd(500, lambda: half_a_record(scene.guard.port)) as crowd:
        crowd.watch(3.5)
        crowd.expect_open()
    scene.measured = "all held"


def half_a_record(port):
    connection = tcp(port)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = CONTEXT.wrap_bio(incoming, outgoing)
    while True:
        try:
            session.do_handshake()
            break
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            incoming.write(connection.recv(PIECE))
    session.write(head()[:-2] + b"X: " + b"x" * 16_000)
    connection.sendall(outgoing.read()[:-1])
    return connection


@hazard("the connection ends, others go on", growth=5)
def key_updates(scene):
    """8 clients that ask for new keys without end are cut off, and keep nobody else waiting"""

    def client(_):
        with LibsslClient(scene.guard.port) as connection:
            expect(connection.is_connected, "no handshake")
            until = time.monotonic() + 4
            for count in itertools.count():
                if not connection.update_keys() or time.monotonic() > until:
                    return count, time.monotonic() > until

    outcomes = together(8, client)
    expect(not any(late for _, late in outcomes), "some went on for 4 s", outcomes)
    scene.measured = f"cut off after {max(outcomes)[0]} at most"


@hazard("few are fine", growth=5)
def some_key_updates(scene):
    """a client may change keys before each request, as a very long connection has to"""
    review = reviews.denied()
    with LibsslClient(scene.guard.port) as connection:
        for _ in range(100):
            expect(connection.update_keys() and connection.write(post(review.body)), "the connection ended")
            expect(b'"allowed":false' in connection.read(), "no verdict")
    scene.measured = "100 updates, 100 verdicts"


@hazard("refused, others go on", growth=5)
def renegotiation(scene):
    """renegotiation is refused"""
    for _ in range(scene.kind.many(100)):
        with LibsslClient(scene.guard.port, max_version=TLS1_2) as connection:
            expect(connection.is_connected, "no handshake")
            expect(not connection.renegotiate(), "it is allowed")
    scene.measured = "refused"


@hazard("memory as before, descriptors too", growth=8)
def handshakes_only(scene):
    """300 clients that shake hands and go leave nothing behind"""
    guard = scene.guard
    before = guard.descriptors_at_rest()
    with Crowd(scene.kind.many(300), lambda: tls(guard.port)) as crowd:
        crowd.watch(0.1)
        crowd.expect_open()
    wait_until("all descriptors are closed", lambda: guard.descriptors() <= before, scene.kind.later(3))
    scene.measured = f"{before} descriptors before and after"


@hazard("nobody dropped", growth=20, waits=1)
def certificate_swap(scene):
    """a new certificate is shown to new clients, and 50 connections in use go on"""
    guard, review = scene.guard, reviews.allowed(4000)
    request = post(review.body)
    other = Identity(scene.directory, "renewed")
    renewed = ssl.PEM_cert_to_DER_cert(other.certificate.read_text())
    with Crowd(50, lambda: tls(guard.port), first=request) as crowd:
        for connection in crowd.connections:
            connection.setblocking(True)
            expect(review.is_answered_by(read_answer(connection)), "no verdict before")
        guard.identity.replace_with(other)

        def is_shown():
            for connection in crowd.connections:
                expect(review.is_answered_by(ask(connection, request)), "a connection was dropped")
            return shown_certificate(guard.port) == renewed

        began = time.monotonic()
        wait_until("the new certificate is shown", is_shown, scene.kind.later(3 * RELOAD))
        seconds = time.monotonic() - began
        is_shown()
    scene.measured = f"shown after {seconds:.1f} s, 50 connections served throughout"


def shown_certificate(port):
    with tls(port, context=CONTEXT) as connection:
        return connection.getpeercert(binary_form=True)
