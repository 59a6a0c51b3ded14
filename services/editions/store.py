"""The one transaction that cuts an edition: everything that it keeps is of one snapshot, and sealed at its end."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from schemas.national.model import NationalModel
from schemas.national.rules.figures import Totals
from schemas.national.rules.periods import funding_year
from schemas.national.rules.structure import Merger
from services.editions.contents import (
    Head,
    ProviderTotals,
    coefficient_columns,
    coefficients,
    rules_text,
    structure,
)
from services.editions.plan import Plan, Refusal, plan
from services.editions.settings import EditionsSettings
from services.runtime.postgres import connect_options
from services.runtime.statements import load_statements

_SQL: Final = load_statements("services.editions", "sql")
_PARTS: Final = ("offsets", "structure", "organisations", "coefficients", "funding_inputs", "answers", "cells")
"""The rows that a digest is made of, after the head, in this order."""

_HELD: Final = ("imbalance", "answers_imbalance")
"""What is frozen is held against what the record says elsewhere."""

_CLOSE_TIMEOUT_S: Final = 5.0
_NETWORK_SLACK_S: Final = 5.0


class EditionsUnavailable(Exception):
    """The database can't be reached, refused, or broke off; no edition was cut."""


@dataclass(frozen=True, slots=True)
class Published:
    """An edition that was cut; the digest is in hexadecimal digits.

    `counted_otherwise` says of a draft how many requests other rules than its own had counted.
    """

    number: int
    created_at: datetime
    complete_until: datetime | None
    cells: int
    digest: str
    counted_otherwise: int


@dataclass(frozen=True, slots=True)
class Digests:
    """The digest that an edition was sealed with, and that of what is stored, in hexadecimal digits."""

    sealed: str
    stored: str


async def publish(
    settings: EditionsSettings, model: NationalModel, *, period: str, as_of: date, draft: bool
) -> Published | Refusal:
    """Cut an edition of a period as of a day by the rules of `model`, or say why not. Raises EditionsUnavailable."""
    async with _connected(settings) as connection:
        await connection.execute(_SQL["lock"])  # it ends with the connection
        async with connection.transaction(isolation="repeatable_read"):
            today: date = await connection.fetchval(_SQL["today"])
            planned = plan(period, as_of, today=today, rules=model.rules)
            if isinstance(planned, Refusal):
                return planned
            cutting = connection.transaction()  # a savepoint, so that a refusal leaves nothing behind
            await cutting.start()
            published = await _cut(connection, planned, model, draft=draft)
            await (cutting.rollback() if isinstance(published, Refusal) else cutting.commit())
            return published


