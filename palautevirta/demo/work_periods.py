"""The work periods of a provider's students, made up from a seed: no counts of that year are at hand. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from palautevirta.demo.counts import PERIOD
from palautevirta.demo.organisations import Place
from palautevirta.demo.seeding import random_of
from schemas.national.rules import durations
from schemas.national.rules.business_id import is_business_id
from schemas.national.rules.periods import first_day, last_day

_PERCENTAGES: Final = (100, 100, 100, 100, 80, 60, 50)
_LENGTHS_DAYS: Final = (14, 120)
_INTERRUPTION_DAYS: Final = 5
_EMPLOYERS: Final = 20

# Shares of the work periods.
_APPRENTICESHIPS: Final = 0.4
_ENTREPRENEURS: Final = 0.1
_INTERRUPTED: Final = 0.15
_ANSWERED: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPeriod:
    """One period of on-the-job learning at an employer, and who answered about it."""

    number: int
    place: Place
    employer: str
    span: durations.WorkPeriod
    duration_days: int
    apprenticeship: bool
    entrepreneur: bool
    """The learner is the entrepreneur, in an apprenticeship: the instructor is asked, the workplace isn't."""
    instructor_answered: bool
    workplace_answered: bool


def work_periods(
    count: int, places: Sequence[Place], *, seed: str, part_time_not_applied: Collection[str]
) -> tuple[WorkPeriod, ...]:
    """So many periods that ended in the reporting period; the first ones are the same whatever the count."""
    random = random_of(seed, "work-periods")
    employers = [_business_id(9_000_000 + random.randrange(1_000_000)) for _ in range(_EMPLOYERS)]

    def draw(number: int) -> WorkPeriod:
        span = _span(random)
        nature = random.random()
        return WorkPeriod(
            number=number,
            place=random.choice(places),
            employer=random.choice(employers),
            span=span,
            duration_days=durations.duration_days(span, (), part_time_not_applied=part_time_not_applied),
            apprenticeship=nature < _APPRENTICESHIPS,
            entrepreneur=nature < _ENTREPRENEURS,
            instructor_answered=random.random() < _ANSWERED,
            workplace_answered=random.random() < _ANSWERED,
        )

    return tuple(draw(number) for number in range(1, count + 1))


def _span(random: Random) -> durations.WorkPeriod:
    first, last = first_day(PERIOD), last_day(PERIOD)
    end = first + timedelta(days=random.randrange((last - first).days + 1))
    start = end - timedelta(days=random.randint(*_LENGTHS_DAYS) - 1)
    interruptions: tuple[durations.Interruption, ...] = ()
    if random.random() < _INTERRUPTED:
        begins = start + timedelta(days=random.randrange((end - start).days))
        interruptions = (durations.Interruption(begins, _earlier(begins + timedelta(days=_INTERRUPTION_DAYS), end)),)
    return durations.WorkPeriod(start, end, interruptions, random.choice(_PERCENTAGES))


def _earlier(day: date, end: date) -> date | None:
    """The day, or None (to the period's end) when the period has ended by then."""
    return day if day < end else None


def _business_id(number: int) -> str:
    """A business id with this number or the next one that has a check digit; real ones begin with 0 to 3."""
    valid = (text for digit in range(10) if is_business_id(text := f"{number}-{digit}"))
    return next(valid, "") or _business_id(number - 1)
