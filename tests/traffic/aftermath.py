"""What the servers themselves hold after a load: the log record by record, the leases, the fences."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from recount.ledger import Arrival, Event, content_of, name_of

TOPIC: Final = "feedback.events.v1"
PARTITIONS: Final = 16
AWAY: Final = (
    OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
)  # fmt: skip
"""What asking a Postgres raises that is being hurt."""
_PROBE_PAUSE_S: Final = 0.05
_CALL_TIMEOUT_S: Final = 20.0
_CLOSE_TIMEOUT_S: Final = 2.0


async def whole_log(kafka: str) -> list[Arrival]:
    """Every record of the topic, in order; the event in each as the collector published it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    async with asyncio.timeout(_CALL_TIMEOUT_S):
        await consumer.start()
        try:
            partitions = [TopicPartition(TOPIC, number) for number in range(PARTITIONS)]
            consumer.assign(partitions)
            ends: Mapping[TopicPartition, int] = await consumer.end_offsets(partitions)
            found: list[Arrival] = []
            while len(found) < sum(ends.values()):
                for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                    found += [Arrival(partition.partition, one.offset, json.loads(one.value)) for one in records]
            return sorted(found, key=lambda one: (one.partition, one.offset))
        finally:
            await consumer.stop()


def log_faults(log: Iterable[Arrival], accepted: Iterable[Arrival], posted: Iterable[Event]) -> list[str]:
    """What is wrong with a log: gaps, records that nobody posted, acknowledged events that aren't where it was said."""
    lines: list[str] = []
    expected_offsets: Counter[int] = Counter()
    postable = {_identity(event) for event in posted}
    at_receipt: dict[str, Any] = {}
    for record in log:
        if record.offset != expected_offsets[record.partition]:
            lines.append(f"partition {record.partition} continues with offset {record.offset}")
        expected_offsets[record.partition] = record.offset + 1
        at_receipt[record.receipt] = _identity(record.event)
        if at_receipt[record.receipt] not in postable:
            lines.append(f"{record.receipt} was posted by nobody: {record.event}")
    lost = (arrival for arrival in accepted if at_receipt.get(arrival.receipt) != _identity(arrival.event))
    return lines + [f"{one.receipt} was given for {name_of(one.event)}, which isn't there" for one in lost]


async def leases(dsn: str) -> Counter[str]:
    """How many partitions each aggregator holds now, by the name that it was started under."""
    rows = await _fetch(dsn, "SELECT owner FROM feedback.lease WHERE until > clock_timestamp()")
    return Counter(row["owner"].partition("/")[0] for row in rows)


async def sessions(dsn: str) -> list[str]:
    """What every other session of the database is doing: for the failure of a test that waited for one of them."""
    rows = await _fetch(
        dsn,
        """
        SELECT format('%s %s, %s %s, in transaction for %s, last heard of %s ago: %s', application_name, pid, state,
                      wait_event, now() - xact_start, now() - state_change, left(query, 80)) AS line
        FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid
        """,
    )
    return [row["line"] for row in rows]


async def deadlocks(dsn: str) -> int:
    """How many deadlocks Postgres has broken in this database (SQLSTATE 40P01)."""
    (row,) = await _fetch(dsn, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(row["deadlocks"])


async def next_offsets(dsn: str) -> dict[int, int]:
    """How far each partition was read, those of which nothing was read left out."""
    rows = await _fetch(dsn, "SELECT partition, next_offset FROM feedback.fence WHERE next_offset > 0")
    return {row["partition"]: row["next_offset"] for row in rows}


async def until(holds: Callable[[], Awaitable[bool]], *, deadline_s: float) -> float:
    """Ask again and again until it holds; the seconds that it took. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(deadline_s):
        while not await holds():  # noqa: ASYNC110 - servers of other processes can only be asked
            await asyncio.sleep(_PROBE_PAUSE_S)
    return loop.time() - began


def _identity(event: Event) -> Any:
    """A name and a content, or None for what can't be valid."""
    try:
        return name_of(event), content_of(event)
    except (KeyError, TypeError, ValueError):
        return None


async def _fetch(dsn: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn, timeout=_CALL_TIMEOUT_S, command_timeout=_CALL_TIMEOUT_S)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement)
        return rows
    finally:
        await connection.close(timeout=_CLOSE_TIMEOUT_S)
