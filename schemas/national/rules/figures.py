"""Response rates, means, deviations and NPS from whole counts (national model §7).

Everything is an exact fraction, or None where the model says null; ``rounding`` writes it.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self, TypeVar

Key = TypeVar("Key", bound=Hashable)

_SCORES = (1, 2, 3, 4, 5)
_DETRACTORS = slice(0, 7)
_PASSIVES = slice(7, 9)
_PROMOTERS = slice(9, 11)


@dataclass(frozen=True, slots=True)
class Totals:
    """The additive figures of a cell or a group of cells; days are 0 for students.

    Points are whole but where an entrepreneurs' copy is in them.
    """

    targets: int
    respondents: int
    target_days: int
    respondent_days: int
    points: Fraction

    @classmethod
    def stored(cls, row: Mapping[str, Any]) -> "Totals":
        """The whole counts of a row, by their names."""
        return cls(
            row["targets"], row["respondents"], row["target_days"], row["respondent_days"], Fraction(row["points"])
        )

    def __add__(self, other: Self) -> "Totals":
        return Totals(
            self.targets + other.targets,
            self.respondents + other.respondents,
            self.target_days + other.target_days,
            self.respondent_days + other.respondent_days,
            self.points + other.points,
        )


NO_TOTALS = Totals(targets=0, respondents=0, target_days=0, respondent_days=0, points=Fraction(0))


def sum_by_key(parts: Iterable[tuple[Key, Totals]]) -> dict[Key, Totals]:
    """Return the sum of the totals under each key."""
    found: dict[Key, Totals] = {}
    for key, totals in parts:
        found[key] = found[key] + totals if key in found else totals
    return found


def response_rate(totals: Totals) -> Fraction | None:
    """Return respondents / targets: 0 when nobody answered, None without targets."""
    return _ratio(totals.respondents, totals.targets)


def response_rate_days(totals: Totals) -> Fraction | None:
    """Return respondent days / target days (employers): None without target days."""
    return _ratio(totals.respondent_days, totals.target_days)


def mean(weights: Sequence[int]) -> Fraction | None:
    """Return the mean of the scores 1-5, given the heads or the days of each; None when they sum to 0."""
    return _ratio(sum(score * weight for score, weight in zip(_SCORES, weights, strict=True)), sum(weights))


def variance(weights: Sequence[int]) -> Fraction | None:
    """Return the square of the standard deviation (population form: one answer gives 0); None when weights sum to 0.

    By days this is Σ s²d / Σd - mean². The deviation itself is irrational: ``rounding.square_root_text`` writes it.
    """
    average = mean(weights)
    if average is None:
        return None
    squares = sum(score * score * weight for score, weight in zip(_SCORES, weights, strict=True))
    return Fraction(squares, sum(weights)) - average * average


@dataclass(frozen=True, slots=True)
class NpsGroups:
    """The answers of an NPS question: 9-10, 7-8 and 0-6."""

    promoters: int
    passives: int
    detractors: int


def nps_groups(counts: Sequence[int]) -> NpsGroups:
    """Group the counts of the answers 0-10."""
    return NpsGroups(sum(counts[_PROMOTERS]), sum(counts[_PASSIVES]), sum(counts[_DETRACTORS]))


def nps(groups: NpsGroups, *, least_answers: int) -> Fraction | None:
    """Return (share of promoters - share of detractors) · 100; None when fewer than ``least_answers`` answered."""
    answers = groups.promoters + groups.passives + groups.detractors
    if answers < max(least_answers, 1):
        return None
    return Fraction(100 * (groups.promoters - groups.detractors), answers)


def sum_or_null(values: Iterable[Fraction | None]) -> Fraction | None:
    """Sum values of which a null counts as 0; None when all are null, or there are none."""
    known = [value for value in values if value is not None]
    return sum(known, Fraction(0)) if known else None


def _ratio(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
