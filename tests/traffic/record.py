"""All that a database has published, row by row, so that two of them can be laid side by side."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import asyncpg

_CALL_TIMEOUT_S: Final = 20.0
_BY_THE_CLOCK: Final = "freshness"
"""The one view that tells of the moment when it is asked, and not of the log."""

Published = Mapping[str, Counter[str]]
"""The rows of each view and what the fences say of the log, each as one text."""


async def published(dsn: str) -> Published:
    """Every row of every view that readers have; organisations are spelled out there, so no surrogate number shows."""
    connection = await asyncpg.connect(dsn, timeout=_CALL_TIMEOUT_S, command_timeout=_CALL_TIMEOUT_S)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            names = await connection.fetch(
                """
                SELECT quote_ident(table_name) AS name FROM information_schema.views
                WHERE table_schema = 'reporting' AND table_name <> $1
                """,
                _BY_THE_CLOCK,
            )
            found = {
                name: await connection.fetch(f"SELECT to_jsonb(v)::text AS line FROM reporting.{name} AS v")
                for name in (row["name"] for row in names)
            }
            found["fence"] = await connection.fetch(
                """
                SELECT format('%s: %s of %s, from %s to %s, last %s', partition, topic, log_id, first_offset,
                              next_offset, last_fingerprint) AS line
                FROM feedback.fence
                """
            )
    finally:
        await connection.close(timeout=_CALL_TIMEOUT_S)
    return {name: Counter(row["line"] for row in rows) for name, rows in found.items()}


def apart(live: Published, other: Published) -> list[str]:
    """What only one of the two has, a line a row."""
    lines: list[str] = []
    for name in sorted(live.keys() | other.keys()):
        here, there = live.get(name, Counter()), other.get(name, Counter())
        lines += [f"{name}: only live has {line}" for line in (here - there).elements()]
        lines += [f"{name}: only the other has {line}" for line in (there - here).elements()]
    return lines
