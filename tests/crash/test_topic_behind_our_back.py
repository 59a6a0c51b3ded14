"""The topic is made anew or cut while aggregators stay connected: they stop and say so, and never read on.

A line holds back what the aggregator asks of Kafka, so that the log has grown past its position before it looks again.
"""

import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from recount.report import Recount
from traffic.aftermath import PARTITIONS, next_offsets, until
from traffic.campaign import counted
from traffic.comparison import COARSE_GRAINS, compare_figures, compare_requests, readable
from traffic.delayed_line import DelayedLine, lines_to_kafka
from traffic.load import load
from traffic.operations import adopt, make_topic_anew, post, truncate
from traffic.reports import reading

from palautevirta.local.services import AGGREGATOR, COLLECTOR, REPORTING
from palautevirta.local.stack import LocalStack
from palautevirta.verification import verify

NAME = "aggregator-1"
DEADLINE_S = 30.0
CALL_TIMEOUT_S = 10.0


@pytest.fixture
async def held(data_dir: Path) -> AsyncIterator[tuple[LocalStack, DelayedLine]]:
    """A stack with one aggregator, which reaches Kafka through a line."""
    async with (
        lines_to_kafka(NAME) as laid,
        LocalStack(
            data_dir,
            environment=os.environ,
            services=(COLLECTOR, replace(AGGREGATOR, name=NAME, settings=laid.settings[NAME]), REPORTING),
            kafka_lines=laid.listeners,
        ) as stack,
    ):
        yield stack, laid.lines[NAME]


async def stops(stack: LocalStack) -> dict[int, str | None]:
    """Why each partition stands still that was read before, or None."""
    connection = await asyncpg.connect(stack.endpoints.postgres, timeout=CALL_TIMEOUT_S)
    try:
        rows = await connection.fetch("SELECT partition, stopped FROM feedback.fence", timeout=CALL_TIMEOUT_S)
        return {row["partition"]: row["stopped"] for row in rows}
    finally:
        await connection.close(timeout=CALL_TIMEOUT_S)


async def standing_still(stack: LocalStack) -> int:
    """How many partitions the aggregator says that it doesn't read; none while it doesn't answer."""
    with suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as session, session.get(stack.endpoints.metrics[NAME]) as response:
            lines = (await response.text()).splitlines()
        return sum(line.startswith("aggregator_partition_stopped{") and line.endswith(" 1.0") for line in lines)
    return 0


async def ask_again_after(line: DelayedLine) -> None:
    """Nothing of what the aggregator asks of Kafka gets there until the line is released."""
    line.arm(b"")
    await line.held.wait()


@pytest.mark.timeout(120)
async def test_a_topic_made_anew_that_has_grown_past_our_position_is_not_read_on(
    held: tuple[LocalStack, DelayedLine], seed: int
) -> None:
    stack, line = held
    whole = load(seed, requests=600, clients=4)
    first = [replace(one, postings=one.postings[: len(one.postings) // 4]) for one in whole]
    applied = await post(stack, first)
    await counted(stack)
    before = await next_offsets(stack.endpoints.postgres)
    await ask_again_after(line)
    await stack.services["collector"].stop()
    await make_topic_anew(stack.endpoints.kafka)
    await stack.services["collector"].start()
    again = await post(stack, whole)
    line.release()

    async def stopped() -> bool:
        return all((await stops(stack)).values())

    await until(stopped, deadline_s=DEADLINE_S)
    assert set((await stops(stack)).values()) == {"another_topic"}
    assert await next_offsets(stack.endpoints.postgres) == before
    assert [finding for finding in await verify(stack.endpoints.postgres) if finding.broken_by] == []

    aggregator = stack.services[NAME]
    aggregator.program = replace(aggregator.program, ready=None)  # one that stands still isn't
    await aggregator.restart()

    async def looked() -> bool:
        return await standing_still(stack) == PARTITIONS

    await until(looked, deadline_s=DEADLINE_S)
    assert set((await stops(stack)).values()) == {"another_topic"}
    await aggregator.stop()
    status, said = await adopt(stack)
    assert status == 0, said
    await aggregator.start()
    await counted(stack)
    recount = Recount([*applied, *again])
    assert stack.endpoints.reporting is not None
    token = stack.issuer.mint(organisations=[], scope="figures:national operations")
    async with reading(stack.endpoints.reporting, token) as reports:
        lines = await compare_figures(reports, recount, COARSE_GRAINS)
        lines += await compare_requests(reports, recount, sorted(recount.requests))
    assert not lines, readable(lines)
    assert [finding for finding in await verify(stack.endpoints.postgres) if finding.broken_by] == []


@pytest.mark.timeout(120)
async def test_a_topic_cut_past_our_position_is_not_read_on(held: tuple[LocalStack, DelayedLine], seed: int) -> None:
    stack, line = held
    whole = load(seed, requests=400, clients=4)
    await post(stack, [replace(one, postings=one.postings[: len(one.postings) // 2]) for one in whole])
    await counted(stack)
    await ask_again_after(line)
    rest = await post(stack, [replace(one, postings=one.postings[len(one.postings) // 2 :]) for one in whole])
    last = {one.partition: one.offset for one in rest}
    before = await next_offsets(stack.endpoints.postgres)
    cut = {partition for partition, offset in last.items() if before[partition] < offset}
    assert cut
    await truncate(stack.endpoints.kafka, {partition: last[partition] for partition in cut})
    line.release()

    async def stopped() -> bool:
        now = await stops(stack)
        return all(now[partition] for partition in cut)

    await until(stopped, deadline_s=DEADLINE_S)
    assert {partition for partition, reason in (await stops(stack)).items() if reason == "records_lost"} == cut
    after = await next_offsets(stack.endpoints.postgres)
    # What was fetched before the line was held may be applied when it is released; what was cut off isn't jumped over.
    assert [partition for partition in cut if after[partition] >= last[partition]] == []
    assert [finding for finding in await verify(stack.endpoints.postgres) if finding.broken_by] == []
