"""Sending much while listening, as Go's client does: whoever only sends misses the answer, since the
server closes with input unread."""

import select
import time

from harness.clients import NOT_YET, PATIENCE, PIECE, Answers, wait_for

# After the server stopped taking anything, what it said may still be on its way.
LAST_WORDS_SECONDS = 2.0


class Exchange:
    """Sends `pieces` until the first answer, and waits for the server to close where that says so. A
    stubborn one goes on sending until it is cut off."""

    def __init__(self, connection, pieces, stubborn=False, patience=PATIENCE):
        self.sent = 0
        self.answers = []
        self.closed_after = None  # seconds; None: still open when patience ended
        self._connection = connection
        self._pieces = iter(pieces)
        self._piece = memoryview(b"")
        self._stubborn = stubborn
        self._incoming = Answers()
        self._began = time.monotonic()
        self._run(self._began + patience)

    @property
    def answer(self):
        return self.answers[0] if self.answers else None

    def __str__(self):
        heard = ", ".join(str(answer) for answer in self.answers) or "no answer"
        closed = "still open" if self.closed_after is None else f"closed after {self.closed_after:.1f} s"
        return f"{self.sent:,} bytes sent, {heard}, {closed}"

    def _run(self, until):
        self._connection.setblocking(False)
        while not self._is_over() and time.monotonic() < until:
            heard, said = self._listen(), self._speak()
            if not heard and not said and self.closed_after is None:
                events = select.POLLIN | (select.POLLOUT if self._piece else 0)
                wait_for(self._connection, events, min(1.0, until - time.monotonic()))

    def _is_over(self):
        stays_open = self.answers and not self._stubborn and not self.answers[-1].says_close
        return bool(stays_open) or self.closed_after is not None

    def _listen(self):
        """True where something arrived."""
        try:
            data = self._connection.recv(PIECE)
        except NOT_YET:
            return False
        except OSError:
            data = b""
        if not data:
            self.closed_after = time.monotonic() - self._began
        self._incoming.add(data)
        while (answer := self._incoming.next()) is not None:
            self.answers.append(answer)
        return True

    def _speak(self):
        """True where something was taken."""
        if self.closed_after is not None or (self.answers and not self._stubborn):
            self._piece = memoryview(b"")
            return False
        self._piece = self._piece or memoryview(next(self._pieces, b""))
        if not self._piece:
            return False
        try:
            sent = self._connection.send(self._piece[:PIECE])
        except NOT_YET:
            return False
        except OSError:
            self._hear_last_words()
            return False
        self._piece = self._piece[sent:]
        self.sent += sent
        return True

    def _hear_last_words(self):
        until = time.monotonic() + LAST_WORDS_SECONDS
        while self.closed_after is None and time.monotonic() < until:
            if not self._listen():
                wait_for(self._connection, select.POLLIN, until - time.monotonic())
        if self.closed_after is None:
            self.closed_after = time.monotonic() - self._began
