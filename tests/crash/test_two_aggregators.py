"""Two aggregators share the partitions; one that dies or sleeps past its leases leaves them to the other."""

import signal
from collections.abc import Sequence

import pytest
from traffic.aftermath import PARTITIONS, leases, sessions, until
from traffic.campaign import Campaign, campaign, counted
from traffic.load import load
from traffic.notes import tell

from palautevirta.local.stack import LocalStack

ALL = (PARTITIONS,)
HALVES = (PARTITIONS // 2, PARTITIONS // 2)
HAND_OVER_S = 30.0
"""A lease of 5 s, a heartbeat every second, and a slow machine. One that was put to sleep while it sent a batch holds
its fence rows until its transaction is ended after 10 s: to the server it is active, not idle."""


async def until_held(stack: LocalStack, wanted: Sequence[int]) -> float:
    """Wait until the aggregators hold so many partitions each, in any order; the seconds that it took."""
    dsn = stack.endpoints.postgres

    async def held() -> bool:
        return sorted((await leases(dsn)).values()) == sorted(wanted)

    try:
        return await until(held, deadline_s=HAND_OVER_S)
    except TimeoutError:
        now = f"after {HAND_OVER_S} s the leases are {dict(await leases(dsn))}, not {list(wanted)}"
        running = [name for name, child in stack.services.items() if child.running]
        pytest.fail("\n".join([now, f"processes: {running}", *await sessions(dsn)]))


async def hurt_in_the_middle(
    running: Campaign, postings: int, stack: LocalStack, name: str, how: signal.Signals
) -> None:
    """Let so many postings on and send the signal when half of them are settled."""
    await running.gate.open_for(postings)
    await running.gate.until_left(postings // 2)
    stack.services[name].kill(how)


@pytest.mark.timeout(150)
async def test_the_other_takes_over_within_seconds_when_one_is_killed(stack: LocalStack, seed: int) -> None:
    async with campaign(stack, load(seed, requests=600, clients=4)) as running:
        third = running.postings // 3
        await hurt_in_the_middle(running, third, stack, "aggregator-2", signal.SIGKILL)
        tell(f"handed over {await until_held(stack, ALL):.1f} s after the kill")
        await running.gate.open_for(third)
        await running.gate.until_left(0)
        await counted(stack)
        await stack.services["aggregator-2"].start()
        await until_held(stack, HALVES)
        await running.gate.open_for(running.postings)
    await running.judge()


@pytest.mark.timeout(150)
async def test_one_that_slept_past_its_leases_changes_nothing_when_it_wakes(stack: LocalStack, seed: int) -> None:
    async with campaign(stack, load(seed, requests=600, clients=4)) as running:
        third = running.postings // 3
        await hurt_in_the_middle(running, third, stack, "aggregator-1", signal.SIGSTOP)
        tell(f"handed over {await until_held(stack, ALL):.1f} s after the sleep began")
        await running.gate.open_for(third)
        await running.gate.until_left(third // 2)
        stack.services["aggregator-1"].kill(signal.SIGCONT)
        await running.gate.until_left(0)
        await counted(stack)
        await until_held(stack, HALVES)
        await running.gate.open_for(running.postings)
    await running.judge()
