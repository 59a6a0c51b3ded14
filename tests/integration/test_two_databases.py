"""Two databases with half of the partitions each hold, together, what one database would (docs/adr/0010)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from benchmarks.history import History
from benchmarks.loader import PARTITIONS
from builders.states import MODELS
from builders.tables import contents
from traffic.aftermath import until

from palautevirta.local.postgres import Database
from palautevirta.verification import verify
from schemas.events import codec
from services.aggregator.app import serve
from services.aggregator.settings import AggregatorSettings
from services.runtime.partitioning import partition_of

HISTORY = History(1_000, years=1, stories=1_000)
SHARES = ("0-15", "0-7", "8-15")
KEYS = "1:" + "5a" * 32


async def post_history(kafka: str, topic: str) -> list[int]:
    """Write a small year of the nation to the log; where each partition ends."""
    ends = [0] * PARTITIONS
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5)
    await producer.start()
    for provider in HISTORY.providers:
        partition = partition_of(provider, PARTITIONS)
        for asked in HISTORY.asked(provider, HISTORY.periods[0]):
            for story in asked.stories(MODELS, HISTORY.stories_a_cell):
                for event in story.copy(0):
                    await producer.send(topic, codec.encode(event), partition=partition)
                    ends[partition] += 1
    await producer.flush()
    await producer.stop()
    return ends


@asynccontextmanager
async def aggregator(kafka: str, topic: str, database: Database, partitions: str) -> AsyncIterator[None]:
    """An aggregator of the database that holds these partitions."""
    environ = {
        "KAFKA_BOOTSTRAP": kafka,
        "KAFKA_TOPIC": topic,
        "DATABASE_URL": database.aggregator_dsn,
        "DIGEST_KEYS": KEYS,
        "OPERATIONS_PORT": "0",
        "PARTITIONS": partitions,
    }
    stopping = asyncio.Event()
    serving = asyncio.create_task(serve(AggregatorSettings.from_environ(environ), stopping))
    yield
    stopping.set()
    async with asyncio.timeout(20):
        await serving


async def fences(database: Database) -> dict[int, int]:
    connection = await asyncpg.connect(database.dsn)
    found = await connection.fetch("SELECT partition, next_offset FROM feedback.fence")
    await connection.close()
    return {row["partition"]: row["next_offset"] for row in found}


async def whole(database: Database) -> dict[str, list[dict[str, Any]]]:
    """All tables of a database that agrees with itself."""
    assert [finding.name for finding in await verify(database.dsn) if finding.broken_by] == []
    return await contents(database.dsn)


@pytest.mark.timeout(90)
async def test_two_databases_with_half_of_the_partitions_each_hold_together_what_one_does(
    kafka: str, topic: str, database: Database, second_database: Database, third_database: Database
) -> None:
    databases = dict(zip(SHARES, (database, second_database, third_database), strict=True))
    ends = await post_history(kafka, topic)
    expected = {"0-15": set(range(16)), "0-7": set(range(8)), "8-15": set(range(8, 16))}

    async def read() -> bool:
        return all([await fences(databases[share]) == {p: ends[p] for p in held} for share, held in expected.items()])

    async with AsyncExitStack() as running:
        for share, one in databases.items():
            await running.enter_async_context(aggregator(kafka, topic, one, share))
        await until(read, deadline_s=30)
    one, low, high = [await whole(database) for database in databases.values()]
    assert low["ledger"]
    assert high["ledger"]
    assert low.pop("questionnaire_slot") == high.pop("questionnaire_slot") == one.pop("questionnaire_slot")
    named = [{row["oid"] for row in tables.pop("oid")} for tables in (one, low, high)]
    assert named[0] == named[1] | named[2]
    for table, rows in one.items():
        assert sorted(low[table] + high[table], key=str) == rows, table
