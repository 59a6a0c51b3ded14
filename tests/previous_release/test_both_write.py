"""The previous release's aggregator and today's share one database with today's migrations, and count every event once.

`aggregator.tar.gz` holds what that process needs: `git archive RELEASE` of services/__init__.py, services/aggregator,
services/runtime, schemas/__init__.py, schemas/events, schemas/national, schemas/sql/__init__.py and
schemas/topics.toml. It is made anew, from the tag, after each release; until the first one it is the last state before
migration 0003.
"""

import asyncio
import os
import sys
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from builders.events import body, recorded, submitted, withdrawn

from palautevirta.local.postgres import Database
from palautevirta.verification import verify
from services.runtime.partitioning import partition_of

ARCHIVE = Path(__file__).with_name("aggregator.tar.gz")
TODAY = Path(__file__).parents[2]
PROVIDERS = [f"1.2.246.562.10.100000000{number:02}" for number in range(1, 60)]
ROUND = 2
"""Of every provider's three events, how many were written before both releases run."""


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    """The folder in which the previous release can run."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path / "previous", filter="data")
    return tmp_path / "previous"


@asynccontextmanager
async def aggregator(
    folder: Path, owner: str, kafka: str, topic: str, database: Database
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of the release that stands in this folder."""
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "KAFKA_BOOTSTRAP": kafka,
        "KAFKA_TOPIC": topic,
        "DATABASE_URL": database.aggregator_dsn,
        "DIGEST_KEYS": "1:" + "5a" * 32,
        "OPERATIONS_PORT": "0",
        "OWNER": owner,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.aggregator"), cwd=folder, env=environ, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0


async def until(connection: "asyncpg.Connection[asyncpg.Record]", sql: str, expected: object) -> None:
    """Ask the database until its answer is as expected."""
    value = None
    try:
        async with asyncio.timeout(40):
            while True:
                value = await connection.fetchval(sql)
                if value == expected:
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"still {value!r} after 40 s: {sql}")


async def test_the_previous_release_writes_beside_todays(
    kafka: str, topic: str, database: Database, previous: Path
) -> None:
    connection = await asyncpg.connect(database.dsn)
    provided = [(recorded(providerid=one), submitted(providerid=one), withdrawn(providerid=one)) for one in PROVIDERS]
    owners = "SELECT count(*) FROM feedback.lease WHERE owner LIKE '{}/%'"
    try:
        async with (
            AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer,
            aggregator(previous, "previous", kafka, topic, database),
        ):
            await until(connection, owners.format("previous"), 16)
            await post(producer, topic, [event for events in provided for event in events[:ROUND]])
            await until(connection, "SELECT count(*) FROM feedback.ledger", ROUND * len(PROVIDERS))
            async with aggregator(TODAY, "today", kafka, topic, database):
                await until(connection, owners.format("today"), 8)
                await until(connection, owners.format("previous"), 8)
                await post(producer, topic, [events[-1] for events in provided[::2]])
                await post(producer, topic, [event for events in provided for event in events[:ROUND]])  # duplicates
                total = ROUND * len(PROVIDERS) + len(provided[::2])
                await until(connection, "SELECT count(*) FROM feedback.ledger", total)
                records = total + ROUND * len(PROVIDERS)
                await until(connection, "SELECT sum(records)::int FROM feedback.provider_day", records)
        counted = await connection.fetchrow(
            "SELECT sum(targets)::int, sum(respondents)::int FROM feedback.month_figure"
        )
        assert tuple(counted) == (len(PROVIDERS), len(PROVIDERS) - len(provided[::2]))
        assert await connection.fetchval("SELECT count(*) FROM feedback.quarantine") == 0
        assert [finding.name for finding in await verify(database.dsn) if finding.broken_by] == []
    finally:
        await connection.close()


async def post(producer: AIOKafkaProducer, topic: str, events: list[dict[str, Any]]) -> None:
    """Write the events to their providers' partitions."""
    sent = [
        await producer.send(topic, body(event), partition=partition_of(event["providerid"], 16)) for event in events
    ]
    await asyncio.gather(*sent)
