"""Every part is killed in the middle of a load and started again; the figures are those of an undisturbed day."""

import signal
from random import Random

import pytest
from traffic.campaign import campaign
from traffic.load import load

from palautevirta.local.process import ChildProcess
from palautevirta.local.stack import LocalStack

REQUESTS = 1_500
CLIENTS = 4
ROUNDS = 2


def victims(stack: LocalStack, random: Random) -> list[ChildProcess]:
    """Each part in each round, an aggregator and the servers beneath them too, in any order."""
    assert stack.kafka is not None
    assert stack.postgres is not None
    chosen: list[ChildProcess] = []
    for number in range(ROUNDS):
        parts = [
            stack.services[f"aggregator-{number % 2 + 1}"],
            stack.services["collector"],
            stack.kafka,
            stack.postgres,
        ]
        chosen += random.sample(parts, len(parts))
    return chosen


@pytest.mark.timeout(120)
async def test_nothing_is_lost_or_counted_twice_when_every_part_is_killed_under_load(
    stack: LocalStack, seed: int
) -> None:
    random = Random(seed)
    hurt = victims(stack, random)
    async with campaign(stack, load(seed, requests=REQUESTS, clients=CLIENTS)) as running:
        share = running.postings // len(hurt)
        for victim in hurt:
            await running.gate.open_for(share)
            await running.gate.until_left(random.randrange(1, share))
            victim.kill()
            assert await victim.wait() == -signal.SIGKILL
            await victim.start()
        await running.gate.open_for(running.postings)
    assert sum(client.unknown for client in running.told) > 0
    await running.judge()
