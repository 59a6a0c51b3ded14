"""Which months an edition holds, and which stand for those that aren't out (national model §7, lag and estimate). Pure.

Where a month is out, the edition keeps its own rows, and they are both the actual ones and the estimate's. In the
period that a publication of the day estimates, every other month is kept from the same month a year earlier, for the
estimate alone.
"""

from dataclasses import dataclass
from datetime import date

from schemas.national.parameters import Rules
from schemas.national.rules.lag import estimate_source, estimated_period, is_out
from schemas.national.rules.periods import add_months, first_day, months_of
from schemas.national.surveys import SURVEY_KINDS, SurveyKind


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no edition can be cut; the sentence says what to do."""

    detail: str


@dataclass(frozen=True, slots=True)
class Taken:
    """One month of one survey kind, and the month whose requests stand in it."""

    kind: SurveyKind
    month: date
    source_month: date


@dataclass(frozen=True, slots=True)
class Source:
    """Requests that add to a month of a survey kind: its own, or (`copied`) entrepreneurs' instructor requests."""

    taken: Taken
    kind: SurveyKind
    copied: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edition of a period keeps as of a day; `estimate` says whether that day's estimate is among it."""

    period: str
    as_of: date
    estimate: bool
    months: tuple[Taken, ...]

    def sources(self) -> tuple[Source, ...]:
        """Where the rows come from. The entrepreneurs' copy follows the workplace survey's lag (§7)."""
        own = tuple(Source(taken, taken.kind, copied=False) for taken in self.months)
        copies = (
            Source(taken, "workplace_instructor", copied=True) for taken in self.months if taken.kind == "workplace"
        )
        return (*own, *copies)


def plan(period: str, as_of: date, *, today: date, rules: Rules) -> Plan | Refusal:
    """Say what an edition of `period` holds when it is cut as of a day; `today` is the Finnish date."""
    first_period = rules.coefficients[0].from_period
    try:
        months = months_of(period)
    except ValueError as error:
        return Refusal(f"There is no such period: {error}.")
    if period < first_period:
        return Refusal(f"There are no rules for periods before {first_period}.")
    if as_of < first_day(first_period):
        return Refusal(f"There are no rules for days before {first_day(first_period)}: {as_of} is one.")
    if as_of > today:
        return Refusal(f"{as_of} is still to come: publish as of {today} or a day before it.")
    lag = rules.publication_lag_of(period)
    out = [(kind, month) for kind in SURVEY_KINDS for month in months if is_out(kind, month, published=as_of, lag=lag)]
    if not out:
        first = add_months(first_day(period), lag.months)
        return Refusal(f"Nothing of {period} is out on {as_of}: its first month is from {first} on.")
    estimate = period == estimated_period(as_of)
    kept = [(kind, month) for kind in SURVEY_KINDS for month in months] if estimate else out
    return Plan(
        period,
        as_of,
        estimate,
        tuple(Taken(kind, month, estimate_source(kind, month, published=as_of, lag=lag)) for kind, month in kept),
    )
