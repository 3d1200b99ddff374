"""What stands between pxguard and the API server, and does what networks and load balancers do."""

import asyncio
import contextlib
import json
import re
import socket
import ssl
import threading

START_SECONDS = 10
READ = 1 << 16
LONGEST_HEAD = 1 << 16
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
IS_WATCH = re.compile(r"[?&]watch=(1|true)")
REASONS = {401: "Unauthorized", 410: "Expired", 429: "TooManyRequests", 500: "InternalError"}


def status_object(code, message):
    """As the API server words a failure."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": REASONS.get(code, "ServiceUnavailable"),
        "code": code,
    }


def answer(code, headers=None, body=None):
    """An answer that the API server did not give, as bytes."""
    if body is None:
        body = json.dumps(status_object(code, "by the proxy of the tests")).encode()
    lines = [f"HTTP/1.1 {code} {REASONS.get(code, 'Other')}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


class _Exchange:
    """One connection of pxguard, and the one behind it."""

    def __init__(self, down, up):
        self.down = down
        self.up = up
        self.is_watching = False
        # Set while bytes may pass.
        self.may_pass = asyncio.Event()
        self.may_pass.set()

    def abort(self):
        for writer in (self.down, self.up):
            writer.transport.abort()


class Proxy:
    """Passes everything until a test says otherwise. TLS ends here and begins anew: the bearer token
    and the bytes of the API server are the same on both sides."""

    def __init__(self, upstream_port, authority, name="proxy"):
        self._upstream_port = upstream_port
        certificate, key = authority.issue(name, ["IP:127.0.0.1", "DNS:localhost"])
        self._server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server_tls.load_cert_chain(certificate, key)
        self._client_tls = ssl.create_default_context(cafile=str(authority.certificate))
        self._loop = asyncio.new_event_loop()
        self._exchanges = set()
        # Each takes an answer and may change it; the first that says something has the word.
        self._answers = []
        self._on_watch_bytes = []
        self._delay = 0.0
        self._silent = False
        # What each fault has hit: a fault that met nobody proves nothing.
        self.hits = 0
        self.requests = []
        self.port = None

    def start(self):
        threading.Thread(target=self._run, daemon=True).start()
        self.port = self._call(self._listen(), START_SECONDS)

    # Faults. Each is a context, or happens once; `hits` tells how often it met somebody.

    @contextlib.contextmanager
    def answering(self, code, headers=None, body=None, path="", watches_only=False):
        """Requests whose path holds `path` are answered here."""

        def choose(requested):
            if path not in requested or (watches_only and not IS_WATCH.search(requested)):
                return None
            return answer(code, headers, body)

        with self._listed(self._answers, choose):
            yield

    @contextlib.contextmanager
    def cutting(self):
        """The next bytes of each watch come by half, then the connection is gone."""

        def cut(exchange, chunk):
            exchange.down.write(chunk[: len(chunk) // 2])
            # Out first, or an abort would take it along.
            self._loop.call_later(0.05, exchange.abort)
            return b""

        with self._listed(self._on_watch_bytes, cut):
            yield

    @contextlib.contextmanager
    def corrupting(self):
        """Bytes in the middle of what watches say are others."""

        def corrupt(_, chunk):
            middle = len(chunk) // 2
            return chunk[:middle] + b"\xff\x00\xfe" + chunk[middle + 3 :]

        with self._listed(self._on_watch_bytes, corrupt):
            yield

    @contextlib.contextmanager
    def telling_watches(self, event):
        """In place of its next bytes each watch gets this event, and its end."""

        def tell(exchange, _):
            line = json.dumps(event).encode() + b"\n"
            exchange.down.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(line), line))
            exchange.up.transport.abort()
            return b""

        with self._listed(self._on_watch_bytes, tell):
            yield

    @contextlib.contextmanager
    def delaying(self, seconds):
        self._delay = seconds
        try:
            yield
        finally:
            self._delay = 0.0

    def begin_silence(self):
        """All connections stay open and nothing passes; new ones are taken and not answered."""
        self._in_loop(self._set_silent, True)

    def end_silence(self):
        self._in_loop(self._set_silent, False)

    def drop(self):
        """All connections are gone at once; how many there were."""
        connections = len(self._exchanges)
        self._in_loop(lambda: [exchange.abort() for exchange in list(self._exchanges)])
        return connections

    def half_close(self):
        """Every connection gets an end of file from here, and stays open the other way."""
        self._in_loop(self._half_close)

    def watches(self):
        """How many are open."""
        return sum(exchange.is_watching for exchange in list(self._exchanges))

    # The loop's own thread from here on.

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, coroutine, seconds):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(seconds)

    def _in_loop(self, function, *arguments):
        async def call():
            return function(*arguments)

        return self._call(call(), START_SECONDS)

    @contextlib.contextmanager
    def _listed(self, faults, fault):
        self.hits = 0
        self._in_loop(faults.append, fault)
        try:
            yield
        finally:
            self._in_loop(faults.remove, fault)

    async def _listen(self):
        server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self._server_tls, limit=LONGEST_HEAD
        )
        return server.sockets[0].getsockname()[1]

    async def _serve(self, reader, down):
        try:
            from_server, up = await asyncio.open_connection(
                "127.0.0.1", self._upstream_port, ssl=self._client_tls, server_hostname="127.0.0.1"
            )
        except OSError:
            down.transport.abort()
            return
        exchange = _Exchange(down, up)
        if self._silent:
            exchange.may_pass.clear()
        self._exchanges.add(exchange)
        answers = asyncio.ensure_future(self._pass_answers(from_server, exchange))
        try:
            await self._pass_requests(reader, exchange)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            exchange.abort()
            await asyncio.wait([answers])
            self._exchanges.discard(exchange)

    async def _pass_requests(self, reader, exchange):
        while True:
            head = await reader.readuntil(HEAD_END)
            length = LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
            method, path = head.split(b"\r\n", 1)[0].decode().split(" ")[:2]
            self.requests.append((method, path))
            await exchange.may_pass.wait()
            chosen = next(filter(None, (fault(path) for fault in self._answers)), None)
            if chosen:
                self.hits += 1
                exchange.down.write(chosen)
                await exchange.down.drain()
                continue
            exchange.is_watching = bool(IS_WATCH.search(path))
            exchange.up.write(head + body)
            await exchange.up.drain()

    async def _pass_answers(self, reader, exchange):
        try:
            while chunk := await reader.read(READ):
                await exchange.may_pass.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                if exchange.is_watching:
                    for fault in list(self._on_watch_bytes):
                        self.hits += 1
                        chunk = fault(exchange, chunk)
                exchange.down.write(chunk)
                await exchange.down.drain()
        except OSError:
            pass
        # What was written is still on its way.
        exchange.down.close()

    def _set_silent(self, silent):
        self._silent = silent
        for exchange in self._exchanges:
            exchange.may_pass.clear() if silent else exchange.may_pass.set()

    def _half_close(self):
        for exchange in list(self._exchanges):
            # One that has just ended has no transport any more.
            with contextlib.suppress(OSError, AttributeError):
                exchange.down.get_extra_info("socket").shutdown(socket.SHUT_WR)
