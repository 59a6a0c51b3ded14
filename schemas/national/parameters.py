"""The numbers of the national rules as data (national model §5-§8); the functions that use them are in ``rules``.

Every version states all of them. Its tables reach back to the first period, so that the newest version alone says how
any period is computed: coefficients, weights and lags are the reporting period's, not the event's (§4).
Fractions are written exactly, as text: ``"857/350"``, ``"0.0025"`` or ``"3"``.
"""

import re
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated, Final, Literal, Protocol, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from schemas.national.questionnaire import ModelData

FIRST_PERIOD: Final = "2018-2019"

_RATIONAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18}|/[1-9][0-9]{0,17})?", re.ASCII)


def _exact(value: object) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, str) and _RATIONAL.fullmatch(value):
        return Fraction(value)
    raise ValueError('write an exact number as text, such as "857/350" or "0.0025"')


def _is_period(value: str) -> str:
    if int(value[5:]) != int(value[:4]) + 1:
        raise ValueError("a period spans two consecutive years, such as 2025-2026")
    return value


Rational = Annotated[
    Fraction, PlainValidator(_exact), PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string"})
]
PeriodText = Annotated[str, Field(pattern=r"^20[0-9]{2}-20[0-9]{2}$"), AfterValidator(_is_period)]
Year = Annotated[int, Field(ge=2018, le=2999)]
Count = Annotated[int, Field(ge=1, le=1000)]

Branch = Literal["reciprocal", "constant", "linear", "quadratic"]


class Attribution(ModelData):
    """Which date places a request in a month (§5).

    A student's valid-from date counts up to and including ``valid_from_until``, the trigger date after it.
    """

    first_date: date
    valid_from_until: date


class Window(ModelData):
    """The response window of students (§4): its days, and the days after the trigger date that end it at the latest."""

    days: Count
    days_from_trigger: Count


class Piece(ModelData):
    """One branch of a non-response coefficient, for rates r between the bounds (both inclusive).

    ``polynomial`` lists the coefficients of r⁰, r¹, …; without it the branch is 1/r.
    """

    branch: Branch
    at_least: Rational | None = None
    at_most: Rational | None = None
    polynomial: Annotated[tuple[Rational, ...], Field(min_length=1, max_length=3)] | None = None

    @model_validator(mode="after")
    def _branch_fits_polynomial(self) -> Self:
        terms: dict[Branch, int | None] = {"reciprocal": None, "constant": 1, "linear": 2, "quadratic": 3}
        found = None if self.polynomial is None else len(self.polynomial)
        if found != terms[self.branch]:
            raise ValueError(f"the branch {self.branch} needs {terms[self.branch] or 'no'} polynomial terms")
        if self.branch == "reciprocal" and (self.at_least is None or self.at_least <= 0):
            raise ValueError("1/r needs a rate above 0: give at_least")
        return self


