"""Every row has a home: the partition is in every key of what is written by partition, and no write crosses partitions.

That is what lets a database hold some of the partitions and another one the others (docs/adr/0010).
"""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from palautevirta.local.postgres import Database
from services.aggregator.store import SQL

# Written once a cluster of figures rather than a partition: who is called how, who is alive, what an operator
# loaded, and what was published of all partitions.
OF_ALL_PARTITIONS = {
    *("oid", "questionnaire_slot", "aggregator", "schema_migration"),
    *("reference_version", "organisation", "merger", "funding_input"),
    *("edition", "edition_offset", "edition_cell", "edition_answers"),
    *("edition_structure", "edition_organisation", "edition_coefficient", "edition_funding_input", "edition_turn"),
}
# Statements that write only those.
ACROSS = {"intern_oids", "place_providers", "register_questionnaires", "leave"}
KEYS = """
    SELECT t.relname AS table_name, i.relname AS index_name, array_agg(a.attname::text) AS columns
    FROM pg_index x
    JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_attribute a ON a.attrelid = x.indexrelid
    WHERE t.relnamespace = 'feedback'::regnamespace AND (x.indisunique OR x.indisexclusion)
    GROUP BY t.relname, i.relname
"""
WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM) feedback\.(\w+)")


@pytest.fixture
async def owner(database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database.dsn)
    yield connection
    await connection.close()


def without_partition(keys: list[asyncpg.Record]) -> list[str]:
    """The unique indexes by which two partitions' rows could meet."""
    return [
        f"{key['table_name']}.{key['index_name']}"
        for key in keys
        if key["table_name"] not in OF_ALL_PARTITIONS and "partition" not in key["columns"]
    ]


async def test_every_unique_key_of_a_partitioned_table_contains_the_partition(
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    keys = await owner.fetch(KEYS)
    assert {"fence", "ledger", "request_7", "month_figure"} <= {key["table_name"] for key in keys}
    assert without_partition(keys) == []
    await owner.execute("CREATE UNIQUE INDEX a_mistake ON feedback.provider_day (provider, day)")
    assert without_partition(await owner.fetch(KEYS)) == ["provider_day.a_mistake"]


async def test_no_foreign_key_and_no_trigger_reaches_from_one_row_to_another(
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    found = await owner.fetch(
        "SELECT conname FROM pg_constraint JOIN pg_class c ON c.oid = conrelid"
        " WHERE contype = 'f' AND c.relnamespace = 'feedback'::regnamespace AND c.relname <> ALL ($1)"
        " UNION ALL SELECT tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
        " WHERE c.relnamespace = 'feedback'::regnamespace AND c.relname <> ALL ($1)",
        OF_ALL_PARTITIONS,
    )
    assert found == []


def writes_without_partition(statements: dict[str, str]) -> list[str]:
    """The statements that write a partition's rows without saying which partition's, or tables of both kinds."""
    wrong = []
    for name, text in sorted(statements.items()):
        sql = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        written = set(WRITES.findall(sql))
        ours = written - OF_ALL_PARTITIONS
        if (name in ACROSS and ours) or (name not in ACROSS and ours and not re.search(r"\bpartition\b", sql)):
            wrong.append(name)
    return wrong


def test_every_statement_that_writes_a_partitions_rows_names_the_partition() -> None:
    assert {name for name, sql in SQL.items() if WRITES.search(sql)} >= ACROSS
    assert writes_without_partition(dict(SQL)) == []
    mistake = "-- Forget a provider's days.\nDELETE FROM feedback.provider_day WHERE provider = $1"
    assert writes_without_partition({"a_mistake": mistake}) == ["a_mistake"]
