"""Whoever looks at the record sees what an aggregator does wrong that has a bug planted on purpose."""

from pathlib import Path

import pytest
from faults.history import small_nation
from faults.schedule import TO_POSTGRES
from faults.watcher import watched
from traffic.aftermath import until
from traffic.campaign import campaign
from traffic.delayed_line import cut_one
from traffic.load import load

CAUGHT_WITHIN_S = 20.0
CUTS = 4
CUT_DEADLINE_S = 5.0


@pytest.mark.timeout(90)
@pytest.mark.parametrize("bug", ["ledger_left_out", "position_first"])
async def test_a_planted_bug_is_caught(data_dir: Path, seed: int, bug: str) -> None:
    async with (
        small_nation(data_dir, aggregator=f"tests.faults.planted.{bug}") as (stack, lines),
        watched(stack.endpoints.postgres) as watcher,
    ):

        async def caught() -> bool:
            return bool(watcher.found)

        async with campaign(stack, load(seed, requests=600, clients=4)) as running:
            await running.gate.open_for(running.postings)
            for _ in range(CUTS):  # the first ones may meet new numbers being given to providers, not an apply
                await cut_one([lines[name] for name in TO_POSTGRES], b"COMMIT", "before", deadline_s=CUT_DEADLINE_S)
        await until(caught, deadline_s=CAUGHT_WITHIN_S)
