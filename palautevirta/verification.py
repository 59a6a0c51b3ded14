"""Whether the record agrees with itself (architecture, promise 5).

Every statement of schemas/sql/verify names what must hold and gives the rows that break it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from palautevirta.log_bounds import look_at_log
from palautevirta.receipts import beyond_the_end, told_receipts
from services.runtime.partitioning import declared_partitions
from services.runtime.settings import KafkaSettings
from services.runtime.statements import load_statements

_SQL: Final = load_statements("palautevirta", "sql")
_MOST_ROWS = 20
_CONNECT_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One balance: what must hold, and the first rows that break it (none: it holds); whether there are `more`."""

    name: str
    holds: str
    broken_by: Sequence[dict[str, Any]]
    more: bool = False


async def verify(database_url: str) -> list[Finding]:
    """Ask every statement in one snapshot, so that a database at work is judged at one moment."""
    connection = await asyncpg.connect(database_url, timeout=_CONNECT_TIMEOUT_S)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return [
                await _ask(connection, name, sql)
                for name, sql in sorted(load_statements("schemas.sql", "verify").items())
            ]
    finally:
        await connection.close(timeout=_CLOSE_TIMEOUT_S)  # a server that dies meanwhile never answers


async def verify_receipts(told: str, settings: KafkaSettings) -> Finding:
    """Hold receipts that collectors gave out, or their metrics, against the log's end as it is now, which only grows.

    Raises MalformedReceipt, LogUnavailable.
    """
    given_out = told_receipts(told, range(declared_partitions()))
    ends = {partition: end for partition, (_, end) in (await look_at_log(settings)).bounds.items()}
    return Finding(
        "receipts",
        "No receipt that was given out is beyond the end of its log. Held against it: "
        f"{len(given_out.receipts)} different receipts, {len(given_out.highest)} highest ones of collectors.",
        beyond_the_end(given_out, ends),
    )


async def _ask(connection: "asyncpg.Connection[asyncpg.Record]", name: str, sql: str) -> Finding:
    # Materialized, it is planned as a statement without a limit is: no row is what we expect to find, and a plan that
    # hopes for twenty early ones looks for them one at a time.
    rows = await connection.fetch(
        f"WITH broken AS MATERIALIZED ({sql}) SELECT * FROM broken LIMIT {_MOST_ROWS + 1}"  # noqa: S608 - our own files
    )
    first = [dict(row) for row in rows[:_MOST_ROWS]]
    await _spell(connection, first)
    return Finding(name, sql.splitlines()[0].removeprefix("-- "), first, more=len(rows) > _MOST_ROWS)


async def _spell(connection: "asyncpg.Connection[asyncpg.Record]", found: Sequence[dict[str, Any]]) -> None:
    """Name providers by their OIDs, which mean something outside this database."""
    numbered = [row for row in found if isinstance(row.get("provider"), int)]
    if numbered:
        spelled = dict(await connection.fetch(_SQL["spell_oids"], [row["provider"] for row in numbered]))
        for row in numbered:
            row["provider"] = spelled.get(row["provider"], f"number {row['provider']}, which has no OID")
