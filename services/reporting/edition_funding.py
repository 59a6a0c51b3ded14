"""The funding view of an edition: as live, but from what was frozen (national model §7). Pure.

The whole share has no bounds here: shares of the year before are no part of an edition.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from schemas.national.rules.coefficient import Coefficient
from schemas.national.rules.periods import funding_year
from services.reporting.difference import Frozen, Sum
from services.reporting.editions import ESTIMATE, Edition
from services.reporting.funding import SETS, FundingSet, Inputs, NoCommonFactor, SetName, Sums, funding_set, inputs_of
from services.reporting.funding_query import FundingQuery, funding_query
from services.reporting.funding_table import funding_page, small_components
from services.reporting.national import CoefficientKey
from services.reporting.parameters import BadParameter, BadQuery, Pairs
from services.reporting.table import Table


@dataclass(frozen=True, slots=True)
class FrozenFunding:
    """What an edition's funding view comes from: its sums and structure, its coefficients, who is funded when."""

    frozen: Frozen
    coefficients: Mapping[CoefficientKey, Coefficient]
    funded_years: Mapping[str, Collection[int] | None]


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


def edition_funding_page(edition: Edition, found: FrozenFunding, query: FundingQuery) -> tuple[Table, str | None]:
    """The page of an edition's rows, for the authority; of a set that it hasn't there are none."""
    successors = found.frozen.successors
    inputs = _inputs(edition, found)
    sets = _sets(edition, found, inputs, query.sets, by_month=query.by_month)
    providers = query.providers and frozenset(successors.get(provider, provider) for provider in query.providers)
    return funding_page(sets, query, providers, funded=inputs.funded, nation=True)


def provider_funding_page(
    edition: Edition, found: FrozenFunding, query: FundingQuery, providers: frozenset[str]
) -> tuple[Table, str | None]:
    """The page of these providers' rows as they see them themselves: a component with a small count is withheld (§8).

    The providers are those of the edition's structure. What is withheld is decided over all months and both sets.
    """
    inputs = _inputs(edition, found)
    withheld = small_components(_sets(edition, found, inputs, SETS, by_month=True), edition.rules.thresholds)
    sets = _sets(edition, found, inputs, query.sets, by_month=query.by_month)
    return funding_page(sets, query, providers, funded=inputs.funded, withheld=withheld, nation=False)


def _inputs(edition: Edition, found: FrozenFunding) -> Inputs:
    year, successors = funding_year(edition.period), found.frozen.successors
    return inputs_of(year, funded_years=found.funded_years, before={}, successors=successors, rules=edition.rules)


def _sets(
    edition: Edition, found: FrozenFunding, inputs: Inputs, names: Iterable[SetName], *, by_month: bool
) -> list[FundingSet]:
    successors = found.frozen.successors
    sets: list[FundingSet] = []
    for name in names:
        of = {
            (provider, kind): coefficient
            for (estimate, kind, provider), coefficient in found.coefficients.items()
            if estimate == (name == ESTIMATE)
        }
        sums = _sums(found.frozen.sums, name, by_month=by_month)
        one = funding_set(
            name, sums, period=edition.period, successors=successors, inputs=inputs, rules=edition.rules, frozen=of
        )
        assert not isinstance(one, NoCommonFactor), "without shares of the year before there is no transition"
        sets.append(one)
    return sets


def _sums(sums: Iterable[Sum], name: SetName, *, by_month: bool) -> Iterator[Sums]:
    for one in sums:
        if one.of_set == name:
            yield Sums(one.provider, one.month if by_month else None, one.kind, one.copied, one.totals)
