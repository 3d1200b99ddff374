"""A small HTTPS client for loopback: one connection that is kept, no more parsing than needed."""
import json
import re
import socket
import ssl
import time

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
AT_ONCE = 1 << 16


class Refused(Exception):
    """There is no answer, or none that can be read."""


def trust_anyone():
    """For measuring: the client's own work on the certificate would count as the server's."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls


def trust(ca_file):
    return ssl.create_default_context(cafile=ca_file)


def post_of(body, path="/validate"):
    """The bytes of a request."""
    head = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


class Connection:
    """Raises OSError (ssl.SSLError is one) or Refused."""

    def __init__(self, port, tls, timeout=20):
        plain = socket.create_connection(("127.0.0.1", port), timeout)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket = tls.wrap_socket(plain, server_hostname="localhost")
        except BaseException:
            plain.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def ask(self, request):
        """Sends the bytes of a request; gives the status, the body and the size of the whole answer."""
        self.socket.sendall(request)
        seen = b""
        while (end := seen.find(b"\r\n\r\n")) < 0:
            seen += self._more()
        length = LENGTH.search(seen[:end + 2])
        if length is None:
            raise Refused("an answer without Content-Length: " + seen[:end].decode("ascii", "replace"))
        size = end + 4 + int(length[1])
        parts, got = [seen], len(seen)
        while got < size:
            parts.append(self._more())
            got += len(parts[-1])
        whole = b"".join(parts)
        return int(whole[9:12]), whole[end + 4:], size

    def _more(self):
        data = self.socket.recv(AT_ONCE)
        if not data:
            raise Refused("the connection was closed before the answer was complete")
        return data


def is_right(status, body, review):
    """The answer is to this review, and the one that was expected."""
    try:
        response = json.loads(body)["response"]
        return status == 200 and response["allowed"] == review.allowed and response["uid"] == review.uid
    except (ValueError, KeyError, TypeError):
        return False


def wait_for_right_answer(process, port, tls, review, patience=60):
    """Asks until the server answers rightly; gives the time of that. Asks again every 0.1 ms."""
    request = post_of(review.body)
    deadline = time.monotonic() + patience
    last = "no connection"
    while time.monotonic() < deadline and process.is_running():
        try:
            with Connection(port, tls) as connection:
                status, body, _ = connection.ask(request)
                moment = time.monotonic()
            if is_right(status, body, review):
                return moment
            last = body[:200].decode("utf-8", "replace")
        except ConnectionRefusedError:
            time.sleep(0.0001)
        except (OSError, Refused) as error:
            last = str(error)
    raise Refused(f"no right answer to {review.name}: {last}")
