"""A command with another role's login says whose it needs, and does nothing."""

from pathlib import Path

import pytest
from builders.command import run_command

import schemas
from palautevirta.local.postgres import AGGREGATOR_ROLE, EDITIONS_ROLE, REPORTING_ROLE, Database

EXAMPLE = Path(schemas.__file__).parents[1] / "docs" / "examples" / "organisations.csv"
KEYS = f"1:{'5a' * 32}"


@pytest.mark.parametrize(
    ("command", "given", "needed"),
    [
        (("verify",), AGGREGATOR_ROLE, "the owner's"),
        (("organisations", "load", str(EXAMPLE)), AGGREGATOR_ROLE, "the owner's"),
        (("mergers", "show"), EDITIONS_ROLE, "the owner's"),
        (("publish", "--period", "2025-2026", "--as-of", "2026-09-01"), AGGREGATOR_ROLE, "the editions'"),
        (("export", "--edition", "1", "--output", "never.csv"), AGGREGATOR_ROLE, "reporting's"),
        (("quarantine", "list"), REPORTING_ROLE, "the aggregator's"),
        (("recompute",), REPORTING_ROLE, "the aggregator's"),
    ],
)
async def test_a_command_with_another_login_says_whose_it_needs(
    database: Database, tmp_path: Path, command: tuple[str, ...], given: str, needed: str
) -> None:
    settings = {"DATABASE_URL": database.dsn_of(given), "DIGEST_KEYS": KEYS, "KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    arguments = [str(tmp_path / argument) if argument == "never.csv" else argument for argument in command]
    code, told = await run_command(*arguments, settings=settings)
    role = needed.removeprefix("the ").partition("'")[0]
    start = f"Error: this login may not do that: it needs {needed} DATABASE_URL (`palautevirta env --role {role}`"
    assert (code, told.startswith(start), told.count("\n"), "again" in told) == (2, True, 1, False), told
