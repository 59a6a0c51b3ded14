"""A TCP line to a server on loopback that holds back what its client says or breaks, as a network in trouble would."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from palautevirta.local.directory import LOOPBACK, free_port

_CHUNK_BYTES: Final = 1 << 16
_LATE_S: Final = 0.1

Trouble = Literal["slow", "broken", "half_open"]
"""Everything comes late; nobody gets through; or connections stay open and what is said on them is swallowed."""

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
        self._trouble: Trouble | None = None
        self._carried: set[asyncio.Task[None]] = set()
        self.held = asyncio.Event()

    async def suffer(self, trouble: Trouble, for_s: float) -> None:
        """Be in trouble for so long, one at a time. No byte is passed on behind one that was swallowed."""
        self._trouble = trouble
        try:
            if trouble == "broken":
                self._break()
            await asyncio.sleep(for_s)
        finally:
            self._trouble = None
            if trouble == "half_open":
                self._break()

    async def cut(self, marker: bytes, when: Cut, *, deadline_s: float) -> bool:
        """Break the next connection that says this; whether one did before the deadline."""
        self._cut, self._done = (marker, when), asyncio.Event()
        try:
            async with asyncio.timeout(deadline_s):
                await self._done.wait()
        except TimeoutError:
            return False
        finally:
            self._cut = None
        return True

    def arm(self, marker: bytes) -> None:
        """Hold back from the first bytes on that hold this marker."""
        self._marker = marker

    def release(self) -> None:
        """Pass on what waits, and everything from now on."""
        self._released.set()

    def accept(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Carry one connection from now on, unless nobody gets through."""
        if self._trouble == "broken":
            answers.close()
            return
        task = asyncio.create_task(self._carry(client, answers))
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)

    async def end(self) -> None:
        """Break what is left."""
        self._break()
        if self._carried:
            await asyncio.wait(set(self._carried))

    def _break(self) -> None:
        for task in self._carried:
            task.cancel()

    async def _lets_through(self) -> bool:
        """Whether the bytes in hand get to the other side, perhaps late."""
        if self._trouble == "slow":
            await asyncio.sleep(_LATE_S)
        return self._trouble != "half_open"

    async def _carry(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
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
                if not await self._lets_through():
                    continue
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
                if not await self._lets_through():
                    continue
                client.write(chunk)
                await client.drain()
        if unheard.is_set():
            self._done.set()


async def cut_one(lines: Iterable[DelayedLine], marker: bytes, when: Cut, *, deadline_s: float) -> bool:
    """Break the first connection of any of these lines that says this; whether one did before the deadline."""
    waiting = {asyncio.create_task(line.cut(marker, when, deadline_s=deadline_s)) for line in lines}
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return any(task.result() for task in done)
    finally:
        for task in waiting:
            task.cancel()


@asynccontextmanager
async def delayed_line(host: str, server_port: int, port: int) -> AsyncIterator[DelayedLine]:
    """A line from this port to that of the server."""
    line = DelayedLine(host, server_port)
    server = await asyncio.start_server(line.accept, host, port)
    try:
        yield line
    finally:
        server.close()
        await line.end()
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


@dataclass(frozen=True)
class KafkaLines:
    """A line to the broker for each of these services: what the broker has to listen on, and what they are told."""

    listeners: dict[int, int]
    settings: dict[str, dict[str, str]]
    lines: dict[str, DelayedLine]


@asynccontextmanager
async def lines_to_kafka(*names: str) -> AsyncIterator[KafkaLines]:
    """Lines to a broker that isn't there yet, one for each name."""
    async with AsyncExitStack() as exit_stack:
        laid = KafkaLines({}, {}, {})
        for name in names:
            behind, port = free_port(other_than=laid.listeners), free_port(other_than=laid.listeners)
            laid.lines[name] = await exit_stack.enter_async_context(delayed_line(LOOPBACK, behind, port))
            laid.listeners[behind] = port
            laid.settings[name] = {"KAFKA_BOOTSTRAP": f"{LOOPBACK}:{port}"}
        yield laid