async def check(settings: EditionsSettings, number: int) -> Digests | None:
    """Compute an edition's digest anew from what is stored; None when there is no such edition."""
    async with (
        _connected(settings) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        row = await connection.fetchrow(_SQL["read_head"], number)
        if row is None:
            return None
        members = dict(row)
        sealed: bytes = members.pop("digest")
        return Digests(sealed.hex(), (await _digest(connection, number, Head(**members))).hex())


async def _cut(connection: Any, planned: Plan, model: NationalModel, *, draft: bool) -> Published | Refusal:
    counted = {row["number"]: row["requests"] for row in await connection.fetch(_SQL["counted_by"])}
    others = sum(requests for rules, requests in counted.items() if rules != model.number)
    if others and not draft:
        return Refusal(f"{others} requests were counted by other rules: run palautevirta recompute, or cut a draft.")
    number: int = await connection.fetchval(_SQL["next_number"])
    if await connection.fetchval(_SQL["stray"], number):
        return Refusal(
            f"Rows of edition {number} stand already, put there by no cut: the database's owner has to remove them."
        )
    cells = await _freeze_sums(connection, number, planned)
    kinds, sources = [one.kind for one in planned.months], [one.source_month for one in planned.months]
    if any([await connection.fetchval(_SQL[held], number, kinds, sources) for held in _HELD]):
        return Refusal("The record doesn't agree with itself: palautevirta verify says where.")
    head = await _freeze_meaning(connection, number, planned, model, (list(counted), others))
    digest = await _digest(connection, number, head)
    complete_until = await connection.fetchval(_SQL["complete_until"])
    created_at = await connection.fetchval(
        _SQL["freeze_head"],
        *(number, head.period, head.as_of, draft, head.estimate, complete_until, head.model, head.rules),
        *(head.organisations_version, head.mergers_version, head.funding_inputs_version, head.funding_inputs_digest),
        *(head.counted_by, head.counted_otherwise, digest),
    )
    return Published(number, created_at, complete_until, cells, digest.hex(), others)


async def _freeze_sums(connection: Any, number: int, planned: Plan) -> int:
    """Freeze cells and histograms; how many cells there are."""
    sources = planned.sources()
    tag: str = await connection.execute(
        _SQL["freeze_cells"],
        number,
        [source.taken.kind for source in sources],
        [source.taken.month for source in sources],
        [source.taken.source_month for source in sources],
        [source.kind for source in sources],
        [source.copied for source in sources],
    )
    await connection.execute(
        _SQL["freeze_answers"],
        number,
        [taken.kind for taken in planned.months],
        [taken.month for taken in planned.months],
        [taken.source_month for taken in planned.months],
    )
    return int(tag.rpartition(" ")[2])


async def _freeze_meaning(
    connection: Any, number: int, planned: Plan, model: NationalModel, counted: tuple[list[int], int]
) -> Head:
    """Freeze what the sums mean: offsets, organisations, structure, coefficients and shares of the year before."""
    await connection.execute(_SQL["freeze_offsets"], number)
    await connection.execute(_SQL["freeze_organisations"], number)
    mergers = [Merger(**dict(row)) for row in await connection.fetch(_SQL["mergers"])]
    successors = structure(mergers, planned.as_of)
    await connection.execute(_SQL["freeze_structure"], number, list(successors), list(successors.values()))
    totals = [_totals(row) for row in await connection.fetch(_SQL["totals"], number)]
    values = coefficients(planned, totals, successors, model.rules)
    await connection.execute(_SQL["freeze_coefficients"], number, *coefficient_columns(values))
    await connection.execute(_SQL["freeze_funding_inputs"], number, funding_year(planned.period) - 1)
    loaded = await connection.fetch(_SQL["versions"])
    versions = {row["kind"]: row["version"] for row in loaded}
    return Head(
        period=planned.period,
        as_of=planned.as_of,
        estimate=planned.estimate,
        model=model.version,
        rules=rules_text(model.rules),
        organisations_version=versions.get("organisations", 0),
        mergers_version=versions.get("mergers", 0),
        funding_inputs_version=versions.get("funding_inputs", 0),
        funding_inputs_digest=next((row["digest"] for row in loaded if row["kind"] == "funding_inputs"), ""),
        counted_by=counted[0],
        counted_otherwise=counted[1],
    )


async def _digest(connection: Any, number: int, head: Head) -> bytes:
    """SHA-256 of the head, then of each part its name and its rows as Postgres writes CSV, in bounded memory."""
    digest = hashlib.sha256(head.canonical())

    async def take(rows: bytes) -> None:
        digest.update(rows)

    for part in _PARTS:
        digest.update(f"\n{part}\n".encode())
        await connection.copy_from_query(_SQL[f"digest_{part}"], number, output=take, format="csv")
    return digest.digest()


def _totals(row: Any) -> ProviderTotals:
    return ProviderTotals(
        kind=row["survey_kind"],
        provider=row["provider"],
        actual=row["actual"],
        copied=row["copied"],
        totals=Totals.stored(row),
    )


@asynccontextmanager
async def _connected(settings: EditionsSettings) -> AsyncIterator[Any]:
    """A connection of our own whose failures are told as EditionsUnavailable."""
    seconds = settings.database_statement_seconds
    session = {
        "application_name": "palautevirta-editions",
        "statement_timeout": str(round(seconds * 1000)),
        "lock_timeout": str(round(seconds * 1000)),  # an edition waits until the one before it is cut
        "datestyle": "ISO",  # a digest is made of what Postgres writes
        "plan_cache_mode": "force_custom_plan",
    }
    try:
        connection = await asyncpg.connect(
            **connect_options(settings), command_timeout=seconds + _NETWORK_SLACK_S, server_settings=session
        )
        try:
            yield connection
        finally:
            await connection.close(timeout=_CLOSE_TIMEOUT_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise EditionsUnavailable(f"the database failed: {type(error).__name__}: {error}") from error
