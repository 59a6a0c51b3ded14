"""Rows of whole counts, in; rows of figures by the national rules, out (national model §7, §8). Pure.

The entrepreneurs' copy and the coefficient enter here, at read time. Nothing is rounded before it is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Final

from schemas.national.parameters import Rules
from schemas.national.rules.coefficient import Coefficient, coefficient, weighted_points
from schemas.national.rules.disclosure import shown
from schemas.national.rules.figures import Totals, response_rate, response_rate_days, sum_by_key, sum_or_null
from schemas.national.rules.points import as_counted
from schemas.national.rules.rounding import EMPLOYER_RATE_DECIMALS, FIGURE_DECIMALS, POINTS_DECIMALS, decimal_text
from schemas.national.surveys import STUDENT_KINDS, SurveyKind
from services.reporting.query import KEYS, Key
from services.reporting.table import Cell, Table

COLUMNS: Final = (
    "targets", "targets_shown", "respondents", "respondents_shown", "target_days", "respondent_days",
    "response_rate", "response_rate_days", "points", "coefficient", "weighted_points",
)  # fmt: skip

GroupKey = tuple[str, ...]
"""A value for each of KEYS: "" for what isn't grouped by, and for a missing institution or site."""

Coefficients = Mapping[str, Coefficient | None]
"""The coefficient of each provider, by its rate over all of the period, whatever the filter and the grain."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one provider brings to a group; `copied` when it is what its entrepreneurs' instructor requests add.

    The totals of a copied part are those of the instructor survey, without 9/8.
    """

    provider: str
    copied: bool
    totals: Totals


@dataclass(frozen=True, slots=True)
class Group:
    """One group and its parts: at least one, none without targets."""

    key: GroupKey
    parts: tuple[Part, ...]


def key_cells(by: Sequence[Key], key: GroupKey) -> tuple[Cell, ...]:
    """The cells of the keys asked for; a missing institution or site is null."""
    return tuple(value or None for name, value in zip(KEYS, key, strict=True) if name in by)


def coefficients(kind: SurveyKind, period: str, groups: Sequence[Group], rules: Rules) -> Coefficients:
    """The coefficient of every provider in `groups`, which hold all of the period's targets, grouped by provider.

    The workplace survey has none.
    """
    return {
        provider: coefficient(kind, period, totals, table=rules.coefficients)
        for group in groups
        for provider, totals in totals_by_provider(group, period, rules).items()
    }


def figure_table(
    kind: SurveyKind,
    by: Sequence[Key],
    groups: Sequence[Group],
    coefficients_of: Coefficients,
    *,
    period: str,
    rules: Rules,
) -> Table:
    """The figures of groups, whole: for the authority's eyes.

    A row over several providers has no coefficient, and the sum of its parts' weighted points. Days are null for
    students. Numbers with decimals are exact text of 18 decimals, of 14 for the rate by days and the coefficient of
    employers, of 4 for points.
    """
    students = kind in STUDENT_KINDS
    coefficient_decimals = FIGURE_DECIMALS if students else EMPLOYER_RATE_DECIMALS
    rows = []
    for group in groups:
        parts = totals_by_provider(group, period, rules)
        totals = reduce(add, parts.values())
        weighted = sum_or_null(
            weighted_points(kind, part.points, coefficients_of.get(provider)) for provider, part in parts.items()
        )
        applied = coefficients_of.get(next(iter(parts))) if len(parts) == 1 else None
        rows.append(
            (
                *key_cells(by, group.key),
                totals.targets,
                None,
                totals.respondents,
                None,
                None if students else totals.target_days,
                None if students else totals.respondent_days,
                text_or_null(response_rate(totals), FIGURE_DECIMALS),
                None if students else text_or_null(response_rate_days(totals), EMPLOYER_RATE_DECIMALS),
                decimal_text(totals.points, POINTS_DECIMALS),
                text_or_null(applied.value if applied else None, coefficient_decimals),
                text_or_null(weighted, FIGURE_DECIMALS),
            )
        )
    return Table((*by_columns(by), *COLUMNS), rows)


def count_table(kind: SurveyKind, by: Sequence[Key], groups: Sequence[Group], *, period: str, rules: Rules) -> Table:
    """The figures of groups as a provider sees its own, live: targets, respondents and rates (§8).

    A count from 1 to 4 is a mark. A row with one shows no rate: its days and points are functions of the hidden
    count, and the range that §8 allows instead of the rate comes with editions.
    """
    rows = []
    for group in groups:
        totals = reduce(add, totals_by_provider(group, period, rules).values())
        targets, targets_shown = shown(totals.targets, rules.thresholds)
        respondents, respondents_shown = shown(totals.respondents, rules.thresholds)
        whole = targets is not None and respondents is not None
        by_days = response_rate_days(totals) if whole and kind not in STUDENT_KINDS else None
        rows.append(
            (
                *key_cells(by, group.key),
                targets,
                targets_shown,
                respondents,
                respondents_shown,
                None,
                None,
                text_or_null(response_rate(totals) if whole else None, FIGURE_DECIMALS),
                text_or_null(by_days, EMPLOYER_RATE_DECIMALS),
                None,
                None,
                None,
            )
        )
    return Table((*by_columns(by), *COLUMNS), rows)


def by_columns(by: Sequence[Key]) -> tuple[str, ...]:
    """The columns of the keys asked for."""
    return tuple(key for key in KEYS if key in by)


def text_or_null(value: Fraction | None, decimals: int) -> str | None:
    """An exact number as text, null as null."""
    return None if value is None else decimal_text(value, decimals)


def totals_by_provider(group: Group, period: str, rules: Rules) -> dict[str, Totals]:
    """The totals of each provider in a group, the entrepreneurs' copy in them by the rules of the period."""
    factor = rules.entrepreneur_factor_of(period)
    return sum_by_key(
        (part.provider, as_counted(part.totals, copied=part.copied, factor=factor)) for part in group.parts
    )
