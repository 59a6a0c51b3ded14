"""The funding view: sums of whole counts, in; points, shares and the transition of every provider, out. Pure.

By national model §7: providers are mapped to the structure `latest` first; rates, coefficients, weighted points and
shares are computed in it, exactly. The figures of live months, of an estimate and of an edition take the same way.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Final, Literal

from schemas.national.parameters import ComponentWeights, Rules, Transition
from schemas.national.rules.coefficient import Coefficient, coefficient, weighted_points
from schemas.national.rules.figures import Totals, sum_by_key, sum_or_null
from schemas.national.rules.funding import (
    COMPONENT_OF,
    Component,
    TransitionError,
    funded_points,
    funded_providers,
    shares,
    transition_shares,
    whole_share,
)
from schemas.national.rules.lag import estimate_source
from schemas.national.rules.periods import period_of
from schemas.national.rules.points import as_counted
from schemas.national.surveys import STUDENT_KINDS, SURVEY_KINDS, SurveyKind
from services.reporting.editions import SetName

Coefficients = Mapping[tuple[str, SurveyKind], Coefficient | None]
"""By provider in the structure and survey kind."""

NATION: Final = ""
"""In place of a provider: of all funded providers together."""

_EMPLOYERS: Final = frozenset(COMPONENT_OF[kind] for kind in SURVEY_KINDS if kind not in STUDENT_KINDS)


@dataclass(frozen=True, slots=True)
class Sums:
    """What a provider, as posted, has of a survey kind in a month; in all months together where `month` is None.

    `copied` is what entrepreneurs' instructor requests add to the workplace survey, without 9/8.
    """

    provider: str
    month: date | None
    kind: SurveyKind
    copied: bool
    totals: Totals


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """One provider's points of one component; where months are split, of one month.

    The share is that of the nation's weighted points of all months, so that a provider's months sum to its share.
    """

    provider: str
    month: date | None
    component: Component
    totals: Totals
    weighted_points: Fraction | None
    share: Fraction | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """How the transition bounds one provider's whole share; `factor` is the one that all providers have in common.

    A provider without a share of the year before has no floor and no cap.
    """

    before: Fraction | None
    floor: Fraction | None
    cap: Fraction | None
    factor: Fraction
    share: Fraction


@dataclass(frozen=True, slots=True)
class Whole:
    """One provider's whole share, and its bounds where a transition applies."""

    provider: str
    share: Fraction
    bounds: Bounds | None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the rules and the operator say of one funding year.

    `funded` are the providers that the organisation table calls funded, None for all; `weights` and `transition` are
    None where none is given for the year. `before` are the whole shares of the year before, of funded providers.
    """

    funded: frozenset[str] | None
    weights: ComponentWeights | None
    transition: Transition | None
    before: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class FundingSet:
    """All rows of one set, by provider and component; `nation` are the sums that shares are parts of."""

    name: SetName
    rows: list[ComponentRow]
    wholes: list[Whole]
    nation: list[ComponentRow]


@dataclass(frozen=True, slots=True)
class NoCommonFactor:
    """The transition can't be computed: no factor makes the shares of this set sum to 1."""

    of_set: SetName
    bound: Literal["floor", "cap"]
    detail: str


def inputs_of(
    year: int,
    *,
    funded_years: Mapping[str, Collection[int] | None],
    before: Mapping[str, Fraction],
    successors: Mapping[str, str],
    rules: Rules,
) -> Inputs:
    """What holds for a funding year, in the structure; `before` are the shares of the year before, as loaded."""
    funded = funded_providers(funded_years, year)
    mapped: dict[str, Fraction] = defaultdict(Fraction)
    for provider, share in before.items():
        successor = successors.get(provider, provider)
        if funded is None or successor in funded:
            mapped[successor] += share
    return Inputs(
        funded,
        next((row for row in rules.component_weights if row.funding_year == year), None),
        next((row for row in rules.transitions if row.funding_year == year), None),
        mapped,
    )


def estimate_months(kind: SurveyKind, months: Sequence[date], *, published: date, rules: Rules) -> Mapping[date, date]:
    """The months whose rows stand in an estimate of the day `published`, each with the month that it stands for.

    `months` are those of the estimated period, whose lag it is.
    """
    lag = rules.publication_lag_of(period_of(months[0]))
    return {estimate_source(kind, month, published=published, lag=lag): month for month in months}


def funding_set(
    name: SetName,
    sums: Iterable[Sums],
    *,
    period: str,
    successors: Mapping[str, str],
    inputs: Inputs,
    rules: Rules,
    frozen: Coefficients | None = None,
) -> FundingSet | NoCommonFactor:
    """One set of rows, from the sums of its months; an edition's coefficients are `frozen`."""
    rows = component_rows(sums, period=period, successors=successors, funded=inputs.funded, rules=rules, frozen=frozen)
    wholes = whole_shares(rows, inputs, of_set=name)
    if isinstance(wholes, NoCommonFactor):
        return wholes
    return FundingSet(name, rows, wholes, nation_rows(rows, inputs.funded))


