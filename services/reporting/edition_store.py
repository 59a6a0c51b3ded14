"""Editions, read from the published views: rows are fetched and given types here, and decided about elsewhere."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from schemas.national.rules.coefficient import Coefficient
from schemas.national.rules.figures import Totals
from services.reporting.difference import NO_PLACE, Frozen, Place, Sum
from services.reporting.difference_questions import Answered
from services.reporting.edition_funding import FrozenFunding
from services.reporting.edition_query import EditionFiguresQuery, EditionsQuery
from services.reporting.editions import ACTUAL, ESTIMATE, Edition, ProviderKey, coefficient_of, edition_of, months_taken
from services.reporting.figures import Group
from services.reporting.questions import AnsweredGroup
from services.reporting.records import Row
from services.reporting.store import Snapshot


async def editions(snapshot: Snapshot, query: EditionsQuery) -> list[Edition]:
    """The editions that were asked for, and one more than the limit."""
    rows = await snapshot.fetch("editions", query.period, query.after, query.limit + 1)
    return [edition_of(row) for row in rows]


async def edition(snapshot: Snapshot, number: int) -> Edition | None:
    """One edition; None when there is none of that number."""
    rows = await snapshot.fetch("editions", None, number - 1, 1)
    return edition_of(rows[0]) if rows and rows[0]["number"] == number else None


async def newest(snapshot: Snapshot, period: str) -> Edition | None:
    """The newest edition of a period that is no draft; None while there is none."""
    rows = await snapshot.fetch("newest_edition", period)
    return edition_of(rows[0]) if rows else None


async def groups(snapshot: Snapshot, number: int, query: EditionFiguresQuery) -> list[Group]:
    """The groups of an edition that were asked for, in its structure."""
    arguments = await _grouping(snapshot, number, query)
    return await snapshot.groups("edition_figures", *arguments, *_fine_filters(query))


async def answered_groups(snapshot: Snapshot, number: int, query: EditionFiguresQuery) -> list[AnsweredGroup]:
    """The groups of an edition in which something was answered."""
    return await snapshot.answered_groups("edition_answers", *await _grouping(snapshot, number, query))


async def coefficients(snapshot: Snapshot, of: Edition) -> Mapping[ProviderKey, Coefficient]:
    """The frozen coefficient of every provider that has one."""
    return {
        (ESTIMATE if row["estimate"] else ACTUAL, row["provider"], row["survey_kind"]): coefficient_of(row, of)
        for row in await snapshot.fetch("edition_coefficients", of.number)
    }


async def frozen(snapshot: Snapshot, of: Edition) -> Frozen:
    """What an edition's figures by provider, month and survey kind come from."""
    sums = [one for row in await snapshot.fetch("edition_sums", of.number) for one in _sums(row, of, NO_PLACE)]
    return Frozen(of.period, tuple(sums), await successors(snapshot, of.number), of.rules)


async def compared(snapshot: Snapshot, of: Edition) -> Frozen:
    """The same with all that tells why another edition differs."""
    organisations = await snapshot.fetch("edition_organisations", of.number)
    return replace(
        await frozen(snapshot, of),
        coefficients=await coefficients(snapshot, of),
        funded_years={row["oid"]: row["funded_years"] for row in organisations},
        taken=months_taken(of),
        read=await offsets(snapshot, of),
        counted=(of.counted_by, of.counted_otherwise),
    )


async def cells(snapshot: Snapshot, of: Edition, providers: Collection[str], by: Collection[str]) -> list[Sum]:
    """The sums of providers as posted, split by places."""
    rows = await snapshot.fetch("edition_cells", of.number, sorted(providers), sorted(by))
    return [
        one
        for row in rows
        for one in _sums(row, of, (row["institution_key"], row["site_key"], row["qualification_key"]))
    ]


async def histograms(snapshot: Snapshot, of: Edition, providers: Collection[str]) -> list[Answered]:
    """What was answered to providers as posted."""
    rows = await snapshot.fetch("edition_histograms", of.number, sorted(providers))
    return [
        Answered(
            of_set, row["provider"], row["month"], row["survey_kind"], row["questionnaire"], row["heads"], row["days"]
        )
        for row in rows
        for of_set in _sets(row, of)
    ]


async def offsets(snapshot: Snapshot, of: Edition) -> str:
    """How far each partition of the log is in an edition: partition, log and next offset of each."""
    rows = await snapshot.fetch("edition_offsets", of.number)
    return " ".join(f"{row['partition']}:{row['log_id']}:{row['next_offset']}" for row in rows)


def _sums(row: Row, of: Edition, place: Place) -> Iterator[Sum]:
    totals = Totals.stored(row)
    for of_set in _sets(row, of):
        yield Sum(of_set, row["provider"], row["month"], row["survey_kind"], row["copied"], totals, place)


def _sets(row: Row, of: Edition) -> list[str]:
    """The sets that a row is of."""
    return [of_set for of_set in of.sets if of_set == ESTIMATE or row["actual"]]


async def frozen_funding(snapshot: Snapshot, of: Edition) -> FrozenFunding:
    """What an edition's funding view comes from."""
    organisations = await snapshot.fetch("edition_organisations", of.number)
    funded_years = {row["oid"]: row["funded_years"] for row in organisations}
    shares = await snapshot.fetch("edition_funding_inputs", of.number)
    before = {row["provider"]: Fraction(row["share"]) for row in shares}
    return FrozenFunding(await frozen(snapshot, of), await coefficients(snapshot, of), funded_years, before)


async def successors(snapshot: Snapshot, number: int) -> dict[str, str]:
    """Whose history belongs to whom as of an edition's day."""
    return {row["provider"]: row["successor"] for row in await snapshot.fetch("edition_structure", number)}


async def _grouping(snapshot: Snapshot, number: int, query: EditionFiguresQuery) -> tuple[Any, ...]:
    """Whoever asks for a merged provider gets the one that it belongs to."""
    asked = query.figures
    providers = asked.providers
    if providers is not None:
        mapped = await successors(snapshot, number)
        providers = frozenset(mapped.get(provider, provider) for provider in providers)
    after = None if asked.after is None else list(asked.after)
    filters = (asked.survey, list(asked.months), _listed(providers), list(asked.by), after, asked.limit + 1)
    return (number, query.estimate, *filters)


def _fine_filters(query: EditionFiguresQuery) -> tuple[Any, ...]:
    asked = query.figures
    return (_listed(asked.institutions), _listed(asked.sites), _listed(asked.qualifications))


def _listed(values: frozenset[str] | None) -> list[str] | None:
    return None if values is None else sorted(values)