class CoefficientRow(ModelData):
    """The coefficient of every period from ``from_period`` until the next row's; the first fitting piece holds.

    The last piece has no bounds, so every rate has a coefficient.
    """

    from_period: PeriodText
    pieces: Annotated[tuple[Piece, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _last_piece_is_open(self) -> Self:
        last = self.pieces[-1]
        if last.at_least is not None or last.at_most is not None:
            raise ValueError("the last piece must hold for every remaining rate: remove its bounds")
        return self


class ComponentWeights(ModelData):
    """The share of the appropriation that each component moves in one funding year (§7)."""

    funding_year: Year
    start: Rational
    completion: Rational
    workplace: Rational
    workplace_instructor: Rational


class Transition(ModelData):
    """The bounds of a provider's whole share in one funding year, as multiples of its share of the year before (§7)."""

    funding_year: Year
    floor: Rational
    cap: Rational


class HalfYear(ModelData):
    """A half-year of the workplace survey: its first and last month and the month from whose first day it is out."""

    first_month: Annotated[int, Field(ge=1, le=12)]
    last_month: Annotated[int, Field(ge=1, le=12)]
    out_from_month: Annotated[int, Field(ge=1, le=12)]


class PublicationLag(ModelData):
    """When a month may be published (§7): whole calendar months later, the workplace survey by half-years.

    It holds for the months of every period from ``from_period`` until the next row's.
    """

    from_period: PeriodText
    months: Count
    workplace: Annotated[tuple[HalfYear, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _half_years_cover_the_year(self) -> Self:
        months = [month for half in self.workplace for month in range(half.first_month, half.last_month + 1)]
        if sorted(months) != list(range(1, 13)):
            raise ValueError("workplace: let the half-years cover every month of the year once")
        return self


class Thresholds(ModelData):
    """The group sizes below which something isn't shown (§7, §8)."""

    nps_answers: Count
    question_answers: Count
    shown_count: Count


class EntrepreneurFactor(ModelData):
    """By what entrepreneurs' points are multiplied in the workplace survey, from a period on (§7)."""

    from_period: PeriodText
    factor: Rational


class CompletionFactors(ModelData):
    """What a weighted point of a completion survey is worth in the funding and the export, from a period on (§7)."""

    from_period: PeriodText
    completion_whole: Count
    completion_parts: Count


class FundingQuestions(ModelData):
    """How many funding questions each employer questionnaire has (§7)."""

    workplace_instructor: Count
    workplace: Count


class _FromPeriod(Protocol):
    @property
    def from_period(self) -> str: ...


Row = TypeVar("Row", bound=_FromPeriod)


def _one_row_of_all_periods(value: object) -> object:
    """Versions that were released before there was a table write one row, which holds from the first period on."""
    return _table([{"from_period": FIRST_PERIOD} | value] if isinstance(value, dict) else value)


def _one_factor_of_all_periods(value: object) -> object:
    """The same of a factor, which they write as it is."""
    return _table(value if isinstance(value, list | tuple) else [{"from_period": FIRST_PERIOD, "factor": value}])


def _table(value: object) -> object:
    """What comes out of a validator of ours is no JSON any more, where strict types take a list for a tuple."""
    return tuple(value) if isinstance(value, list) else value


class Rules(ModelData):
    """All parameters of the national rules of one version."""

    attribution: Attribution
    window: Window
    part_time_not_applied: tuple[PeriodText, ...]
    coefficients: Annotated[tuple[CoefficientRow, ...], Field(min_length=1)]
    entrepreneur_factor: Annotated[
        tuple[EntrepreneurFactor, ...], Field(min_length=1), BeforeValidator(_one_factor_of_all_periods)
    ]
    completion_factors: Annotated[
        tuple[CompletionFactors, ...], Field(min_length=1), BeforeValidator(_one_row_of_all_periods)
    ]
    funding_questions: FundingQuestions
    component_weights: tuple[ComponentWeights, ...]
    transitions: tuple[Transition, ...]
    publication_lag: Annotated[
        tuple[PublicationLag, ...], Field(min_length=1), BeforeValidator(_one_row_of_all_periods)
    ]
    thresholds: Thresholds

    @model_validator(mode="after")
    def _tables_rise(self) -> Self:
        _rising("coefficients", [row.from_period for row in self.coefficients])
        _rising("entrepreneur_factor", [row.from_period for row in self.entrepreneur_factor])
        _rising("completion_factors", [row.from_period for row in self.completion_factors])
        _rising("publication_lag", [row.from_period for row in self.publication_lag])
        _rising("component_weights", [str(row.funding_year) for row in self.component_weights])
        _rising("transitions", [str(row.funding_year) for row in self.transitions])
        return self

    def entrepreneur_factor_of(self, period: str) -> Fraction:
        """By what entrepreneurs' points of a reporting period are multiplied in the workplace survey."""
        return row_of(period, self.entrepreneur_factor).factor

    def completion_factors_of(self, period: str) -> CompletionFactors:
        """What weighted points of the completion surveys of a reporting period are worth."""
        return row_of(period, self.completion_factors)

    def publication_lag_of(self, period: str) -> PublicationLag:
        """When the months of a reporting period are out."""
        return row_of(period, self.publication_lag)


def row_of(period: str, table: Sequence[Row]) -> Row:
    """The row that holds in a reporting period: the last that begins with it or before.

    Raises:
        LookupError: the table begins after ``period``.
    """
    # Periods are four-digit years, so their texts sort as they follow each other.
    rows = [row for row in table if row.from_period <= period]
    if not rows:
        raise LookupError(f"the table has no row for {period}")
    return rows[-1]


def _rising(table: str, keys: list[str]) -> None:
    if keys != sorted(set(keys)):
        raise ValueError(f"{table}: list every period or year once, in rising order")
