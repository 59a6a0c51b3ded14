"""The whole record as plain rows, to be compared with that of another database."""

from typing import Any

import asyncpg

# What says who reads which log, or whose turn it is to publish, not what was read.
_POSITIONS = {"fence", "lease", "aggregator", "former_log", "schema_migration", "edition_turn"}
_OIDS = ("provider", "institution", "site")


async def contents(dsn: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of the record but positions, with OIDs spelled out: their numbers may differ."""
    connection = await asyncpg.connect(dsn)
    spelled = dict(await connection.fetch("SELECT id, oid FROM feedback.oid"))
    names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'feedback'")
    found = {}
    for name in sorted({row["tablename"] for row in names} - _POSITIONS):
        rows = [dict(row) for row in await connection.fetch(f"SELECT * FROM feedback.{name}")]
        for row in rows:
            row |= {column: spelled[row[column]] for column in _OIDS if row.get(column) is not None}
        found[name] = sorted(rows, key=str)
    found["oid"] = [{"oid": row["oid"], "partition": row["partition"]} for row in found["oid"]]
    await connection.close()
    return found
