import asyncio
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest
from click.testing import CliRunner

from palautevirta.__main__ import main
from palautevirta.local.postgres import create_database, drop_database
from palautevirta.migrations import Migration, MigrationFailed, MigrationRefused, load_migrations, migrate

FIRST = Migration(1, "first", "CREATE TABLE feedback.a (x integer); CREATE TABLE feedback.b ();")
SECOND = Migration(2, "second", "INSERT INTO feedback.a VALUES (1);")
BROKEN = Migration(2, "broken", "INSERT INTO feedback.a VALUES (1); SELECT 1 / 0;")


@pytest.fixture
async def empty(postgres: str) -> AsyncIterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    yield await create_database(postgres, name)
    await drop_database(postgres, name)


async def value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_every_migration_is_applied_once_in_order(empty: str) -> None:
    assert await migrate(empty, [FIRST]) == (FIRST,)
    assert await migrate(empty, [FIRST, SECOND]) == (SECOND,)
    assert await migrate(empty, [FIRST, SECOND]) == ()
    assert await value(empty, "SELECT count(*) FROM feedback.a") == 1
    assert await value(empty, "SELECT array_agg(name ORDER BY number) FROM feedback.schema_migration") == [
        "first",
        "second",
    ]


async def test_several_that_migrate_at_once_apply_each_step_once(empty: str) -> None:
    applied = await asyncio.gather(*(migrate(empty, [FIRST, SECOND]) for _ in range(4)))
    assert sorted(len(one) for one in applied) == [0, 0, 0, 2]
    assert await value(empty, "SELECT count(*) FROM feedback.a") == 1


async def test_a_failing_migration_leaves_the_steps_before_it_and_nothing_of_its_own(empty: str) -> None:
    with pytest.raises(MigrationFailed, match=r"0002_broken\.sql was rolled back: division by zero"):
        await migrate(empty, [FIRST, BROKEN])
    assert await value(empty, "SELECT count(*) FROM feedback.a") == 0
    assert await migrate(empty, [FIRST, SECOND]) == (SECOND,)


async def test_a_changed_file_and_a_database_ahead_are_refused(empty: str) -> None:
    await migrate(empty, [FIRST, SECOND])
    with pytest.raises(MigrationRefused, match="not the text that was applied"):
        await migrate(empty, [FIRST, BROKEN])
    with pytest.raises(MigrationRefused, match="ahead of this release"):
        await migrate(empty, [FIRST])


async def test_a_migration_gives_up_on_a_lock_rather_than_make_everybody_wait(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palautevirta.migrations._LOCK_TIMEOUT", "50ms")
    await migrate(empty, [FIRST])
    busy = await asyncpg.connect(empty)
    async with busy.transaction():
        await busy.execute("LOCK TABLE feedback.a IN ROW EXCLUSIVE MODE")
        with pytest.raises(MigrationFailed, match="lock timeout"):
            await migrate(empty, [FIRST, Migration(2, "widen", "ALTER TABLE feedback.a ADD y integer")])
    await busy.close()


def test_the_command_line_migrates_and_says_what_it_did(empty: str) -> None:
    arguments = ["migrate", "--database-url", empty]
    first = CliRunner().invoke(main, arguments, catch_exceptions=False).stdout
    assert first.startswith("applied 0001_")
    assert first.count("applied") == len(load_migrations())
    assert CliRunner().invoke(main, arguments, catch_exceptions=False).stdout == "nothing to apply\n"


async def test_this_release_migrates_an_empty_database_and_finds_nothing_more_to_do(empty: str) -> None:
    assert await migrate(empty, load_migrations()) == load_migrations()
    assert await migrate(empty, load_migrations()) == ()
