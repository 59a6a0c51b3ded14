"""A batch that reaches Postgres after its sender's leases ran out and another one counted the same records.

The fence is what keeps it out, so an aggregator without one has to be caught here.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from faults.watcher import watched
from traffic.aftermath import PARTITIONS, leases, until
from traffic.campaign import Campaign, campaign, counted
from traffic.delayed_line import DelayedLine, line_to_postgres
from traffic.load import load

from palautevirta.local.services import AGGREGATOR, COLLECTOR, REPORTING
from palautevirta.local.stack import LocalStack

DEADLINE_S = 15.0


@pytest.fixture
async def line(data_dir: Path, request: pytest.FixtureRequest) -> AsyncIterator[tuple[LocalStack, DelayedLine]]:
    """A stack with one aggregator (a test may name its module), which reaches Postgres through a line."""
    module = getattr(request, "param", AGGREGATOR.module)
    async with (
        LocalStack(data_dir, environment=os.environ, services=(COLLECTOR, REPORTING)) as stack,
        line_to_postgres(stack.database.aggregator_dsn) as (line, settings),
    ):
        await stack.add(replace(AGGREGATOR, name="aggregator-1", module=module, settings=settings))
        yield stack, line
        line.release()
        await stack.services["aggregator-1"].stop()


async def fences_lost(stack: LocalStack, name: str) -> float:
    """How often this aggregator was shut out by a fence."""
    async with aiohttp.ClientSession() as session, session.get(stack.endpoints.metrics[name]) as response:
        lines = (await response.text()).splitlines()
    found = [line for line in lines if line.startswith('aggregator_lane_restarts_total{reason="fence_lost"}')]
    return sum(float(line.rpartition(" ")[2]) for line in found)


async def overtaken(stack: LocalStack, delay: DelayedLine, running: Campaign) -> None:
    """The first aggregator's batch is on its way, and another one has counted what is in it."""

    async def inherited() -> bool:
        return await leases(stack.endpoints.postgres) == Counter({"aggregator-2": PARTITIONS})

    third = running.postings // 3
    await running.gate.open_for(third)
    await running.gate.until_left(0)
    await counted(stack)
    delay.arm(b"BEGIN")
    await running.gate.open_for(third)
    await running.gate.until_left(0)
    assert delay.held.is_set()
    await stack.add(replace(AGGREGATOR, name="aggregator-2"))
    await until(inherited, deadline_s=DEADLINE_S)
    await counted(stack)


@pytest.mark.timeout(90)
async def test_a_batch_that_arrives_after_another_took_over_is_not_counted_again(
    line: tuple[LocalStack, DelayedLine], seed: int
) -> None:
    stack, delay = line

    async def shut_out() -> bool:
        return await fences_lost(stack, "aggregator-1") > 0

    async with campaign(stack, load(seed, requests=600, clients=4)) as running:
        await overtaken(stack, delay, running)
        delay.release()
        await until(shut_out, deadline_s=DEADLINE_S)
        await running.gate.open_for(running.postings)
    await running.judge()


@pytest.mark.timeout(90)
@pytest.mark.parametrize("line", ["tests.faults.planted.fence_left_out"], indirect=True)
async def test_an_aggregator_without_the_fence_is_caught(line: tuple[LocalStack, DelayedLine], seed: int) -> None:
    stack, delay = line
    async with watched(stack.endpoints.postgres) as watcher:

        async def caught() -> bool:
            return bool(watcher.found)

        async with campaign(stack, load(seed, requests=600, clients=4)) as running:
            await overtaken(stack, delay, running)
            assert not watcher.found
            delay.release()
            await until(caught, deadline_s=DEADLINE_S)
            await running.gate.open_for(running.postings)
