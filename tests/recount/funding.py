"""The funding view: points, weighted points and shares of each provider and component, and the transition (§7)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from recount.figures import Row, coefficient
from recount.requests import EMPLOYER_KINDS
from recount.targets import Target
from recount.writing import written

COMPONENTS = {
    "start": ("start",),
    "completion": ("completion_whole", "completion_parts"),
    "workplace": ("workplace",),
    "workplace_instructor": ("workplace_instructor",),
}
"""Whose points each component has."""

_WORTH = {"completion_whole": 3}

WEIGHTS = {
    2026: {
        "start": Fraction("0.0025"),
        "completion": Fraction("0.0075"),
        "workplace": Fraction("0.0025"),
        "workplace_instructor": Fraction("0.0075"),
    }
}
"""What each component moves of the appropriation of a funding year."""

BOUNDS = {
    2026: (Fraction("0.95"), Fraction("1.10")),
    2027: (Fraction("0.93"), Fraction("1.10")),
    2028: (Fraction("0.90"), Fraction("1.10")),
}
"""Floor and cap of a provider's whole share in a funding year, in parts of its share of the year before."""


@dataclass(frozen=True)
class Earned:
    """What a provider has of a component, in a month or in all of the period (month None)."""

    provider: str
    component: str
    month: str | None
    points: Fraction
    weighted: Fraction | None
    share: Fraction | None


def earned(
    targets: Sequence[Target], year: int, *, by_month: bool = False, funded: Collection[str] | None = None
) -> list[Earned]:
    """What everybody has of the period that decides a funding year, in the structure that the targets are in.

    The nation's sum runs over the funded providers, all when nothing is said; the others have no share.
    """
    period = f"{year - 2}-{year - 1}"
    of_period = [target for target in targets if target.period == period]
    found = []
    for component, surveys in COMPONENTS.items():
        of_component = [target for target in of_period if target.survey in surveys]
        providers = sorted({target.provider for target in of_component})
        nation = sum(
            (
                _weighted(of_component, provider, None, period) or Fraction(0)
                for provider in providers
                if _is_in(provider, funded)
            ),
            Fraction(0),
        )
        for provider in providers:
            own = [target for target in of_component if target.provider == provider]
            for month in sorted({target.month for target in own}) if by_month else [None]:
                rows = [target for target in own if month in (None, target.month)]
                if component in EMPLOYER_KINDS and not any(target.days for target in rows):
                    continue  # a row whose target days are 0 is left out
                weighted = _weighted(of_component, provider, month, period)
                share = weighted / nation if weighted is not None and nation and _is_in(provider, funded) else None
                points = sum((target.points for target in rows), Fraction(0))
                found.append(Earned(provider, component, month, points, weighted, share))
    return found


def funding_rows(
    targets: Sequence[Target], year: int, *, by_month: bool = False, funded: Collection[str] | None = None
) -> list[Row]:
    """The same with its numbers written."""
    return [
        {
            "provider": one.provider,
            **({"month": one.month} if by_month else {}),
            "component": one.component,
            "points": written(one.points, 4),
            "weighted_points": written(one.weighted, 18),
            "share": written(one.share, 18),
        }
        for one in earned(targets, year, by_month=by_month, funded=funded)
    ]


def whole_shares(found: Sequence[Earned], year: int) -> dict[str, Fraction]:
    """Each provider's part of the whole appropriation of a year, by the weights of its components."""
    weights = WEIGHTS[year]
    shares: dict[str, Fraction] = {}
    for one in found:
        part = weights[one.component] * (one.share or 0) / sum(weights.values())
        shares[one.provider] = shares.get(one.provider, Fraction(0)) + part
    return shares


def bounded_shares(
    shares: Mapping[str, Fraction], before: Mapping[str, Fraction], year: int
) -> dict[str, Fraction] | None:
    """Every share between floor and cap of the share before, by the one factor that makes them sum to 1.

    Tried out: between two rates at which somebody reaches a bound it is settled who stands at which one, and the factor
    follows from what is left for the others. None when no factor fits.
    """
    floor, cap = BOUNDS[year]
    everybody = sorted(shares.keys() | before.keys())
    share = {one: shares.get(one, Fraction(0)) for one in everybody}
    low = {one: floor * before[one] for one in everybody if one in before}
    high = {one: cap * before[one] for one in everybody if one in before}

    def bounded(factor: Fraction) -> dict[str, Fraction]:
        at = {}
        for one in everybody:
            wanted = factor * share[one]
            at[one] = min(max(wanted, low[one]), high[one]) if one in before else wanted
        return at

    meets = sorted({Fraction(0)} | {bound[one] / share[one] for bound in (low, high) for one in bound if share[one]})
    between = [(left + right) / 2 for left, right in pairwise(meets)] + [meets[-1] + 1]
    for guess in between:
        at = bounded(guess)
        free = [one for one in everybody if at[one] == guess * share[one]]
        left_for_them = 1 - sum((at[one] for one in everybody if one not in free), Fraction(0))
        asked = sum((share[one] for one in free), Fraction(0))
        found = bounded(left_for_them / asked if asked else guess)
        if sum(found.values()) == 1:
            return found
    return None


def _weighted(of_component: Sequence[Target], provider: str, month: str | None, period: str) -> Fraction | None:
    """Points times the coefficient of the whole period, whole qualifications threefold; nulls only are null."""
    parts = []
    for survey in sorted({target.survey for target in of_component}):
        own = [target for target in of_component if target.provider == provider and target.survey == survey]
        rows = [target for target in own if month in (None, target.month)]
        if not rows:
            continue
        c = Fraction(1) if survey == "workplace" else coefficient(survey, period, own)
        if c is not None:
            parts.append(sum((target.points for target in rows), Fraction(0)) * c * _WORTH.get(survey, 1))
    return sum(parts, Fraction(0)) if parts else None


def _is_in(provider: str, funded: Collection[str] | None) -> bool:
    return funded is None or provider in funded
