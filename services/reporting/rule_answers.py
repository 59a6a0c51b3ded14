"""The national rules as questions: parameters or a body, in; a table, or what is wrong with the question, out. Pure.

Nothing that was counted is read: a provider's system checks its own computation against these (national model §3-§7).
"""

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import msgspec

from schemas.national.parameters import Rules
from schemas.national.rules.attribution import employer_attribution_date, student_attribution_date
from schemas.national.rules.business_id import BUSINESS_ID_PATTERN, is_business_id
from schemas.national.rules.durations import Interruption, WorkPeriod, duration_days, weighted_days
from schemas.national.rules.figures import Totals
from schemas.national.rules.periods import funding_year, period_of
from schemas.national.rules.rounding import FIGURE_DECIMALS, decimal_text
from schemas.national.rules.windows import student_window
from schemas.national.surveys import STUDENT_KINDS, SURVEY_KINDS, SurveyKind
from services.reporting.explanation import coefficient_steps
from services.reporting.figures import Group, Part, coefficients, figure_table
from services.reporting.parameters import BadQuery, Given, Pairs, a_day, one_of, period_from
from services.reporting.table import Table

WINDOW_COLUMNS: Final = ("valid_from", "valid_to", "exclusion")
BUSINESS_ID_COLUMNS: Final = ("verdict",)
ATTRIBUTION_COLUMNS: Final = ("attribution_date", "month", "period", "funding_year", "reason")
COEFFICIENT_COLUMNS: Final = (
    "rate_exact", "coefficient_row", "coefficient_branch", "coefficient_at_least", "coefficient_at_most",
    "coefficient_formula", "coefficient_exact", "coefficient", "weighted_points_exact", "weighted_points", "reason",
)  # fmt: skip
DURATION_COLUMNS: Final = ("weighted_days_exact", "weighted_days", "duration_days")

MOST_PERIODS: Final = 10
MOST_INTERRUPTIONS: Final = 30
MOST_DAYS: Final = 1_100
"""Every day of a period is held against all others and all interruptions: this bounds what a question costs."""

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099

_A_DAY: Final = f"give a day of the years {FIRST_YEAR} to {LAST_YEAR}, such as 2025-08-11"
_A_COUNT: Final = "give a whole number of up to twelve digits"
_COUNT: Final = re.compile(r"[0-9]{1,12}")
_POINTS: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
_BUSINESS_ID: Final = re.compile(BUSINESS_ID_PATTERN)


@dataclass(frozen=True, slots=True)
class BadBody:
    """Why a body asks nothing that can be answered; the sentence says what to send."""

    detail: str


class AskedInterruption(msgspec.Struct, frozen=True):
    """Days on which a work period doesn't run, both inclusive; without an end to the period's end."""

    start: date
    end: date | None = None


class AskedPeriod(msgspec.Struct, frozen=True):
    """A work period by the names that it has in an event; its other members are ignored."""

    work_period_start: date
    work_period_end: date
    part_time_percentage: int | None = None
    interruptions: tuple[AskedInterruption, ...] | None = None


class AskedPeriods(msgspec.Struct, frozen=True):
    """All periods of one learner."""

    periods: tuple[AskedPeriod, ...]


_decoder: Final = msgspec.json.Decoder(AskedPeriods)
_PATH: Final = re.compile(r" - at `\$?([^`]*)`$")


def window(pairs: Pairs, rules: Rules) -> Table | BadQuery:
    """The response window of a student's request; an exclusion where its end has passed at issue (§4, Windows)."""
    given = Given(pairs, ("trigger_date", "issued"), paged=False)
    trigger_date, issued = given.needed("trigger_date", _day, _A_DAY), given.needed("issued", _day, _A_DAY)
    if given.problems or trigger_date is None or issued is None:
        return given.bad()
    found = student_window(trigger_date=trigger_date, issued=issued, rule=rules.window)
    passed = found.valid_to < found.valid_from
    return Table(WINDOW_COLUMNS, [(str(found.valid_from), str(found.valid_to), "sent_too_late" if passed else None)])


def business_id(pairs: Pairs) -> Table | BadQuery:
    """Whether a text is a business id: by its form and its check digit (§3)."""
    given = Given(pairs, ("business_id",), paged=False)
    text = given.needed("business_id", lambda text: text, "give the text to check")
    if given.problems or text is None:
        return given.bad()
    if is_business_id(text):
        return Table(BUSINESS_ID_COLUMNS, [("valid",)])
    return Table(BUSINESS_ID_COLUMNS, [("wrong_check_digit" if _BUSINESS_ID.fullmatch(text) else "wrong_form",)])


def attribution(pairs: Pairs, rules: Rules) -> Table | BadQuery:
    """The date that places a request, its month, period and funding year; a reason where there is none (§5)."""
    pairs = list(pairs)
    kind = _kind(pairs)
    students, employers = ("trigger_date", "valid_from"), ("work_period_end",)
    dates = (*students, *employers) if kind is None else students if kind in STUDENT_KINDS else employers
    given = Given(pairs, ("survey", *dates), paged=False)
    given.needed("survey", one_of(SURVEY_KINDS), f"give one of {', '.join(SURVEY_KINDS)}")
    if kind is None:
        return given.bad()
    days = {name: given.needed(name, _day, _A_DAY) for name in dates}
    found = [day for day in days.values() if day is not None]
    if given.problems or len(found) != len(dates):
        return given.bad()
    if kind in STUDENT_KINDS:
        day = student_attribution_date(trigger_date=found[0], valid_from=found[1], rule=rules.attribution)
    else:
        day = employer_attribution_date(work_period_end=found[0], rule=rules.attribution)
    if day is None:
        return Table(ATTRIBUTION_COLUMNS, [(None, None, None, None, "no_attribution_date")])
    period = period_of(day)
    return Table(ATTRIBUTION_COLUMNS, [(str(day), day.strftime("%Y-%m"), period, funding_year(period), None)])


