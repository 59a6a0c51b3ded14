"""The tables of reference data: what readers see of them, and who may do what."""

from datetime import date

import asyncpg
import pytest

from palautevirta.local.postgres import Database

WRITTEN = """
    INSERT INTO feedback.reference_version VALUES
        ('organisations', 1, '2025-01-01', now(), '\\x01'), ('organisations', 2, '2026-01-01', now(), '\\x02'),
        ('mergers', 1, '2026-01-01', now(), '\\x03');
    INSERT INTO feedback.organisation VALUES
        (1, 'a', '0000001-9', NULL, 'vanha', NULL, NULL), (2, 'a', '0737546-2', NULL, 'uusi', NULL, '{2026}');
    INSERT INTO feedback.merger VALUES (1, 'b', 'a', '2025-08-01');
    INSERT INTO feedback.funding_input VALUES (1, 2026, 'a', '1')
"""
VIEWS = ("organisation", "merger", "funding_input", "reference_version")


async def test_readers_see_the_newest_version_of_each_and_all_versions_by_name(database: Database) -> None:
    owner, reader = await asyncpg.connect(database.dsn), await asyncpg.connect(database.reporting_dsn)
    try:
        await owner.execute(WRITTEN)
        (organisation,) = await reader.fetch("SELECT version, name_fi, funded_years FROM reporting.organisation")
        assert tuple(organisation) == (2, "uusi", [2026])
        (merger,) = await reader.fetch("SELECT * FROM reporting.merger")
        assert tuple(merger) == (1, "b", "a", date(2025, 8, 1))
        assert await reader.fetch("SELECT * FROM reporting.funding_input") == []  # a row of no known version
        versions = await reader.fetch("SELECT kind, version, digest FROM reporting.reference_version ORDER BY 1, 2")
        assert [tuple(row) for row in versions] == [
            ("mergers", 1, "03"),
            ("organisations", 1, "01"),
            ("organisations", 2, "02"),
        ]
    finally:
        await owner.close()
        await reader.close()


@pytest.mark.parametrize("view", VIEWS)
async def test_no_service_reads_or_writes_the_tables_themselves(database: Database, view: str) -> None:
    for dsn in (database.reporting_dsn, database.aggregator_dsn):
        connection = await asyncpg.connect(dsn)
        try:
            for statement in (f"SELECT FROM feedback.{view}", f"DELETE FROM feedback.{view}"):
                with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
                    await connection.execute(statement)
        finally:
            await connection.close()


async def test_a_kind_of_reference_data_is_one_of_three(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn)
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("INSERT INTO feedback.reference_version VALUES ('others', 1, now(), now(), '')")
    finally:
        await connection.close()
