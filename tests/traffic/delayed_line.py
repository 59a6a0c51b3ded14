"""A TCP line to a server on loopback that holds back what its client says or breaks, as a network in trouble would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from palautevirta.local.directory import LOOPBACK, free_port

_CHUNK_BYTES: Final = 1 << 16

Cut = Literal["before", "after"]
"""Before the marked bytes are passed on, or after the server has answered them and before its client hears of it."""


class DelayedLine:
    """Passes bytes on. Once armed, the first that hold the marker wait, and all later ones of every connection too.

    `held` is set when something waits. `cut` breaks the first connection that says a marker, and no other one.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._marker: bytes | None = None
        self._released = asyncio.Event()
        self._cut: tuple[bytes, Cut] | None = None
        self._done = asyncio.Event()
        self.held = asyncio.Event()

    async def cut(self, marker: bytes, when: Cut, *, deadline_s: float) -> bool:
        """Break the next connection that says this; whether one did before the deadline."""
        self._cut, self._done = (marker, when), asyncio.Event()
        try:
            async with asyncio.timeout(deadline_s):
                await self._done.wait()
        except TimeoutError:
            self._cut = None
            return False
        return True

    def arm(self, marker: bytes) -> None:
        """Hold back from the first bytes on that hold this marker."""
        self._marker = marker

    def release(self) -> None:
        """Pass on what waits, and everything from now on."""
        self._released.set()

    async def carry(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it."""
        try:
            server, requests = await asyncio.open_connection(*self._server)
        except OSError:
            answers.close()  # the server is away, and its client is told so
            return
        unheard = asyncio.Event()
        try:
            ways = [
                asyncio.create_task(self._ask(client, requests, unheard)),
                asyncio.create_task(self._answer(server, answers, unheard)),
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

    async def _ask(self, client: asyncio.StreamReader, server: asyncio.StreamWriter, unheard: asyncio.Event) -> None:
        """Pass on what the client says, held back or cut off as it was ordered."""
        with suppress(OSError):
            while chunk := await client.read(_CHUNK_BYTES):
                if self._marker is not None and self._marker in chunk:
                    self.held.set()
                if self.held.is_set():
                    await self._released.wait()
                if self._cut is not None and self._cut[0] in chunk:
                    (_, when), self._cut = self._cut, None
                    if when == "before":
                        self._done.set()
                        return
                    unheard.set()
                server.write(chunk)
                await server.drain()

    async def _answer(self, server: asyncio.StreamReader, client: asyncio.StreamWriter, unheard: asyncio.Event) -> None:
        """Pass on what the server says, until its answer is one that nobody may hear."""
        with suppress(OSError):
            while chunk := await server.read(_CHUNK_BYTES):
                if unheard.is_set():
                    break
                client.write(chunk)
                await client.drain()
        if unheard.is_set():
            self._done.set()


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


@asynccontextmanager
async def line_to_postgres(dsn: str) -> AsyncIterator[tuple[DelayedLine, dict[str, str]]]:
    """A line to the Postgres of this DSN, and the setting by which a service reaches it through the line."""
    parts = urlsplit(dsn)
    assert parts.port is not None
    port = free_port()
    through = parts._replace(netloc=f"{parts.username}:{parts.password}@{LOOPBACK}:{port}")
    async with delayed_line(LOOPBACK, parts.port, port) as line:
        yield line, {"DATABASE_URL": urlunsplit(through)}
