"""What a line that cuts lets through, and what it doesn't."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from traffic.delayed_line import Cut, DelayedLine, delayed_line

from palautevirta.local.directory import LOOPBACK, free_port

DEADLINE_S = 5.0


@asynccontextmanager
async def line_to_a_listener() -> AsyncIterator[tuple[DelayedLine, int, list[bytes]]]:
    """A line, its port, and what the server behind it has heard; the server answers everything."""
    heard: list[bytes] = []

    async def serve(asked: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        while said := await asked.read(100):
            heard.append(said)
            answers.write(b"done")
        answers.close()

    server_port, port = free_port(), free_port()
    async with (
        await asyncio.start_server(serve, LOOPBACK, server_port),
        delayed_line(LOOPBACK, server_port, port) as line,
    ):
        yield line, port, heard


@pytest.mark.parametrize(("when", "server_heard"), [("before", [b"BEGIN"]), ("after", [b"BEGIN", b"COMMIT"])])
async def test_a_client_never_hears_of_the_marked_words(when: Cut, server_heard: list[bytes]) -> None:
    async with asyncio.timeout(DEADLINE_S), line_to_a_listener() as (line, port, heard):
        answers, asked = await asyncio.open_connection(LOOPBACK, port)
        asked.write(b"BEGIN")
        assert await answers.read(100) == b"done"
        cutting = asyncio.create_task(line.cut(b"COMMIT", when, deadline_s=DEADLINE_S))
        await asyncio.sleep(0)  # let it begin
        asked.write(b"COMMIT")
        assert await answers.read() == b""
        assert await cutting
        assert heard == server_heard
        asked.close()


async def test_a_cut_that_nobody_met_is_over_at_its_deadline() -> None:
    async with asyncio.timeout(DEADLINE_S), line_to_a_listener() as (line, port, _):
        assert not await line.cut(b"COMMIT", "before", deadline_s=0.01)
        answers, asked = await asyncio.open_connection(LOOPBACK, port)
        asked.write(b"COMMIT")
        assert await answers.read(100) == b"done"
        asked.close()
