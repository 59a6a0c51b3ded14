"""A TCP line to a server on loopback that can hold back what its client says, as a network in trouble would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_CHUNK_BYTES: Final = 1 << 16


class DelayedLine:
    """Passes bytes on. Once armed, the first that hold the marker wait, and all later ones of every connection too.

    `held` is set when something waits. What the server says is always passed on.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._marker: bytes | None = None
        self._released = asyncio.Event()
        self.held = asyncio.Event()

    def arm(self, marker: bytes) -> None:
        """Hold back from the first bytes on that hold this marker."""
        self._marker = marker

    def release(self) -> None:
        """Pass on what waits, and everything from now on."""
        self._released.set()

    async def carry(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it."""
        server, requests = await asyncio.open_connection(*self._server)
        try:
            ways = [
                asyncio.create_task(self._pass_on(client, requests, hold=True)),
                asyncio.create_task(self._pass_on(server, answers, hold=False)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.wait(ways)
        finally:
            requests.close()
            answers.close()

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, hold: bool) -> None:
        try:
            while chunk := await source.read(_CHUNK_BYTES):
                if hold:
                    if self._marker is not None and self._marker in chunk:
                        self.held.set()
                    if self.held.is_set():
                        await self._released.wait()
                sink.write(chunk)
                await sink.drain()
        except ConnectionError:
            pass  # one side went away, as connections do


@asynccontextmanager
async def delayed_line(host: str, server_port: int, port: int) -> AsyncIterator[DelayedLine]:
    """A line from this port to that of the server."""
    line = DelayedLine(host, server_port)
    carried: set[asyncio.Task[None]] = set()

    def accept(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(line.carry(client, answers))
        carried.add(task)
        task.add_done_callback(carried.discard)

    server = await asyncio.start_server(accept, host, port)
    try:
        yield line
    finally:
        server.close()
        for task in carried:
            task.cancel()
        if carried:
            await asyncio.wait(set(carried))
        await server.wait_closed()
