"""A file of reference data, into the database: judged whole, then one transaction, a whole new version or nothing."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic

import asyncpg
import msgspec

from palautevirta.reference_data.funding_inputs import FundingInputRow, judge_funding_inputs
from palautevirta.reference_data.mergers import MergerRow, judge_mergers
from palautevirta.reference_data.organisations import OrganisationRow, judge_organisations
from palautevirta.reference_data.sheet import Cell, Refusal, Row, Sheet, SheetRow, read_sheet
from palautevirta.reference_data.versions import Changes, as_csv, changes, removed_but_named
from services.runtime.statements import load_statements

_SQL: Final = load_statements("palautevirta", "sql")
_TIMEOUT_S: Final = 60.0
_CONNECT_TIMEOUT_S: Final = 10.0
_CLOSE_TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class ReferenceKind(Generic[Row]):
    """One of the three kinds: its name, its table, what its rows are, and what may be wrong between them.

    `judge` also gets the OIDs that the organisation table or the record knows, of those that the rows name.
    """

    name: str
    table: str
    row: type[Row]
    judge: Callable[[Sheet[Row], frozenset[str]], Iterable[Refusal]]


ORGANISATIONS: Final = ReferenceKind("organisations", "organisation", OrganisationRow, judge_organisations)
MERGERS: Final = ReferenceKind("mergers", "merger", MergerRow, judge_mergers)
FUNDING_INPUTS: Final = ReferenceKind("funding_inputs", "funding_input", FundingInputRow, judge_funding_inputs)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The version that stands now; not `new` when it held the same rows before. `changes` when there was one before.

    `funding_years` are those of the shares in it, if it is about shares.
    """

    version: int
    day: date
    rows: int
    new: bool
    changes: Changes | None = None
    funding_years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A version as the file that would load it."""

    version: int
    day: date
    file: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Everything that is wrong with a file, in the order of its lines; nothing was changed."""

    refusals: tuple[Refusal, ...]


def digest_of(rows: Iterable[SheetRow]) -> bytes:
    """SHA-256 over the rows in their canonical form: whatever the order of lines and columns, the same content."""
    encoded = sorted(msgspec.json.encode(row.cells()) for row in rows)
    return hashlib.sha256(b"\n".join(encoded)).digest()


async def load(
    database_url: str, kind: ReferenceKind[Any], content: bytes, day: date, *, empty: bool = False
) -> Loaded | Refused:
    """Load a file as the database's owner; with `empty` one that has no rows, which takes the table back to none.

    Raises OSError or asyncpg.PostgresError when the database can't be asked.
    """
    sheet = read_sheet(content, kind.row, empty=empty)
    async with _connected(database_url) as connection, connection.transaction():
        await connection.execute(_SQL["lock_reference_versions"])
        named = sorted(sheet.named(kind.row))
        known = frozenset(row["oid"] for row in await connection.fetch(_SQL["known_organisations"], named))
        refusals = [*sheet.refusals, *kind.judge(sheet, known)]
        newest = await connection.fetchrow(_SQL["newest_reference_version"], kind.name)
        before = [] if newest is None else await _rows(connection, kind, newest["version"])
        if kind is ORGANISATIONS and sheet.whole:
            still_named = await connection.fetch(_SQL["still_named"])
            oids = [cells["oid"] for _, cells in sheet.cells if "oid" in cells]
            refusals += removed_but_named(
                (str(cells[0]) for cells in before), oids, ((row["oid"], row["named_by"]) for row in still_named)
            )
        if refusals:
            return Refused(tuple(sorted(refusals)))
        rows = [row for _, row in sheet.rows]
        years = tuple(sorted({row.funding_year for row in rows if isinstance(row, FundingInputRow)}))
        digest = digest_of(rows)
        if newest is not None and newest["digest"] == digest:
            return Loaded(newest["version"], newest["day"], len(rows), new=False, funding_years=years)
        version = 1 if newest is None else newest["version"] + 1
        await connection.execute(_SQL["add_reference_version"], kind.name, version, day, digest)
        written = await _write(connection, kind, version, rows)
        compared = None if newest is None else changes(kind.row, before, written, newest["version"], newest["day"])
        return Loaded(version, day, len(rows), new=True, changes=compared, funding_years=years)


async def show(database_url: str, kind: ReferenceKind[Any]) -> Shown | None:
    """The newest version; None when nothing was ever loaded. Raises what `load` does."""
    async with _connected(database_url) as connection, connection.transaction(isolation="repeatable_read"):
        newest = await connection.fetchrow(_SQL["newest_reference_version"], kind.name)
        if newest is None:
            return None
        return Shown(
            newest["version"], newest["day"], as_csv(kind.row, await _rows(connection, kind, newest["version"]))
        )


@asynccontextmanager
async def _connected(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url, timeout=_CONNECT_TIMEOUT_S, command_timeout=_TIMEOUT_S)
    try:
        yield connection
    finally:
        await connection.close(timeout=_CLOSE_TIMEOUT_S)


async def _rows(connection: Any, kind: ReferenceKind[Any], version: int) -> list[tuple[Cell, ...]]:
    return [tuple(row) for row in await connection.fetch(_SQL[f"read_{kind.name}"], version)]


async def _write(
    connection: Any, kind: ReferenceKind[Any], version: int, rows: Iterable[SheetRow]
) -> list[tuple[Cell, ...]]:
    records = [row.cells() for row in rows]
    await connection.copy_records_to_table(
        kind.table,
        schema_name="feedback",
        columns=("version", *kind.row.columns),
        records=[(version, *cells) for cells in records],
    )
    return records
