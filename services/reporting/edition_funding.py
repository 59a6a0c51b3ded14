"""The funding view of an edition: as live, but from what was frozen (national model §7). Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from schemas.national.parameters import Thresholds
from schemas.national.rules.coefficient import Coefficient
from schemas.national.rules.disclosure import shown
from schemas.national.rules.funding import COMPONENT_OF, Component
from schemas.national.rules.periods import funding_year
from schemas.national.surveys import SurveyKind
from services.reporting.difference import Frozen, Sum
from services.reporting.editions import Edition, ProviderKey, SetName
from services.reporting.funding import FundingSet, Inputs, NoCommonFactor, Sums, funding_set, inputs_of
from services.reporting.funding_query import FundingQuery, funding_query
from services.reporting.funding_table import funding_page
from services.reporting.parameters import BadParameter, BadQuery, Pairs
from services.reporting.table import Table


@dataclass(frozen=True, slots=True)
class FrozenFunding:
    """What an edition's funding view comes from: sums, structure, coefficients, who is funded when.

    `before` are the shares of the year before, of providers as they were loaded.
    """

    frozen: Frozen
    coefficients: Mapping[ProviderKey, Coefficient]
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
    """The page of an edition's rows, for the authority; of a set that it hasn't there are none."""
    successors = found.frozen.successors
    inputs = _inputs(edition, found)
    sets = _sets(edition, found, inputs, query.sets, by_month=query.by_month)
    if isinstance(sets, NoCommonFactor):
        return sets
    providers = query.providers and frozenset(successors.get(provider, provider) for provider in query.providers)
    return funding_page(sets, query, providers, funded=inputs.funded, nation=True)


def provider_funding_page(
    edition: Edition, found: FrozenFunding, query: FundingQuery, providers: frozenset[str]
) -> tuple[Table, str | None] | NoCommonFactor:
    """The page of these providers' rows as they see them themselves: a component with a small count is withheld (§8).

    The providers are those of the edition's structure.
    """
    inputs = _inputs(edition, found)
    withheld = small_components(found.frozen, edition.rules.thresholds)
    sets = _sets(edition, found, inputs, query.sets, by_month=query.by_month)
    if isinstance(sets, NoCommonFactor):
        return sets
    return funding_page(sets, query, providers, funded=inputs.funded, withheld=withheld, nation=False)


def small_components(frozen: Frozen, thresholds: Thresholds) -> frozenset[tuple[str, Component]]:
    """The components of providers of which any part of any month of any set has a small count (§8).

    A part is a survey kind's own requests, or its copied ones: points and weighted points of a component are two sums
    over them, from which a small one could be solved for. Decided over all months and sets, whatever is asked for:
    neither months, nor a month and the whole, nor two sets can then be subtracted from each other.
    """
    parts: dict[tuple[str, str, date, SurveyKind, bool], tuple[int, int]] = {}
    for one in frozen.sums:
        key = (frozen.successors.get(one.provider, one.provider), one.of_set, one.month, one.kind, one.copied)
        targets, respondents = parts.get(key, (0, 0))
        parts[key] = (targets + one.totals.targets, respondents + one.totals.respondents)
    return frozenset(
        (provider, COMPONENT_OF[kind])
        for (provider, _, _, kind, _), counts in parts.items()
        if any(shown(count, thresholds)[0] is None for count in counts)
    )


def _inputs(edition: Edition, found: FrozenFunding) -> Inputs:
    year, successors = funding_year(edition.period), found.frozen.successors
    return inputs_of(
        year, funded_years=found.funded_years, before=found.before, successors=successors, rules=edition.rules
    )


def _sets(
    edition: Edition, found: FrozenFunding, inputs: Inputs, names: Iterable[SetName], *, by_month: bool
) -> list[FundingSet] | NoCommonFactor:
    successors = found.frozen.successors
    sets: list[FundingSet] = []
    for name in names:
        of = {
            (provider, kind): coefficient
            for (of_set, provider, kind), coefficient in found.coefficients.items()
            if of_set == name
        }
        sums = list(_sums(found.frozen.sums, name, by_month=by_month))
        if not sums:
            continue  # shares of the year before alone are no rows of a set that there isn't
        one = funding_set(
            name, sums, period=edition.period, successors=successors, inputs=inputs, rules=edition.rules, frozen=of
        )
        if isinstance(one, NoCommonFactor):
            return one
        sets.append(one)
    return sets


def _sums(sums: Iterable[Sum], name: SetName, *, by_month: bool) -> Iterator[Sums]:
    for one in sums:
        if one.of_set == name:
            yield Sums(one.provider, one.month if by_month else None, one.kind, one.copied, one.totals)
