"""One, two and four aggregators share the partitions while events arrive: three join, one leaves."""

import asyncio
import math
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from traffic.aftermath import PARTITIONS, deadlocks, leases, sessions, until
from traffic.campaign import Campaign, campaign
from traffic.load import load

from palautevirta.local.postgres import Database
from palautevirta.local.services import AGGREGATOR, COLLECTOR, REPORTING, Service
from palautevirta.local.stack import LocalStack

SHARED_WITHIN_S = 15.0


def aggregator(number: int) -> Service:
    return replace(AGGREGATOR, name=f"aggregator-{number}")


@pytest.fixture
async def stack(data_dir: Path) -> AsyncIterator[LocalStack]:
    """Everything, with one aggregator; a kill isn't what this is about, so Postgres needn't wait for its disk."""
    services = (COLLECTOR, aggregator(1), REPORTING)
    async with LocalStack(data_dir, environment=os.environ, services=services, fsync=False) as stack:
        yield stack


async def until_shared_by(stack: LocalStack, running: Campaign, count: int) -> Mapping[str, int]:
    """Wait until so many aggregators hold all partitions, none more than its share; what each of them holds.

    A client posts with every look at the leases, so that events arrive at every moment of the hand-over.
    """
    dsn = stack.endpoints.postgres

    async def shared() -> bool:
        await running.gate.open_for(1)
        held = await leases(dsn)
        return len(held) == count and held.total() == PARTITIONS and max(held.values()) <= math.ceil(PARTITIONS / count)

    try:
        await until(shared, deadline_s=SHARED_WITHIN_S)
    except TimeoutError:
        now = f"after {SHARED_WITHIN_S} s the leases are {dict(await leases(dsn))}, not shared by {count}"
        pytest.fail("\n".join([now, *await sessions(dsn)]))
    return await leases(dsn)


@pytest.mark.timeout(90)
async def test_one_two_and_four_aggregators_share_the_partitions_while_they_come_and_go(
    stack: LocalStack, seed: int
) -> None:
    async with campaign(stack, load(seed, requests=900, clients=4)) as running:
        await until_shared_by(stack, running, 1)
        share = running.postings // 5
        await running.gate.open_for(share)
        await stack.add(aggregator(2))
        assert set((await until_shared_by(stack, running, 2)).values()) == {8}

        await running.gate.open_for(share)
        await asyncio.gather(stack.add(aggregator(3)), stack.add(aggregator(4)))
        assert set((await until_shared_by(stack, running, 4)).values()) == {4}

        await running.gate.open_for(share)
        await stack.services["aggregator-1"].stop()
        await until_shared_by(stack, running, 3)
        await running.gate.open_for(running.postings)
    await running.judge()
    assert await deadlocks(stack.endpoints.postgres) == 0
    for name in ("postgres", *stack.services):
        said = stack.directory.log(name).read_text()
        assert "deadlock" not in said.lower(), name


async def test_a_deadlock_would_have_been_seen(database: Database) -> None:
    one, two = await asyncpg.connect(database.dsn), await asyncpg.connect(database.dsn)
    await one.execute("SET deadlock_timeout = '10ms'; INSERT INTO feedback.fence (partition) VALUES (0), (1)")
    lock = "SELECT FROM feedback.fence WHERE partition = $1 FOR UPDATE"
    async with asyncio.timeout(10):
        first, second = one.transaction(), two.transaction()
        await asyncio.gather(first.start(), second.start())
        await asyncio.gather(one.execute(lock, 0), two.execute(lock, 1))
        outcomes = await asyncio.gather(one.execute(lock, 1), two.execute(lock, 0), return_exceptions=True)
        assert [type(one) for one in outcomes if isinstance(one, BaseException)] == [asyncpg.DeadlockDetectedError]
        await asyncio.gather(one.close(), two.close())
    assert await deadlocks(database.dsn) == 1
