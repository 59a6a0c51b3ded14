"""Who may move a fence, how far it promises, and in which order rows are locked so that nobody waits in a circle."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from builders.events import recorded
from builders.states import KEYS, RULES, arrival
from builders.thread import Thread

from palautevirta.adoption import Adoption
from palautevirta.local.postgres import Database
from services.aggregator.leases import Leases
from services.aggregator.store import Batch, FenceLost, Read, Store, connect
from services.runtime.partitioning import partition_of

LAST_MS = 1_764_000_000_000
PROVIDERS = [f"1.2.246.562.10.{10**10 + number}" for number in range(16)]
FREE = "SELECT count(*) FROM (SELECT FROM {} FOR UPDATE SKIP LOCKED) AS free"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    """A store of fences that all stand at 0, under epoch 0."""
    store = Store(await connect({"dsn": database.aggregator_dsn}), RULES, KEYS, 16)
    await store.prepare_partitions(range(16))
    for partition in range(16):
        await store.open_fence(partition, 0, "topic", "log", 0, topic_id=b"")
    yield store
    await store.close()


@pytest.fixture
async def other(database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Somebody else's connection."""
    connection = await asyncpg.connect(database.dsn)
    yield connection
    await connection.close()


def read(partition: int, loaded_offset: int = 0, last_ms: int = LAST_MS) -> Read:
    return Read(partition, 0, loaded_offset, loaded_offset + 1, b"", last_ms)


async def test_whoever_stands_elsewhere_than_the_fence_is_refused_also_under_its_epoch(
    store: Store, thread: Thread
) -> None:
    await store.apply(Batch([read(3)], [], []))
    for elsewhere in (0, 2):
        with pytest.raises(FenceLost):
            await store.apply(Batch([read(3, elsewhere)], [], []))
    assert await thread.connection.fetchval("SELECT next_offset FROM feedback.fence WHERE partition = 3") == 1


async def test_the_millisecond_of_the_last_record_is_not_complete_and_a_time_ahead_of_ours_promises_nothing(
    store: Store, thread: Thread
) -> None:
    until = "SELECT complete_until FROM feedback.fence WHERE partition = 3"
    await store.apply(Batch([read(3)], [], []))
    last = datetime.fromtimestamp(LAST_MS / 1000, UTC)
    assert await thread.connection.fetchval(until) == last - timedelta(milliseconds=1)
    await store.apply(Batch([read(3, 1, LAST_MS * 2)], [], []))
    assert await thread.connection.fetchval(until) <= await store.clock()


@contextlib.asynccontextmanager
async def waits(thread: Thread, work: Awaitable[object]) -> AsyncIterator[None]:
    """Inside, the work waits for a lock; it goes on when the context ends."""
    working = asyncio.ensure_future(work)
    try:
        await thread.until(WAITING, lambda count: count == 1)
        yield
    finally:
        async with asyncio.timeout(20):
            await working


async def test_fences_are_locked_in_the_order_of_their_partitions(
    store: Store, thread: Thread, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    holding = other.transaction()
    await holding.start()
    await other.execute("SELECT FROM feedback.fence WHERE partition = 2 FOR UPDATE")
    async with waits(thread, store.apply(Batch([read(6), read(4), read(2)], [], []))):
        assert await thread.connection.fetchval(FREE.format("feedback.fence")) == 15
        await holding.rollback()


async def test_organisations_are_placed_in_the_order_of_their_oids(
    store: Store, thread: Thread, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await thread.connection.executemany("INSERT INTO feedback.oid (oid) VALUES ($1)", [(oid,) for oid in PROVIDERS])
    holding = other.transaction()
    await holding.start()
    await other.execute("SELECT FROM feedback.oid WHERE oid = $1 FOR UPDATE", min(PROVIDERS))
    arrivals = [arrival(recorded(providerid=oid, subject=oid)) for oid in PROVIDERS]
    homes = {partition_of(oid, 16) for oid in PROVIDERS}
    async with waits(thread, store.apply(Batch([read(home) for home in homes], arrivals, []))):
        assert await thread.connection.fetchval(FREE.format("feedback.oid")) == len(PROVIDERS) - 1
        await holding.rollback()


async def test_whoever_adopts_a_log_waits_for_who_takes_a_lease_before_it_locks_a_fence(
    store: Store, thread: Thread, other: "asyncpg.Connection[asyncpg.Record]", database: Database
) -> None:
    assert await store.load_fences([3])
    adopting = await asyncpg.connect(database.dsn)

    async def adopt() -> None:
        async with adopting.transaction():
            await Adoption(adopting).hold()

    try:
        async with other.transaction():
            await other.execute("SELECT FROM feedback.lease WHERE partition = 3 FOR UPDATE")
            working = asyncio.ensure_future(adopt())
            await thread.until(WAITING, lambda count: count == 1)
            await other.execute("UPDATE feedback.fence SET epoch = epoch + 1 WHERE partition = 3")  # as taking it does
        async with asyncio.timeout(20):
            await working
    finally:
        await adopting.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is held can't be waited on
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def leasing(database: Database) -> AsyncIterator[Leases]:
    """Leases that are kept inside the context."""
    leases = Leases("one", 16, {"dsn": database.aggregator_dsn}, transaction_timeout_s=30)
    stopping = asyncio.Event()
    running = asyncio.create_task(leases.run(stopping))
    try:
        yield leases
    finally:
        stopping.set()
        await running
        await leases.leave()


@pytest.mark.usefixtures("store")
async def test_taking_a_partition_raises_the_greater_of_both_its_epochs(thread: Thread, database: Database) -> None:
    await thread.connection.execute("UPDATE feedback.fence SET epoch = 7 WHERE partition = 3")
    await thread.connection.execute("UPDATE feedback.lease SET epoch = 9 WHERE partition = 4")
    async with leasing(database) as leases:
        await until(lambda: len(leases.held) == 16)
        assert [leases.held[partition] for partition in (3, 4, 5)] == [8, 10, 1]
        rows = await thread.connection.fetch("SELECT partition, epoch FROM feedback.fence")
        assert {row["partition"]: row["epoch"] for row in rows} == leases.held


@pytest.mark.usefixtures("store")
async def test_whoever_could_not_keep_its_leases_for_their_length_holds_nothing(
    thread: Thread, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.aggregator.leases.LEASE", timedelta(seconds=0.5))
    monkeypatch.setattr("services.aggregator.leases.HEARTBEAT_S", 0.05)
    async with leasing(database) as leases:
        await until(lambda: len(leases.held) == 16)
        await thread.connection.execute("ALTER TABLE feedback.aggregator RENAME TO away")
        await until(lambda: leases.held == {})
        await thread.connection.execute("ALTER TABLE feedback.away RENAME TO aggregator")
        await until(lambda: len(leases.held) == 16)
