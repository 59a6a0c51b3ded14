"""Two aggregators share the partitions; one that dies or sleeps past its leases leaves them to the other."""

import signal
from collections import Counter

import pytest
from traffic.aftermath import PARTITIONS, leases, sessions, until
from traffic.campaign import Campaign, campaign, counted
from traffic.load import load
from traffic.notes import tell

from palautevirta.local.stack import LocalStack

HAND_OVER_S = 10.0
"""A lease of 5 s, a heartbeat every second, and a slow machine."""


async def hand_over_s(stack: LocalStack, heir: str) -> float:
    """Wait until this aggregator holds every partition; the seconds that it took."""

    async def inherited() -> bool:
        return await leases(stack.endpoints.postgres) == Counter({heir: PARTITIONS})

    try:
        return await until(inherited, deadline_s=HAND_OVER_S)
    except TimeoutError:
        dsn = stack.endpoints.postgres
        lines = [f"after {HAND_OVER_S} s the leases are {await leases(dsn)}", *await sessions(dsn)]
        pytest.fail("\n".join(lines))


async def shared_again(stack: LocalStack) -> None:
    """Wait until both hold their half."""

    async def shared() -> bool:
        return sorted((await leases(stack.endpoints.postgres)).values()) == [PARTITIONS // 2] * 2

    await until(shared, deadline_s=HAND_OVER_S)


async def hurt_in_the_middle(
    running: Campaign, postings: int, stack: LocalStack, name: str, how: signal.Signals
) -> None:
    """Let so many postings on and send the signal when half of them are settled."""
    await running.gate.open_for(postings)
    await running.gate.until_left(postings // 2)
    stack.services[name].kill(how)


@pytest.mark.timeout(90)
async def test_the_other_takes_over_within_seconds_when_one_is_killed(stack: LocalStack, seed: int) -> None:
    async with campaign(stack, load(seed, requests=600, clients=4)) as running:
        third = running.postings // 3
        await hurt_in_the_middle(running, third, stack, "aggregator-2", signal.SIGKILL)
        tell(f"handed over {await hand_over_s(stack, 'aggregator-1'):.1f} s after the kill")
        await running.gate.open_for(third)
        await running.gate.until_left(0)
        await counted(stack)
        await stack.services["aggregator-2"].start()
        await shared_again(stack)
        await running.gate.open_for(running.postings)
    await running.judge()


@pytest.mark.timeout(90)
async def test_one_that_slept_past_its_leases_changes_nothing_when_it_wakes(stack: LocalStack, seed: int) -> None:
    async with campaign(stack, load(seed, requests=600, clients=4)) as running:
        third = running.postings // 3
        await hurt_in_the_middle(running, third, stack, "aggregator-1", signal.SIGSTOP)
        tell(f"handed over {await hand_over_s(stack, 'aggregator-2'):.1f} s after the sleep began")
        await running.gate.open_for(third)
        await running.gate.until_left(third // 2)
        stack.services["aggregator-1"].kill(signal.SIGCONT)
        await running.gate.until_left(0)
        await counted(stack)
        await shared_again(stack)
        await running.gate.open_for(running.postings)
    await running.judge()
