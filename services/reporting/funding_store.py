"""What the funding view comes from, read from the published views: rows are given types here, and judged elsewhere."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from schemas.national.parameters import Rules
from schemas.national.rules.figures import Totals
from services.reporting.funding import Inputs, Sums, inputs_of
from services.reporting.store import Snapshot
from services.reporting.structure import Structure

Months = Mapping[date, date]
"""Months whose rows are read, each with the month that they stand for."""


async def sums(snapshot: Snapshot, others: Months, workplace: Months, *, by_month: bool) -> list[Sums]:
    """The sums of all providers as posted; months of the workplace survey are also those of the entrepreneurs' copy."""
    rows = await snapshot.fetch("sums_of_nation", list(others), list(workplace), by_month)
    found = []
    for row in rows:
        kind, month = row["survey_kind"], row["month"]
        stands_for = None if month is None else (workplace if kind == "workplace" else others)[month]
        found.append(Sums(row["provider"], stands_for, kind, row["copied"], Totals.stored(row)))
    return found


async def inputs(snapshot: Snapshot, year: int, structure: Structure, rules: Rules) -> Inputs:
    """What the rules and the newest tables say of a funding year."""
    funded = await snapshot.fetch("funded_years")
    before = await snapshot.fetch("shares_of_year", year - 1)
    return inputs_of(
        year,
        funded_years={row["oid"]: row["funded_years"] for row in funded},
        before={row["provider"]: Fraction(row["share"]) for row in before},
        successors=structure.successors,
        rules=rules,
    )
