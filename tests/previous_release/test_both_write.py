"""The previous release's aggregator goes on while today's migrations are applied, and beside today's; all counts once.

`aggregator.tar.gz` holds what that process needs: `git archive RELEASE` of services/__init__.py, services/aggregator,
services/runtime, schemas/__init__.py, schemas/events, schemas/national, schemas/sql/__init__.py and
schemas/topics.toml. It is made anew, from the tag, after each release; until the first one it is the last state before
migration 0003.
"""

import asyncio
import json
import secrets
import tarfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from builders.events import body, recorded, student_background, submitted, withdrawn
from builders.process import aggregator_environ, aggregator_process

from palautevirta.local.postgres import Database, create_database, drop_database
from palautevirta.migrations import load_migrations, migrate
from palautevirta.verification import verify
from services.runtime.partitioning import partition_of

ARCHIVE = Path(__file__).with_name("aggregator.tar.gz")
TODAY = Path(__file__).parents[2]
PROVIDERS = [f"1.2.246.562.10.100000000{number:02}" for number in range(1, 60)]
ITS_MIGRATIONS = 2
"""How many migrations the previous release has."""
READ = "SELECT sum(next_offset - first_offset)::int FROM feedback.fence"
IN_FLIGHT = 300
"""How far the previous release may be behind before more is written."""
RETRIED = {"heartbeat_failed", "lane_restarted", "books_not_checked"}
"""What it may say of a migration that was in its way."""
ROUND = 2
"""Of every provider's three events, how many were written before both releases run."""


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    """The folder in which the previous release can run."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path / "previous", filter="data")
    return tmp_path / "previous"


def aggregator(
    kafka: str, topic: str, database: Database, owner: str, folder: Path, *, log: Path | None = None
) -> AbstractAsyncContextManager[Process]:
    """A process of the release that stands in this folder."""
    environ = aggregator_environ(kafka, topic, database) | {"OWNER": owner}
    return aggregator_process(environ, folder=folder, log=log)


async def until(
    connection: "asyncpg.Connection[asyncpg.Record]", sql: str, expected: object, *, at_least: bool = False
) -> None:
    """Ask the database until its answer is as expected, or a number that is no smaller."""
    value = None
    try:
        async with asyncio.timeout(40):
            while True:
                value = await connection.fetchval(sql)
                if value == expected or (at_least and value is not None and value >= expected):
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
            aggregator(kafka, topic, database, "previous", previous),
        ):
            await until(connection, owners.format("previous"), 16)
            await post(producer, topic, [event for events in provided for event in events[:ROUND]])
            await until(connection, "SELECT count(*) FROM feedback.ledger", ROUND * len(PROVIDERS))
            async with aggregator(kafka, topic, database, "today", TODAY):
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


@pytest.fixture
async def old_database(postgres: str, role_passwords: dict[str, str]) -> AsyncIterator[Database]:
    """A database as the previous release left it."""
    name = f"test_{secrets.token_hex(6)}"
    database = Database(await create_database(postgres, name), role_passwords)
    await migrate(database.dsn, load_migrations()[:ITS_MIGRATIONS])
    await database.let_roles_log_in()
    yield database
    await drop_database(postgres, name)


async def test_the_previous_release_counts_on_while_every_newer_migration_is_applied(
    kafka: str, topic: str, old_database: Database, previous: Path, tmp_path: Path
) -> None:
    connection = await asyncpg.connect(old_database.dsn)
    log = tmp_path / "previous.log"
    stopping = asyncio.Event()
    sent = 0

    async def feed(producer: AIOKafkaProducer, more: list[dict[str, Any]]) -> None:
        nonlocal sent
        while not stopping.is_set():
            events = [recorded(providerid=one, subject=f"s-{sent}") for one in PROVIDERS] + more
            more.clear()
            await post(producer, topic, events)
            sent += len(events)
            await until(counting, READ, sent - IN_FLIGHT, at_least=True)

    counting = await asyncpg.connect(old_database.dsn)
    try:
        async with (
            AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer,
            aggregator(kafka, topic, old_database, "previous", previous, log=log),
        ):
            bad: list[dict[str, Any]] = []
            feeding = asyncio.create_task(feed(producer, bad))
            for number in range(ITS_MIGRATIONS, len(load_migrations()) + 1):
                await migrate(old_database.dsn, load_migrations()[:number])
                bad.append(recorded(student_background(qualification="x"), providerid=PROVIDERS[0]))
                read = await connection.fetchval(READ) or 0
                await until(connection, READ, read + 2 * IN_FLIGHT, at_least=True)
            stopping.set()
            await feeding
            await until(connection, READ, sent)
        rejected = len(load_migrations()) + 1 - ITS_MIGRATIONS
        assert await connection.fetchval("SELECT count(*) FROM feedback.quarantine") == rejected
        assert await connection.fetchval("SELECT count(*) FROM feedback.request") == sent - rejected
        assert await connection.fetchval("SELECT sum(targets)::int FROM feedback.month_figure") == sent - rejected
        assert [finding.name for finding in await verify(old_database.dsn) if finding.broken_by] == []
        told = [json.loads(line) for line in log.read_text().splitlines()]
        assert [line for line in told if line["level"] not in {"debug", "info"} and line["event"] not in RETRIED] == []
    finally:
        stopping.set()
        await connection.close()
        await counting.close()


async def post(producer: AIOKafkaProducer, topic: str, events: list[dict[str, Any]]) -> None:
    """Write the events to their providers' partitions."""
    sent = [
        await producer.send(topic, body(event), partition=partition_of(event["providerid"], 16)) for event in events
    ]
    await asyncio.gather(*sent)
