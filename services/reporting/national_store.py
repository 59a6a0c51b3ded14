"""The national data set of an edition, read row by row and written as a file, in bounded memory (§10)."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from fractions import Fraction
from typing import Final

from services.reporting.edition_store import coefficients, frozen
from services.reporting.editions import Edition, ProviderKey
from services.reporting.national import NationalCell, NationalRows, Organisation
from services.reporting.national_files import OPEN, NationalFile
from services.reporting.records import Row
from services.reporting.store import Snapshot

MOST_NAMED: Final = 100
"""How many organisations without a code are named at once."""

STATEMENT_S: Final = 600
"""How long one statement of an export may take: millions of cells are sorted before the first one comes."""

_CELLS_AT_ONCE: Final = 5_000


async def unnamed(snapshot: Snapshot, edition: Edition) -> list[tuple[str, str]]:
    """The codes that the edition's organisation table lacks for its rows: which code, and of which OID."""
    await snapshot.allow(STATEMENT_S)
    rows = await snapshot.fetch("edition_unnamed", edition.number, MOST_NAMED)
    return [(row["code"], row["oid"]) for row in rows]


async def national_file(snapshot: Snapshot, edition: Edition, format_name: str) -> AsyncGenerator[bytes, None]:
    """The file in one of the formats, piece by piece. Nothing that it needs a code for may be `unnamed`.

    What costs the processor runs in a thread, so that others are answered meanwhile. Close the generator.
    """
    file = OPEN[format_name]()
    await snapshot.allow(STATEMENT_S)
    try:
        rows = await _rows(snapshot, edition)
        cursor = await snapshot.cursor("edition_national", edition.number)
        while found := await cursor.fetch(_CELLS_AT_ONCE, timeout=STATEMENT_S):
            piece = await asyncio.to_thread(_add, file, rows, found)
            if piece:
                yield piece
        rest = file.finish()
        while (last := await asyncio.to_thread(next, rest, None)) is not None:
            yield last
    finally:
        file.close()


def _add(file: NationalFile, rows: NationalRows, found: Sequence[Row]) -> bytes:
    return file.add(list(rows.of(map(_cell, found))))


async def _rows(snapshot: Snapshot, edition: Edition) -> NationalRows:
    organisations = {
        row["oid"]: Organisation(
            row["name_fi"], row["business_id"], row["institution_code"], tuple(row["funded_years"] or ())
        )
        for row in await snapshot.fetch("edition_organisations", edition.number)
    }
    points = await _provider_points(snapshot, edition)
    return NationalRows(edition, organisations, await coefficients(snapshot, edition), points)


async def _provider_points(snapshot: Snapshot, edition: Edition) -> dict[ProviderKey, Fraction]:
    """The points of every provider in the structure, by set and survey kind, the copies with 9/8 in them."""
    data = await frozen(snapshot, edition)
    return {key: totals.points for key, totals in data.by_provider().items()}


def _cell(row: Row) -> NationalCell:
    """A row of edition_national, whose columns are in the order of a cell's."""
    return NationalCell(*row.values())
