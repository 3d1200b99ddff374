"""Many connections at once: opened together, fed drop by drop, watched until the server closes them."""

import contextlib
import selectors
import time

from harness.clients import NOT_YET, PIECE
from harness.suite import expect


class Crowd:
    """`connect` makes each of `count` connections; `first` is what each says at once."""

    def __init__(self, count, connect, first=b""):
        self.connections = []
        self._opened = []  # monotonic seconds, one a connection
        self._closed = {}
        try:
            for _ in range(count):
                # The server counts from the moment of accepting, which is before a handshake ends.
                began = time.monotonic()
                connection = connect()
                self.connections.append(connection)
                connection.sendall(first)
                self._opened.append(began)
                connection.setblocking(False)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for connection in self.connections:
            connection.close()

    def watch(self, seconds, drip=b"", every=1.0):
        """Until all are closed, or `seconds` are over. Sends `drip` on each connection at intervals."""
        until = time.monotonic() + seconds
        next_drip = time.monotonic() if drip else until
        with selectors.DefaultSelector() as selector:
            for place in self._open_places():
                selector.register(self.connections[place], selectors.EVENT_READ, place)
            while selector.get_map() and time.monotonic() < until:
                for key, _ in selector.select(max(0, min(next_drip, until) - time.monotonic())):
                    self._listen(selector, key.data)
                if drip and time.monotonic() >= next_drip:
                    self._send_to_all(drip)
                    next_drip += every
        return self

    def say(self, data):
        """All of `data` on each connection, as far as the server takes it."""
        for place in self._open_places():
            connection = self.connections[place]
            connection.setblocking(True)
            with contextlib.suppress(OSError):
                connection.sendall(data)
            connection.setblocking(False)

    def _open_places(self):
        return [place for place in range(len(self.connections)) if place not in self._closed]

    def _listen(self, selector, place):
        try:
            if self.connections[place].recv(PIECE):
                return
        except NOT_YET:
            return
        except OSError:
            pass
        self._closed[place] = time.monotonic() - self._opened[place]
        selector.unregister(self.connections[place])

    def _send_to_all(self, drip):
        for place in self._open_places():
            # Whether it is closed is seen by listening.
            with contextlib.suppress(OSError):
                self.connections[place].send(drip)

    @property
    def still_open(self):
        return len(self.connections) - len(self._closed)

    def expect_closed_between(self, least, most):
        """All were closed in time, and none before: it is the deadline that closed them."""
        times = sorted(self._closed.values())
        expect(self.still_open == 0, f"{self.still_open} of {len(self.connections)} are still open")
        expect(times[-1] <= most, f"the last was closed after {times[-1]:.2f} s, allowed are {most:.2f} s")
        expect(times[0] >= least, f"the first was closed after {times[0]:.2f} s, before its deadline")
        return f"closed after {times[0]:.1f} to {times[-1]:.1f} s"

    def expect_open(self):
        expect(not self._closed, f"{len(self._closed)} of {len(self.connections)} were closed")
