"""A nation that one can count by hand: all survey kinds, a merger, a provider that isn't funded, rows of no days.

Its editions are of 2024-2025 as of 2025-03-15: July to December 2024 is out, and January to June 2024 stands for the
rest in the estimate.
"""

from datetime import date
from typing import Any

import asyncpg

from .surveys import survey

A = "1.2.246.562.10.10000000001"
B = "1.2.246.562.10.10000000002"
C = "1.2.246.562.10.10000000003"
INSTITUTION = "1.2.246.562.10.20000000001"
SITE = "1.2.246.562.10.30000000001"
COOK, CAR = "012345", "351301"
PERIOD = "2024-2025"
AS_OF = date(2025, 3, 15)

_HERE = {"institution": INSTITUTION, "site": SITE, "qualification": COOK}


def small_nation() -> list[dict[str, Any]]:
    """Its events."""
    august, november = date(2024, 8, 12), date(2024, 11, 29)
    instructor = "workplace_instructor"
    return [
        *survey("a-august", "start", august, targets=5, respondents=4, provider=A, **_HERE),
        *survey(
            "a-september", "start", date(2024, 9, 2),
            targets=5, respondents=2, score=3, provider=A, institution=INSTITUTION,
        ),
        *survey("b-august", "start", august, targets=10, respondents=5, score=4, provider=B),
        *survey("c-august", "start", august, targets=2, respondents=2, provider=C),
        *survey("a-february", "start", date(2024, 2, 5), targets=5, respondents=4, provider=A, **_HERE),
        *survey("a-whole", "completion_whole", date(2024, 10, 1), targets=4, respondents=4, provider=A, **_HERE),
        *survey(
            "a-parts", "completion_parts", date(2024, 10, 1), targets=2, respondents=1, score=4, provider=A, **_HERE
        ),
        *survey(
            "a-entrepreneur", instructor, november,
            targets=1, respondents=1, score=4, days=20, entrepreneur=True, provider=A, **_HERE,
        ),
        *survey("a-employee", instructor, november, targets=1, days=30, provider=A, **_HERE),
        *survey("a-no-days", instructor, november, targets=1, respondents=1, provider=A, institution=INSTITUTION),
        *survey("a-workplace", "workplace", november, targets=1, respondents=1, days=10, provider=A, **_HERE),
        # Not out on the edition's day: nothing of it may show.
        *survey("a-late", "start", date(2025, 1, 13), targets=7, respondents=7, provider=A, **_HERE),
    ]  # fmt: skip


ORGANISATIONS = (
    (A, "0112038-9", None, "Kuntayhtymä, Ylöjärvi", "Samkommunen", [2026]),
    (B, "0201256-6", None, "Entinen koulutuskuntayhtymä", None, [2026]),
    (C, "0763403-0", None, "Yksityinen koulu", None, []),
    (INSTITUTION, None, "01234", "Ammattiopisto", None, None),
    (SITE, None, None, "Keskustan toimipiste", None, None),
)
"""OID, business id, institution code, names, funded years."""

MERGERS = ((B, A, date(2025, 1, 1)),)


SHARES = ((A, "3/5"), (B, "2/5"))
"""Whole shares of the funding year before that of PERIOD, exact, as an operator loads them."""


async def load_shares(dsn: str, shares: tuple[tuple[str, str], ...] = SHARES) -> None:
    """Load a new version of the shares of the year before."""
    connection = await asyncpg.connect(dsn)
    try:
        version = await connection.fetchval(
            "INSERT INTO feedback.reference_version SELECT 'funding_inputs', coalesce(max(version), 0) + 1, "
            "current_date, now(), convert_to($1, 'UTF8') FROM feedback.reference_version WHERE kind = 'funding_inputs' "
            "RETURNING version",
            str(shares),
        )
        rows = [(version, 2025, provider, share) for provider, share in shares]
        await connection.executemany("INSERT INTO feedback.funding_input VALUES ($1, $2, $3, $4)", rows)
    finally:
        await connection.close()


async def load_reference_data(
    dsn: str, organisations: tuple[Any, ...] = ORGANISATIONS, mergers: tuple[Any, ...] = MERGERS
) -> None:
    """Load a new version of both tables."""
    connection = await asyncpg.connect(dsn)
    try:
        for kind, rows, columns in (("organisation", organisations, 6), ("merger", mergers, 3)):
            version = await connection.fetchval(
                "INSERT INTO feedback.reference_version "
                "SELECT $1, coalesce(max(version), 0) + 1, current_date, now(), '' "
                "FROM feedback.reference_version WHERE kind = $1 RETURNING version",
                f"{kind}s",
            )
            places = ", ".join(f"${place}" for place in range(1, columns + 2))
            await connection.executemany(
                f"INSERT INTO feedback.{kind} VALUES ({places})", [(version, *row) for row in rows]
            )
    finally:
        await connection.close()
