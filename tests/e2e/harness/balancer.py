"""The Service of a cluster without kube-proxy: connections to its address go in turn to the replicas
that were ready some time ago. Endpoints lag behind what they describe, here as there."""

import asyncio
import threading
import time

LAG_SECONDS = 1.0
LOOK_SECONDS = 0.1
MOST_CONNECTIONS = 1024


class Balancer:
    def __init__(self, address, replicas):
        """`replicas`: a function that gives those that exist, each with `address` and is_ready()."""
        self._address = address
        self._replicas = replicas
        self._seen = {}
        self._turn = 0
        self._open = 0
        self._loop = asyncio.new_event_loop()
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve, daemon=True),
            threading.Thread(target=self._look, daemon=True),
        ]
        self._is_listening = threading.Event()

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        if not self._is_listening.wait(10):
            raise OSError(f"cannot listen on {self._address}")
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._loop.call_soon_threadsafe(self._loop.stop)
        for thread in self._threads:
            thread.join(10)

    def endpoints(self):
        """The addresses that connections go to now."""
        before = time.monotonic() - LAG_SECONDS
        chosen = []
        for address, history in list(self._seen.items()):
            known = [ready for when, ready in history if when <= before]
            if known and known[-1]:
                chosen.append(address)
        return chosen

    def _look(self):
        while not self._ended.wait(LOOK_SECONDS):
            now = {replica.address: replica.is_ready() for replica in self._replicas()}
            for address in set(self._seen) | set(now):
                history = self._seen.setdefault(address, [])
                ready = now.get(address, False)
                if not history or history[-1][1] != ready:
                    history.append((time.monotonic(), ready))

    def _serve(self):
        asyncio.set_event_loop(self._loop)
        host, port = self._address
        server = self._loop.run_until_complete(
            asyncio.start_server(self._accept, host, port, backlog=1024)
        )
        self._is_listening.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _accept(self, reader, writer):
        endpoints = self.endpoints()
        if not endpoints or self._open >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._turn += 1
        self._open += 1
        try:
            address = endpoints[self._turn % len(endpoints)]
            there_reader, there_writer = await asyncio.open_connection(*address)
        except OSError:
            writer.transport.abort()
            self._open -= 1
            return
        try:
            await asyncio.gather(_pass(reader, there_writer), _pass(there_reader, writer))
        finally:
            there_writer.close()
            writer.close()
            self._open -= 1


async def _pass(reader, writer):
    """Until the sender ends; the end is passed on."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.transport.abort()
