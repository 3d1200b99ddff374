"""Clients that speak to pxguard as badly as a test wants them to: sockets, not an HTTP library."""

import contextlib
import select
import socket
import ssl
import struct

HOST = "127.0.0.1"
# Far above every deadline of the server: whoever waits longer has found a fault.
PATIENCE = 40.0
PIECE = 64 << 10
NOT_YET = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError)


def client_context(version=None):
    """Trusts everybody: whom to trust is not what these tests are about."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


CONTEXT = client_context()


def tcp(port, patience=PATIENCE, host=HOST):
    plain = socket.create_connection((host, port), patience)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return plain


def tls(port, patience=PATIENCE, context=CONTEXT, host=HOST):
    plain = tcp(port, patience, host)
    try:
        return context.wrap_socket(plain)
    except OSError:
        plain.close()
        raise


def client_hello():
    """The first flight of a TLS client, as bytes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        CONTEXT.wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()


def reset(connection):
    """Leaves with a TCP reset instead of a goodbye."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def wait_for(connection, events, seconds):
    """Not select(): that knows 1,024 descriptors at most."""
    poll = select.poll()
    poll.register(connection, events)
    return poll.poll(max(0, seconds) * 1000)


# --- requests and answers ------------------------------------------------------------------------


def head(fields="", line="POST /validate HTTP/1.1"):
    return f"{line}\r\nHost: pxguard\r\nContent-Type: application/json\r\n{fields}\r\n".encode()


def post(body, fields="", path="/validate"):
    return head(f"{fields}Content-Length: {len(body)}\r\n", f"POST {path} HTTP/1.1") + body


class Answer:
    def __init__(self, text, body=b""):
        line, *fields = text.split("\r\n")
        self.status = int(line.split(" ")[1])
        self.fields = {name.lower(): value for name, _, value in (f.partition(": ") for f in fields)}
        self.body = body

    @property
    def says_close(self):
        return self.fields.get("connection") == "close"

    @property
    def asks_to_come_back(self):
        return self.status == 503 and self.fields.get("retry-after") == "1"

    def __str__(self):
        return f"{self.status} {self.body[:200]!r}"


class Answers:
    """The answers of one connection as they arrive, however they are cut into pieces."""

    def __init__(self):
        self._bytes = b""

    def add(self, data):
        self._bytes += data

    def next(self):
        """The next whole answer; None until it is here."""
        text, found, rest = self._bytes.partition(b"\r\n\r\n")
        if not found:
            return None
        answer = Answer(text.decode("latin-1"))
        size = int(answer.fields.get("content-length", 0))
        if len(rest) < size:
            return None
        answer.body, self._bytes = rest[:size], rest[size:]
        return answer


def read_answer(connection, answers=None):
    """The next answer of a blocking connection; None where the server closed instead. Whoever reads
    more than one answer of a connection passes what keeps the rest."""
    answers = answers or Answers()
    while (answer := answers.next()) is None:
        try:
            data = connection.recv(PIECE)
        except TimeoutError:
            raise
        except OSError:
            return None
        if not data:
            return None
        answers.add(data)
    return answer


def ask(connection, request):
    connection.sendall(request)
    return read_answer(connection)


def ask_once(port, request, **how):
    """On a connection of its own; None where it was closed without an answer."""
    try:
        with tls(port, **how) as connection:
            return ask(connection, request)
    except TimeoutError:
        raise
    except OSError:
        return None
