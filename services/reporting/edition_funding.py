"""The funding view of an edition: as live, but from what was frozen (national model §7). Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from schemas.national.rules.coefficient import Coefficient
from schemas.national.rules.periods import funding_year
from services.reporting.difference import Frozen, Sum
from services.reporting.editions import ESTIMATE, Edition
from services.reporting.funding import FundingSet, NoCommonFactor, SetName, Sums, funding_set, inputs_of
from services.reporting.funding_query import FundingQuery, funding_query
from services.reporting.funding_table import funding_page
from services.reporting.national import CoefficientKey
from services.reporting.parameters import BadParameter, BadQuery, Pairs
from services.reporting.table import Table


@dataclass(frozen=True, slots=True)
class FrozenFunding:
    """What an edition's funding view comes from: sums, structure, coefficients, who is funded when.

    `before` are the shares of the year before, of providers as they were loaded.
    """

    frozen: Frozen
    coefficients: Mapping[CoefficientKey, Coefficient]
    funded_years: Mapping[str, Collection[int] | None]
    before: Mapping[str, Fraction]


def edition_funding_query(pairs: Pairs, edition: Edition) -> FundingQuery | BadQuery:
    """Read the parameters of the live view; `year` may be left out, and is the edition's."""
    listed = list(pairs)
    year = str(funding_year(edition.period))
    rest = [pair for pair in listed if pair[0] != "year"]
    query = funding_query([*rest, ("year", year)], first_period=edition.rules.coefficients[0].from_period)
    if all(value == year for name, value in listed if name == "year"):
        return query
    wrong = BadParameter("year", f"edition {edition.number} is of the funding year {year}")
    return BadQuery((wrong, *(query.problems if isinstance(query, BadQuery) else ())))


def edition_funding_page(
    edition: Edition, found: FrozenFunding, query: FundingQuery
) -> tuple[Table, str | None] | NoCommonFactor:
    """The page of an edition's rows; of a set that it hasn't there are none."""
    successors = found.frozen.successors
    inputs = inputs_of(
        query.year, funded_years=found.funded_years, before=found.before, successors=successors, rules=edition.rules
    )
    sets: list[FundingSet] = []
    for name in query.sets:
        of = {
            (provider, kind): coefficient
            for (estimate, kind, provider), coefficient in found.coefficients.items()
            if estimate == (name == ESTIMATE)
        }
        sums = list(_sums(found.frozen.sums, name, by_month=query.by_month))
        if not sums:
            continue  # shares of the year before alone are no rows of a set that there isn't
        one = funding_set(
            name, sums, period=edition.period, successors=successors, inputs=inputs, rules=edition.rules, frozen=of
        )
        if isinstance(one, NoCommonFactor):
            return one
        sets.append(one)
    providers = query.providers and frozenset(successors.get(provider, provider) for provider in query.providers)
    return funding_page(sets, query, providers, withhold=None, funded=inputs.funded)


def _sums(sums: Iterable[Sum], name: SetName, *, by_month: bool) -> Iterator[Sums]:
    for one in sums:
        if one.of_set == name:
            yield Sums(one.provider, one.month if by_month else None, one.kind, one.copied, one.totals)
