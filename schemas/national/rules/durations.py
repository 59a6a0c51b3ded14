"""The duration of a workplace period in weighted days (national model §6).

No learner's identity enters this system, so the provider's system computes the duration and posts it; the rule is
offered as a function.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from schemas.national.rules.periods import period_of
from schemas.national.rules.rounding import round_half_up

_FULL_TIME = 100


@dataclass(frozen=True, slots=True)
class Interruption:
    """Days on which a period doesn't run, both inclusive; without an end it lasts to the period's end."""

    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class WorkPeriod:
    """One period of on-the-job learning, both days included."""

    start: date
    end: date
    interruptions: tuple[Interruption, ...] = ()
    part_time_percentage: int | None = _FULL_TIME

    def runs_on(self, day: date) -> bool:
        """Say whether the period runs, and isn't interrupted, on ``day``."""
        return self.start <= day <= self.end and not any(
            interruption.start <= day and (interruption.end is None or day <= interruption.end)
            for interruption in self.interruptions
        )


def weighted_days(period: WorkPeriod, others: Sequence[WorkPeriod]) -> Fraction:
    """Sum, over the days on which the period runs, 1 / the number of the learner's periods that run that day.

    ``others`` are the same learner's other periods, without ``period``; weekends count like any day.
    """
    length = (period.end - period.start).days + 1
    days = (period.start + timedelta(days=offset) for offset in range(length))
    return sum(
        (Fraction(1, 1 + sum(other.runs_on(day) for other in others)) for day in days if period.runs_on(day)),
        Fraction(0),
    )


def duration_days(period: WorkPeriod, others: Sequence[WorkPeriod], *, part_time_not_applied: Collection[str]) -> int:
    """Return the duration: weighted days times the part-time percentage, rounded half up to whole days.

    A missing or impossible percentage gives 0. ``part_time_not_applied`` names the reporting periods in which work
    periods ended whose percentage isn't applied (2022-2023).
    """
    days = weighted_days(period, others)
    if period_of(period.end) in part_time_not_applied:
        return round_half_up(days)
    percentage = period.part_time_percentage
    if percentage is None or not 1 <= percentage <= _FULL_TIME:
        return 0
    return round_half_up(days * percentage / _FULL_TIME)