def nation_rows(rows: Iterable[ComponentRow], funded: frozenset[str] | None) -> list[ComponentRow]:
    """The nation's sum of each component over the funded providers and all months: what shares are parts of (§7)."""
    found: dict[Component, list[ComponentRow]] = defaultdict(list)
    for row in rows:
        if is_funded(row.provider, funded):
            found[row.component].append(row)
    return [
        ComponentRow(
            NATION,
            None,
            component,
            reduce(add, (part.totals for part in parts)),
            sum_or_null(part.weighted_points for part in parts),
            None,
        )
        for component, parts in sorted(found.items())
    ]


def component_rows(
    sums: Iterable[Sums],
    *,
    period: str,
    successors: Mapping[str, str],
    funded: frozenset[str] | None,
    rules: Rules,
    frozen: Coefficients | None = None,
) -> list[ComponentRow]:
    """The rows of one set, by provider in the structure, component and month.

    Coefficients are those of the whole period, provider and survey kind, unless they were `frozen`. An employers' row
    without target days is left out. Who isn't funded has points but no share.
    """
    factor, factors = rules.entrepreneur_factor_of(period), rules.completion_factors_of(period)
    cells = sum_by_key(
        (
            (successors.get(one.provider, one.provider), one.month, one.kind),
            as_counted(one.totals, copied=one.copied, factor=factor),
        )
        for one in sums
    )
    applied: Coefficients
    if frozen is None:
        applied = {
            (provider, kind): coefficient(kind, period, totals, table=rules.coefficients)
            for (provider, kind), totals in sum_by_key(
                ((provider, kind), totals) for (provider, _, kind), totals in cells.items()
            ).items()
        }
    else:
        applied = frozen
    grouped: dict[tuple[str, Component, date | None], list[tuple[Totals, Fraction | None]]] = defaultdict(list)
    for (provider, month, kind), totals in cells.items():
        weighted = weighted_points(kind, totals.points, applied.get((provider, kind)))
        worth = funded_points(kind, weighted, factors=factors)
        grouped[provider, COMPONENT_OF[kind], month].append((totals, worth))
    return _with_shares(
        [
            ComponentRow(provider, month, component, totals, sum_or_null(worth for _, worth in parts), None)
            for (provider, component, month), parts in sorted(grouped.items(), key=_order)
            if (totals := reduce(add, (part for part, _ in parts))).target_days or component not in _EMPLOYERS
        ],
        funded,
    )


def whole_shares(rows: Sequence[ComponentRow], inputs: Inputs, *, of_set: SetName) -> list[Whole] | NoCommonFactor:
    """The whole share of every funded provider, and its bounds when shares of the year before were given.

    None at all when the year has no component weights. A provider that only has a share of the year before counts
    with a whole share of 0.
    """
    if inputs.weights is None:
        return []
    found: dict[str, dict[Component, Fraction | None]] = defaultdict(dict)
    for row in rows:
        if is_funded(row.provider, inputs.funded):
            of = found[row.provider]
            of[row.component] = sum_or_null((of[row.component], row.share)) if row.component in of else row.share
    computed = {provider: whole_share(of, inputs.weights) for provider, of in found.items()}
    rule, before = inputs.transition, inputs.before
    if rule is None or not before:
        return [Whole(provider, share, None) for provider, share in sorted(computed.items())]
    try:
        bounded = transition_shares(computed, before, rule)
    except TransitionError as refusal:
        return NoCommonFactor(of_set, refusal.bound, str(refusal))
    return [
        Whole(provider, computed.get(provider, Fraction(0)), _bounds(before.get(provider), rule, bounded.factor, share))
        for provider, share in sorted(bounded.shares.items())
    ]


def _bounds(before: Fraction | None, rule: Transition, factor: Fraction, share: Fraction) -> Bounds:
    if before is None:
        return Bounds(None, None, None, factor, share)
    return Bounds(before, rule.floor * before, rule.cap * before, factor, share)


def _with_shares(rows: list[ComponentRow], funded: frozenset[str] | None) -> list[ComponentRow]:
    by_component: dict[Component, dict[tuple[str, date | None], Fraction | None]] = defaultdict(dict)
    for row in rows:
        if is_funded(row.provider, funded):
            by_component[row.component][row.provider, row.month] = row.weighted_points
    found = {component: shares(points) for component, points in by_component.items()}
    return [replace(row, share=found.get(row.component, {}).get((row.provider, row.month))) for row in rows]


def is_funded(provider: str, funded: frozenset[str] | None) -> bool:
    """Whether a provider is among the funded ones; None means that all are."""
    return funded is None or provider in funded


def _order(group: tuple[tuple[str, Component, date | None], object]) -> tuple[str, Component, date]:
    (provider, component, month), _ = group
    return provider, component, month or date.min
