"""An aggregator that is stopped while it sends a batch doesn't keep the next one from its fences for long."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from builders.events import recorded
from builders.thread import HOME, Thread

from palautevirta.local.postgres import Database
from services.aggregator.store import DRIVER_ERRORS, close, connect

SLOW = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


async def test_whoever_holds_a_fence_and_falls_silent_while_it_copies_is_shut_out(
    thread: Thread, database: Database
) -> None:
    silent = asyncio.Event()

    async def falls_silent() -> AsyncIterator[bytes]:
        silent.set()
        await asyncio.Event().wait()
        yield b""

    async def half_a_batch() -> None:
        async with stopped.transaction():
            await stopped.execute(f"UPDATE feedback.fence SET next_offset = 9 WHERE partition = {HOME}")
            await stopped.copy_to_table("ledger", schema_name="feedback", source=falls_silent())

    await thread.count(recorded())
    stopped = await connect({"dsn": database.aggregator_dsn}, transaction_timeout_s=1)
    sending = asyncio.create_task(half_a_batch())
    try:
        async with asyncio.timeout(10):
            await silent.wait()
        await thread.post(recorded(subject="after"))
        async with thread.aggregator(TRANSACTION_TIMEOUT_SECONDS="1"):
            await thread.read_up_to(2)
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, *DRIVER_ERRORS):
            await sending
        await close(stopped)
    assert await thread.broken() == []


async def test_a_batch_that_takes_longer_than_a_transaction_may_is_halved(thread: Thread) -> None:
    await thread.post(*(recorded(subject=f"r-{number}") for number in range(4)))
    await thread.connection.execute("ALTER TABLE feedback.request ADD CHECK (pg_sleep(0.3) IS NOT NULL)")
    async with thread.aggregator(TRANSACTION_TIMEOUT_SECONDS="1"):
        await thread.read_up_to(4)
    assert await thread.broken() == []


async def test_a_lane_takes_its_bound_from_the_settings(thread: Thread) -> None:
    await thread.connection.execute("ALTER TABLE feedback.request ADD CHECK (pg_sleep(60) IS NOT NULL)")
    await thread.post(recorded())
    async with thread.aggregator(TRANSACTION_TIMEOUT_SECONDS="1"):
        pid = await thread.until(SLOW, lambda value: value is not None)
        # Sooner than the statement's own time-out of 25 s, which would end it too.
        await thread.until("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", lambda count: count == 0, pid)
        await thread.connection.execute("ALTER TABLE feedback.request DROP CONSTRAINT request_check")
        await thread.read_up_to(1)
