"""Two versions of an event type live: the older aggregator waits at the newer type, its successor counts both."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from builders.events import PROVIDER, body, event, recorded, submitted, withdrawn
from builders.process import TODAY, aggregator_environ, aggregator_process

from palautevirta.local.directory import LOOPBACK, free_port
from palautevirta.local.postgres import Database
from palautevirta.verification import verify
from services.runtime.partitioning import partition_of

HOME = partition_of(PROVIDER, 16)
TOMORROW = ("tests.evolution.tomorrow", "services.aggregator")


def withdrawn_v2(**attributes: Any) -> dict[str, Any]:
    data = {"reason": "respondent_request", "asked_by": "respondent"}
    attributes = {"time": "2025-08-20T10:00:00+03:00"} | attributes
    return event("response.withdrawn", data, **attributes) | {"type": "fi.feedback.response.withdrawn.v2"}


@asynccontextmanager
async def aggregator(module: tuple[str, ...], kafka: str, topic: str, database: Database) -> AsyncIterator[str]:
    """A process of one release; the address of its operations endpoints."""
    port = free_port()
    environ = aggregator_environ(kafka, topic, database) | {"OPERATIONS_PORT": str(port)}
    async with aggregator_process(environ, module=module):
        yield f"http://{LOOPBACK}:{port}"


async def until(ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
    """Ask until the answer is as expected."""
    answer = None
    try:
        async with asyncio.timeout(30):
            while True:
                answer = await ask()
                if holds(answer):
                    return answer
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"still {answer!r} after 30 s")


@pytest.fixture
async def connection(database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database.dsn)
    yield connection
    await connection.close()


async def test_a_newer_type_waits_for_the_release_that_knows_it(
    kafka: str, topic: str, database: Database, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    history = [
        *(recorded(), submitted(), withdrawn()),
        *(recorded(subject="r-2"), submitted(subject="r-2"), withdrawn_v2(subject="r-2")),
        *(recorded(subject="r-3"), submitted(subject="r-3")),
    ]
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        for one in history:
            await producer.send_and_wait(topic, body(one), partition=HOME)

    async def fence() -> tuple[int, str | None]:
        row = await connection.fetchrow("SELECT next_offset, stopped FROM feedback.fence WHERE partition = $1", HOME)
        return tuple(row) if row else (0, None)

    async with (
        aggregator(TODAY, kafka, topic, database) as operations,
        aiohttp.ClientSession(operations, timeout=aiohttp.ClientTimeout(total=5)) as client,
    ):
        await until(fence, lambda found: found == (5, "newer_type"))
        ready = await client.get("/readyz")
        assert ready.status == 503
        assert f"{{{HOME}: 'newer_type'}}" in await ready.text()
        metrics = await (await client.get("/metrics")).text()
        assert re.search(rf'^aggregator_partition_stopped{{partition="{HOME}"}} 1\.0$', metrics, re.MULTILINE)
        assert await connection.fetchval("SELECT count(*) FROM feedback.ledger") == 5
    async with aggregator(TOMORROW, kafka, topic, database):
        await until(fence, lambda found: found == (len(history), None))
    responses = await connection.fetch("SELECT subject, response::text FROM feedback.request ORDER BY subject")
    assert [tuple(row) for row in responses] == [("r-1001", "withdrawn"), ("r-2", "withdrawn"), ("r-3", "counts")]
    assert await connection.fetchval("SELECT count(*) FROM feedback.quarantine") == 0
    assert await connection.fetchval("SELECT count(*) FROM feedback.ledger") == len(history)
    assert [finding.name for finding in await verify(database.dsn) if finding.broken_by] == []