def coefficient(pairs: Pairs, rules: Rules) -> Table | BadQuery:
    """The coefficient of a rate, the branch of the table that gives it, and points weighted with it (§7)."""
    pairs = list(pairs)
    kind = _kind(pairs)
    heads, by_days = ("targets", "respondents"), ("target_days", "respondent_days")
    counts = (*heads, *by_days) if kind is None else heads if kind in STUDENT_KINDS else by_days
    given = Given(pairs, ("survey", "period", *counts, "points"), paged=False)
    given.needed("survey", one_of(SURVEY_KINDS), f"give one of {', '.join(SURVEY_KINDS)}")
    period = given.needed("period", *period_from(rules.coefficients[0].from_period))
    points = given.optional("points", _points, "give points with at most four decimals, such as 112.5")
    if kind is None:
        return given.bad()
    whole, part = (given.needed(name, _count, _A_COUNT) for name in counts)
    if whole is not None and part is not None and part > whole:
        given.refuse(counts[1], f"there can't be more of them than {counts[0]}")
    if given.problems or period is None or whole is None or part is None:
        return given.bad()
    students = kind in STUDENT_KINDS
    totals = Totals(
        targets=whole if students else 0,
        respondents=part if students else 0,
        target_days=0 if students else whole,
        respondent_days=0 if students else part,
        points=points or Fraction(0),
    )
    return Table(COEFFICIENT_COLUMNS, [_coefficient_row(kind, period, totals, rules)])


def durations(body: bytes, rules: Rules) -> Table | BadBody:
    """The duration of each of a learner's work periods, in the order asked, each beside all the others (§6)."""
    try:
        asked = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return BadBody(f"{_pointer(error)} isn't what is asked for. {_ADVICE}")
    wrong = _wrong_periods(asked.periods)
    if wrong is not None:
        return BadBody(f"{wrong}. {_ADVICE}")
    periods = [
        WorkPeriod(
            period.work_period_start,
            period.work_period_end,
            tuple(Interruption(one.start, one.end) for one in period.interruptions or ()),
            period.part_time_percentage,
        )
        for period in asked.periods
    ]
    rows = []
    for position, period in enumerate(periods):
        others = [*periods[:position], *periods[position + 1 :]]
        days = weighted_days(period, others)
        whole = duration_days(period, others, part_time_not_applied=rules.part_time_not_applied)
        rows.append((str(days), decimal_text(days, FIGURE_DECIMALS), whole))
    return Table(DURATION_COLUMNS, [*rows])


_ADVICE: Final = (
    'Send {"periods": [{"work_period_start", "work_period_end", "part_time_percentage", '
    '"interruptions": [{"start", "end"}, …]}, …]}: '
    f"all periods of one learner that overlap, at most {MOST_PERIODS} of at most {MOST_DAYS} days, with at most "
    f"{MOST_INTERRUPTIONS} interruptions in all; days of the years {FIRST_YEAR} to {LAST_YEAR} such as 2025-08-11."
)


def _coefficient_row(kind: SurveyKind, period: str, totals: Totals, rules: Rules) -> tuple[str | None, ...]:
    """The same steps as an explanation has, null where there is no coefficient, which has a reason."""
    group = Group(("", "", "", "", ""), (Part("", copied=False, totals=totals),))
    applied = coefficients(kind, period, [group], rules)
    figures = figure_table(kind, (), [group], applied, period=period, rules=rules)
    steps = {name: value for name, value, _, _ in coefficient_steps(kind, totals, applied[""], figures, rules)}
    if applied[""] is None:
        steps["reason"] = "no_correction" if kind == "workplace" else "no_rate"
    return tuple(steps.get(column) for column in COEFFICIENT_COLUMNS)


def _wrong_periods(periods: tuple[AskedPeriod, ...]) -> str | None:
    """The first thing that is wrong with them, by its JSON Pointer."""
    if len(periods) > MOST_PERIODS:
        return "/periods has too many of them"
    if sum(len(period.interruptions or ()) for period in periods) > MOST_INTERRUPTIONS:
        return "/periods has too many interruptions"
    for position, period in enumerate(periods):
        at = f"/periods/{position}"
        length = (period.work_period_end - period.work_period_start).days + 1
        if not 1 <= length <= MOST_DAYS:
            return f"{at} ends before it starts, or is too long"
        if not FIRST_YEAR <= period.work_period_start.year <= period.work_period_end.year <= LAST_YEAR:
            return f"{at} lies too far away"
        for number, interruption in enumerate(period.interruptions or ()):
            if interruption.end is not None and interruption.end < interruption.start:
                return f"{at}/interruptions/{number} ends before it starts"
    return None


def _pointer(error: Exception) -> str:
    """Where in the body an error is, as a JSON Pointer; a name that we don't know can't be in it."""
    match = _PATH.search(str(error))
    if match is None:
        return "The body"
    pointer = re.sub(r"\[([0-9]+|\.\.\.)\]", r"/\1", match[1]).replace(".", "/")
    return pointer or "The body"


def _kind(pairs: list[tuple[str, str]]) -> SurveyKind | None:
    """The survey kind decides which parameters there are."""
    return next((kind for name, value in pairs if name == "survey" for kind in SURVEY_KINDS if kind == value), None)


def _day(text: str) -> date | None:
    day = a_day(text)
    return day if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR else None


def _count(text: str) -> int | None:
    return int(text) if _COUNT.fullmatch(text) else None


def _points(text: str) -> Fraction | None:
    return Fraction(text) if _POINTS.fullmatch(text) else None
