"""The servers that are measured, and what is measured of one without load: its start and its memory."""
import contextlib
import dataclasses
import pathlib
import statistics
import time
from collections.abc import Callable

from client import Connection, Refused, is_right, post_of, trust_anyone, wait_for_right_answer
from processes import Process, free_port

IDLE_CONNECTIONS = 300
SETTLED_SECONDS = 1.0
FRESH_CONNECTIONS = 20


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    command: Callable  # the words, for a port
    log: pathlib.Path | None = None


class Server:
    """A contestant that runs and has answered rightly once."""

    def __init__(self, contestant, process, port, tls):
        self.name, self.process, self.port, self.tls = contestant.name, process, port, tls

    def ask_once(self, review):
        """Whether a fresh connection gets the right answer, and the bytes of the whole answer."""
        try:
            with Connection(self.port, self.tls) as connection:
                status, body, size = connection.ask(post_of(review.body))
                return is_right(status, body, review), size
        except (OSError, Refused):
            return False, 0


def pxguard(program, certificates, name="pxguard", log=None):
    return Contestant(name, lambda port: [
        program, "serve", "--cluster", "none", "--listen", f"127.0.0.1:{port}",
        "--status-listen", "127.0.0.1:0", "--tls-cert", certificates / "tls.crt",
        "--tls-key", certificates / "tls.key"], log)


def go_webhooks(programs, certificates):
    def words(name, port):
        address = ["--port", port] if name == "webhook-typed" else ["--address", f"127.0.0.1:{port}"]
        return [programs[name], *address, "--cert-dir", certificates]
    return [Contestant(name, lambda port, name=name: words(name, port)) for name in programs]


@contextlib.contextmanager
def running(contestant, review):
    """Gives (Server, seconds from fork to the first right answer)."""
    tls, port = trust_anyone(), free_port()
    command = contestant.command(port)
    began = time.monotonic()
    with Process(command, contestant.log) as process:
        answered = wait_for_right_answer(process, port, tls, review)
        yield Server(contestant, process, port, tls), answered - began


def start_seconds(contestant, review, times):
    """Of `times` starts, one after another."""
    seconds = []
    for _ in range(times):
        with running(contestant, review) as (_, second):
            seconds.append(second)
    return seconds


def memory(contestant, review):
    """MiB after the start, with idle connections that each brought one review, and how fresh
    connections fare on the way: {"idle_mib", "connections_mib", "fresh_ms", "tls", "refused"}."""
    with running(contestant, review) as (server, _):
        time.sleep(SETTLED_SECONDS)
        idle = server.process.mib("VmRSS")
        request = post_of(review.body)
        spent, refused = [], 0
        with contextlib.ExitStack() as all_open:
            for _ in range(IDLE_CONNECTIONS):
                began = time.monotonic()
                connection = all_open.enter_context(Connection(server.port, server.tls))
                status, body, _ = connection.ask(request)
                refused += not is_right(status, body, review)
                spent.append(time.monotonic() - began)
            time.sleep(SETTLED_SECONDS)
            tls = connection.socket.cipher()[0].removeprefix("TLS_")
            return {"idle_mib": idle, "connections_mib": server.process.mib("VmRSS"),
                    "fresh_ms": statistics.median(spent[:FRESH_CONNECTIONS]) * 1000, "tls": tls,
                    "refused": refused}
