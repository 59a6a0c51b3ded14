"""What is lost with Postgres comes back out of the log (storage: retention of the topic; architecture, promise 3)."""

from dataclasses import replace

import asyncpg
import pytest
from traffic.aftermath import next_offsets, until
from traffic.backup import back_up, lose, restore
from traffic.campaign import campaign, counted
from traffic.comparison import readable
from traffic.load import load
from traffic.record import apart, published

from palautevirta.local.postgres import Database, create_database
from palautevirta.local.services import AGGREGATOR
from palautevirta.local.stack import LocalStack
from palautevirta.migrations import load_migrations, migrate

CALL_TIMEOUT_S = 10.0
REPLAY_DEADLINE_S = 40.0
NOT_OF_THE_LOG = {
    *("organisation", "merger", "funding_input", "reference_version"),
    *("edition", "edition_offset", "edition_cell", "edition_answers", "edition_structure", "edition_organisation"),
    *("edition_coefficient", "edition_funding_input"),
}
"""What an operator loaded or published, and nobody did here; everything else must have rows to be compared."""


async def ask(stack: LocalStack, statement: str) -> object:
    """Run a statement as the owner; the first value of its answer."""
    connection = await asyncpg.connect(stack.endpoints.postgres, timeout=CALL_TIMEOUT_S)
    try:
        return await connection.fetchval(statement, timeout=CALL_TIMEOUT_S)
    finally:
        await connection.close(timeout=CALL_TIMEOUT_S)


@pytest.mark.timeout(120)
async def test_an_older_back_up_heals_itself_from_the_log(stack: LocalStack, seed: int) -> None:
    """Clients and aggregators go on while the server is away; after it came back it stands where the back-up stood."""
    assert stack.postgres is not None
    async with campaign(stack, load(seed, requests=900, clients=4)) as running:
        third = running.postings // 3
        await running.gate.open_for(third)
        await running.gate.until_left(third // 3)  # the back-up is taken while events are applied
        backup = await back_up(stack.postgres, stack.endpoints.postgres)
        await running.gate.until_left(0)
        await counted(stack)
        at_back_up = sum((await next_offsets(stack.endpoints.postgres)).values())
        await running.gate.open_for(third)
        await running.gate.until_left(0)
        await counted(stack)
        assert sum((await next_offsets(stack.endpoints.postgres)).values()) > at_back_up
        await ask(stack, "CREATE TABLE public.made_after_the_back_up ()")
        await lose(stack.postgres)
        await running.gate.open_for(third // 2)
        await running.gate.until_left(0)
        await restore(stack.postgres, backup)
        assert await ask(stack, "SELECT to_regclass('public.made_after_the_back_up')") is None
        await running.gate.open_for(running.postings)
    await running.judge()


async def empty_database(stack: LocalStack) -> Database:
    """A second database beside the live one, migrated and empty, for the same roles."""
    database = replace(stack.database, dsn=await create_database(stack.endpoints.postgres, "replayed"))
    await migrate(database.dsn, load_migrations())
    return database


@pytest.mark.timeout(120)
async def test_the_log_replayed_into_an_empty_database_equals_live(stack: LocalStack, seed: int) -> None:
    """One aggregator with other batches than the live ones, and the same keys of digests."""
    async with campaign(stack, load(seed, requests=900, clients=4)) as running:
        await running.gate.open_for(running.postings)
    await running.judge()
    other = await empty_database(stack)
    settings = {"DATABASE_URL": other.aggregator_dsn, "BATCH_RECORDS": "150"}
    await stack.add(replace(AGGREGATOR, name="aggregator-replay", settings=settings))
    wanted = await next_offsets(stack.endpoints.postgres)

    async def caught_up() -> bool:
        return await next_offsets(other.dsn) == wanted

    await until(caught_up, deadline_s=REPLAY_DEADLINE_S)
    live = await published(stack.endpoints.postgres)
    assert {name for name, rows in live.items() if not rows} == NOT_OF_THE_LOG & live.keys()
    lines = apart(live, await published(other.dsn))
    assert not lines, readable(lines)
