"""A file of reference data, into the database: judged whole, then one transaction, a whole new version or nothing."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic

import asyncpg
import msgspec

from palautevirta.reference_data.funding_inputs import FundingInputRow, judge_funding_inputs
from palautevirta.reference_data.mergers import MergerRow, judge_mergers
from palautevirta.reference_data.organisations import OrganisationRow, judge_organisations
from palautevirta.reference_data.sheet import Refusal, Row, Sheet, SheetRow, read_sheet
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
    """The version that stands now; not `new` when it held the same rows before."""

    version: int
    day: date
    rows: int
    new: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Everything that is wrong with a file, in the order of its lines; nothing was changed."""

    refusals: tuple[Refusal, ...]


def digest_of(rows: Iterable[SheetRow]) -> bytes:
    """SHA-256 over the rows in their canonical form: whatever the order of lines and columns, the same content."""
    encoded = sorted(msgspec.json.encode(row.cells()) for row in rows)
    return hashlib.sha256(b"\n".join(encoded)).digest()


async def load(database_url: str, kind: ReferenceKind[Any], content: bytes, day: date) -> Loaded | Refused:
    """Load a file as the database's owner.

    Raises OSError or asyncpg.PostgresError when the database can't be asked.
    """
    sheet = read_sheet(content, kind.row)
    connection = await asyncpg.connect(database_url, timeout=_CONNECT_TIMEOUT_S, command_timeout=_TIMEOUT_S)
    try:
        async with connection.transaction():
            await connection.execute(_SQL["lock_reference_versions"])
            named = sorted({oid for _, row in sheet.rows for oid in row.named()})
            known = frozenset(row["oid"] for row in await connection.fetch(_SQL["known_organisations"], named))
            refusals = (*sheet.refusals, *kind.judge(sheet, known))
            if refusals:
                return Refused(tuple(sorted(refusals)))
            return await _store(connection, kind, [row for _, row in sheet.rows], day)
    finally:
        await connection.close(timeout=_CLOSE_TIMEOUT_S)


async def _store(connection: Any, kind: ReferenceKind[Any], rows: list[SheetRow], day: date) -> Loaded:
    digest = digest_of(rows)
    newest = await connection.fetchrow(_SQL["newest_reference_version"], kind.name)
    if newest is not None and newest["digest"] == digest:
        return Loaded(newest["version"], newest["day"], len(rows), new=False)
    version = 1 if newest is None else newest["version"] + 1
    await connection.execute(_SQL["add_reference_version"], kind.name, version, day, digest)
    await connection.copy_records_to_table(
        kind.table,
        schema_name="feedback",
        columns=("version", *kind.row.columns),
        records=[(version, *row.cells()) for row in rows],
    )
    return Loaded(version, day, len(rows), new=True)
