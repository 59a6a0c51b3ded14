"""Shares of the appropriation and the transition that bounds them (national model §7).

A provider is any hashable key, such as its OID in the structure ``latest``.
"""

from bisect import bisect_right
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Generic, Literal, TypeVar

from schemas.national.parameters import CompletionFactors, ComponentWeights, Transition
from schemas.national.rules.figures import sum_or_null
from schemas.national.surveys import SurveyKind

Component = Literal["start", "completion", "workplace", "workplace_instructor"]
Provider = TypeVar("Provider", bound=Hashable)

COMPONENT_OF: Mapping[SurveyKind, Component] = {
    "start": "start",
    "completion_whole": "completion",
    "completion_parts": "completion",
    "workplace_instructor": "workplace_instructor",
    "workplace": "workplace",
}


def funded_providers(funded_years: Mapping[Provider, Collection[int] | None], year: int) -> frozenset[Provider] | None:
    """Return the providers over which the nation's sum of a year runs, None for all of them.

    ``funded_years`` says of every organisation in which years it is funded, None where the table says nothing of it.
    When no row names the year, the table says nothing about it and every provider is funded (§5).
    """
    return frozenset(provider for provider, years in funded_years.items() if years and year in years) or None


def funded_points(kind: SurveyKind, weighted_points: Fraction | None, *, factors: CompletionFactors) -> Fraction | None:
    """Return weighted points as the funding view and the export count them: whole qualifications threefold."""
    if weighted_points is None:
        return None
    match kind:
        case "completion_whole":
            return weighted_points * factors.completion_whole
        case "completion_parts":
            return weighted_points * factors.completion_parts
        case _:
            return weighted_points


def shares(points: Mapping[Provider, Fraction | None]) -> dict[Provider, Fraction | None]:
    """Return each provider's share of the points of all (one component); null points, or a sum of 0, give null."""
    total = sum_or_null(points.values())
    return {provider: value / total if value is not None and total else None for provider, value in points.items()}


def whole_share(component_shares: Mapping[Component, Fraction | None], weights: ComponentWeights) -> Fraction:
    """Return Σ weight · share / Σ weight of the year; a null share counts as 0."""
    of: dict[Component, Fraction] = {
        "start": weights.start,
        "completion": weights.completion,
        "workplace": weights.workplace,
        "workplace_instructor": weights.workplace_instructor,
    }
    weighted = sum((of[component] * (share or 0) for component, share in component_shares.items()), Fraction(0))
    return weighted / sum(of.values())


class TransitionError(ValueError):
    """No common factor brings the bounded shares to the sum 1; ``bound`` is the one in the way."""

    def __init__(self, bound: Literal["floor", "cap"], total: Fraction) -> None:
        self.bound = bound
        super().__init__(f"no factor makes the shares sum to 1: the {bound} alone brings them to {total}")


@dataclass(frozen=True, slots=True)
class _Bounded:
    """One provider's share as a function of the common factor t; all shares in whole parts of one unit.

    Whole numbers keep it exact without a greatest common divisor at every step, which long fractions would need.
    """

    share: int
    low: int
    high: int | None

    def at(self, factor: Fraction) -> int:
        """Return the share, in parts of the unit divided by the factor's denominator."""
        value = max(factor.numerator * self.share, factor.denominator * self.low)
        return value if self.high is None else min(value, factor.denominator * self.high)

    def bends(self) -> list[Fraction]:
        """Return the factors at which the function turns flat or steep."""
        bounds = [self.low] if self.high is None else [self.low, self.high]
        return [Fraction(bound, self.share) for bound in bounds] if self.share else []


@dataclass(frozen=True, slots=True)
class BoundedShares(Generic[Provider]):
    """Every provider's share within the transition's bounds, and the common factor t that gives them."""

    factor: Fraction
    shares: Mapping[Provider, Fraction]


def transition_shares(
    computed: Mapping[Provider, Fraction], before: Mapping[Provider, Fraction], rule: Transition
) -> BoundedShares[Provider]:
    """Return clamp(t·s, floor·p, cap·p) for every provider, with the one t for which the shares sum to 1.

    ``computed`` are the whole shares s, ``before`` those of the year before, p; a provider without p gets t·s, one
    without s counts as 0. Exact: the sum is piecewise linear in t and never falls, so t lies between two of its bends.

    Raises:
        TransitionError: the floors alone exceed 1, or the caps keep the sum below 1.
    """
    shares_in_bounds = {
        provider: _in_bounds(computed.get(provider, Fraction(0)), before.get(provider), rule)
        for provider in {**computed, **before}
    }
    unit = lcm(*(part.denominator for parts in shares_in_bounds.values() for part in parts if part is not None))
    providers = {
        provider: _Bounded(int(share * unit), int(low * unit), None if high is None else int(high * unit))
        for provider, (share, low, high) in shares_in_bounds.items()
    }
    factor = _common_factor(list(providers.values()), unit)
    parts = unit * factor.denominator
    return BoundedShares(
        factor, {provider: Fraction(bounded.at(factor), parts) for provider, bounded in providers.items()}
    )


def _in_bounds(
    share: Fraction, before: Fraction | None, rule: Transition
) -> tuple[Fraction, Fraction, Fraction | None]:
    """Return a share with its floor and its cap."""
    if before is None:
        return share, Fraction(0), None
    return share, rule.floor * before, rule.cap * before


def _common_factor(providers: list[_Bounded], unit: int) -> Fraction:
    def total(factor: Fraction) -> Fraction:
        return Fraction(sum(provider.at(factor) for provider in providers), unit * factor.denominator)

    bends = sorted({Fraction(0), *(bend for provider in providers for bend in provider.bends())})
    position = bisect_right(bends, Fraction(1), key=total)
    if position == 0:
        raise TransitionError("floor", total(bends[0]))
    low = bends[position - 1]
    # Beyond the last bend any second point shows the slope.
    high = bends[position] if position < len(bends) else low + 1
    missing, slope = 1 - total(low), (total(high) - total(low)) / (high - low)
    if missing == 0:
        return low
    if slope == 0:
        raise TransitionError("cap", total(low))
    return low + missing / slope
