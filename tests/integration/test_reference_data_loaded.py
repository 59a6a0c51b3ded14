"""Reference data by the command line into a real Postgres: whole versions or nothing."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner, Result

import schemas
from palautevirta.__main__ import main
from palautevirta.local.postgres import Database
from palautevirta.reference_data.loading import MERGERS, ORGANISATIONS, Loaded, load
from palautevirta.reference_data.versions import Changes

EXAMPLES = Path(schemas.__file__).parents[1] / "docs" / "examples"
A = "1.2.246.562.99.10000000001"
B = "1.2.246.562.99.10000000002"
C = "1.2.246.562.99.10000000003"


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(database.reporting_dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def run(database: Database, *arguments: str) -> Result:
    arguments = (*arguments, "--database-url", database.dsn)
    return await asyncio.to_thread(CliRunner().invoke, main, arguments, catch_exceptions=False)


async def test_the_examples_load_in_order_and_a_second_time_change_nothing(database: Database) -> None:
    commands = {"organisations": ["organisations"], "mergers": ["mergers"], "funding_inputs": ["funding", "inputs"]}
    for name, command in commands.items():
        file = str(EXAMPLES / f"{name}.csv")
        first = await run(database, *command, "load", file, "--day", "2026-11-01")
        assert first.exit_code == 0, first.output
        assert first.stdout.startswith(f"{name.replace('_', ' ')} version 1 of 2026-11-01, ")
        assert ("used for the transition of 2026\n" in first.stdout) == (name == "funding_inputs")
        again = await run(database, *command, "load", file)
        assert again.exit_code == 0
        assert again.stdout == f"nothing new: the same rows stand as {first.stdout}"
    assert await rows(database, "SELECT kind, version, day FROM reporting.reference_version ORDER BY kind") == [
        (name, 1, date(2026, 11, 1)) for name in sorted(commands)
    ]
    assert await rows(database, "SELECT * FROM reporting.merger") == [(1, B, A, date(2026, 1, 1))]
    assert await rows(database, "SELECT provider, share FROM reporting.funding_input ORDER BY provider") == [
        (A, "1/2"),
        (B, "3/10"),
        (C, "1/5"),
    ]
    names = await rows(database, "SELECT name_sv, funded_years FROM reporting.organisation ORDER BY oid LIMIT 2")
    assert names == [("Exempels utbildningssamkommun", [2025, 2026, 2027]), (None, [2025])]


async def test_a_file_with_one_wrong_line_changes_nothing_and_says_why(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "mergers.csv"
    file.write_text(f"provider,successor,day\n{A},{B},2026-01-01\n{B},{A},2026-01-01\n")
    refused = await run(database, "mergers", "load", str(file))
    unknown = "neither the organisation table nor the record knows"
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        *sorted(f"line 2: {unknown} {oid}" for oid in (A, B)),
        f"line 3: mergers lead in a circle: {A} → {B} → {A}; remove one of them",
        *sorted(f"line 3: {unknown} {oid}" for oid in (A, B)),
        "Error: nothing was loaded: 5 refusals",
    ]
    assert await rows(database, "SELECT * FROM reporting.reference_version") == []


async def test_the_record_knows_organisations_too_and_older_versions_stay(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn)
    try:
        await connection.executemany("INSERT INTO feedback.oid (oid) VALUES ($1)", [(A,), (B,), (C,)])
        first = f"provider,successor,day\n{A},{B},2026-01-01\n".encode()
        second = f"provider,successor,day\n{A},{C},2026-01-01\n".encode()
        day = date(2026, 1, 1)
        versions = [await load(database.dsn, MERGERS, content, day) for content in (first, second, first)]
        one_changed = [None, *(Changes(number, day, added=0, removed=0, changed=1) for number in (1, 2))]
        assert versions == [
            Loaded(number, day, 1, new=True, changes=found) for number, found in enumerate(one_changed, start=1)
        ]
        assert [tuple(row) for row in await connection.fetch("SELECT version, successor FROM feedback.merger")] == [
            (1, B),
            (2, C),
            (3, B),
        ]
    finally:
        await connection.close()


async def test_a_table_is_taken_out_changed_and_taken_back_to_none(database: Database, tmp_path: Path) -> None:
    nothing = await run(database, "mergers", "show")
    assert (nothing.exit_code, nothing.stderr) == (1, "Error: no mergers were ever loaded\n")
    for command in (["organisations"], ["mergers"], ["funding", "inputs"]):
        file = str(EXAMPLES / f"{'_'.join(command)}.csv")
        assert (await run(database, *command, "load", file, "--day", "2026-11-01")).exit_code == 0
        shown = await run(database, *command, "show")
        assert shown.stderr == f"{' '.join(command)} version 1 of 2026-11-01\n"
        out = tmp_path / "out.csv"
        out.write_text(shown.stdout)
        assert (await run(database, *command, "load", str(out))).stdout.startswith("nothing new: ")

    table = (await run(database, "organisations", "show")).stdout
    out.write_text(table.replace("Mallilan kaupunki", "Mallila").replace(f"{C},0000003-5,,Kolmas koulutus oy,,\n", ""))
    refused = await run(database, "organisations", "load", str(out))
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[0] == (
        f"{C} is to be removed, but the newest funding inputs name it: load funding inputs without it first"
    )
    out.write_text("funding_year,provider,share\n")
    assert (await run(database, "funding", "inputs", "load", str(out))).exit_code == 1
    emptied = await run(database, "funding", "inputs", "load", str(out), "--empty", "--day", "2026-10-31")
    assert emptied.stdout == (
        "funding inputs version 2 of 2026-10-31, 0 rows\n"
        "against version 1 of 2026-11-01: +0 \N{MINUS SIGN}3, 0 changed\n"
    )
    assert emptied.stderr == "warning: the version before is of a later day; was --day meant?\n"
    assert await rows(database, "SELECT * FROM reporting.funding_input") == []
    out.write_text(table.replace("Mallilan kaupunki", "Mallila").replace(f"{C},0000003-5,,Kolmas koulutus oy,,\n", ""))
    loaded = await run(database, "organisations", "load", str(out), "--day", "2026-11-02")
    assert loaded.stdout.endswith("against version 1 of 2026-11-01: +0 \N{MINUS SIGN}1, 1 changed\n")
    assert loaded.stderr == ""


async def test_several_that_load_at_once_make_one_version(database: Database) -> None:
    content = (EXAMPLES / "organisations.csv").read_bytes()
    loads = [load(database.dsn, ORGANISATIONS, content, date(2026, 1, 1)) for _ in range(4)]
    outcomes = await asyncio.gather(*loads)
    assert sorted(outcome.new for outcome in outcomes if isinstance(outcome, Loaded)) == [False, False, False, True]


async def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mergers.csv"
    file.write_text(f"provider,successor,day\n{A},{B},2026-01-01\n")
    arguments = ["mergers", "load", str(file), "--database-url", "postgresql://nobody@127.0.0.1:1/none"]
    outcome = await asyncio.to_thread(CliRunner().invoke, main, arguments)
    assert outcome.exit_code == 2
    assert "Nothing was loaded" in outcome.stderr


@pytest.mark.parametrize("command", [["organisations"], ["mergers"], ["funding", "inputs"]])
def test_the_help_names_the_columns(command: list[str]) -> None:
    outcome = CliRunner().invoke(main, [*command, "load", "--help"])
    assert "Load FILE, CSV with the columns" in outcome.stdout
