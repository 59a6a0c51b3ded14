"""Histograms of answers, in; rows a question and rows a choice, out (national model §7). Pure.

A question code means the same in every version, so the histograms of all questionnaires in a group are pooled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.national.layout import QuestionCells, layout
from schemas.national.model import NationalModels
from schemas.national.parameters import Thresholds
from schemas.national.questionnaire import QuestionKind
from schemas.national.rules.figures import mean, nps, nps_groups, variance
from schemas.national.rules.rounding import FIGURE_DECIMALS, square_root_text
from schemas.national.surveys import STUDENT_KINDS, SurveyKind
from services.reporting.figures import GroupKey, by_columns, key_cells, text_or_null
from services.reporting.query import Key
from services.reporting.table import Cell, Table

QUESTION_COLUMNS: Final = (
    "question", "n", "dont_know", "mean", "mean_by_days", "sd", "sd_by_days",
    "count_1", "count_2", "count_3", "count_4", "count_5", "promoters", "passives", "detractors", "nps",
)  # fmt: skip
CHOICE_COLUMNS: Final = ("question", "choice", "n")

_NOTHING: Final = (0, 0)


@dataclass(frozen=True, slots=True)
class Histogram:
    """The answers to one questionnaire: heads and days of every cell of its layout that isn't empty."""

    questionnaire: int
    cells: Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class AnsweredGroup:
    """One group and the histograms in it, in the order of their questionnaires' numbers."""

    key: GroupKey
    histograms: tuple[Histogram, ...]


@dataclass(slots=True)
class _Tally:
    """The answers to one question: `heads` and `days` of its scores 1-5 or NPS answers 0-10, in that order."""

    kind: QuestionKind
    n: int = 0
    dont_know: int = 0
    heads: list[int] = field(default_factory=list)
    days: list[int] = field(default_factory=list)
    choices: dict[str, int] = field(default_factory=dict)

    def add(self, histogram: Histogram, question: QuestionCells) -> None:
        cells = histogram.cells
        self.n += sum(cells.get(cell, _NOTHING)[0] for cell in question.answered)
        if question.dont_know is not None:
            self.dont_know += cells.get(question.dont_know, _NOTHING)[0]
        for code, cell in question.choices.items():
            self.choices[code] = self.choices.get(code, 0) + cells.get(cell, _NOTHING)[0]
        self.heads = self.heads or [0] * len(question.values)
        self.days = self.days or [0] * len(question.values)
        for position, cell in enumerate(question.values):
            heads, days = cells.get(cell, _NOTHING)
            self.heads[position] += heads
            self.days[position] += days


def question_table(
    kind: SurveyKind,
    by: Sequence[Key],
    groups: Sequence[AnsweredGroup],
    models: NationalModels,
    *,
    thresholds: Thresholds | None = None,
) -> Table:
    """A row a group and question of the questionnaires that were answered there; null what a kind doesn't have.

    Means and deviations are of scores, NPS is null below five answers, figures by days are null for students.
    An edition brings the thresholds that were frozen with it.

    Raises:
        LookupError: a row names a questionnaire that our model versions don't have.
    """
    thresholds = thresholds or models.newest.rules.thresholds
    by_days = kind not in STUDENT_KINDS
    rows = [
        (*key_cells(by, group.key), code, tally.n, *_cells(tally, thresholds, by_days=by_days))
        for group in groups
        for code, tally in _pooled(group, models).items()
    ]
    return Table((*by_columns(by), *QUESTION_COLUMNS), rows)


def choice_table(by: Sequence[Key], groups: Sequence[AnsweredGroup], models: NationalModels) -> Table:
    """A row a group, question and choice, with how many chose it.

    Raises:
        LookupError: a row names a questionnaire that our model versions don't have.
    """
    rows: list[tuple[Cell, ...]] = [
        (*key_cells(by, group.key), code, choice, n)
        for group in groups
        for code, tally in _pooled(group, models).items()
        for choice, n in tally.choices.items()
    ]
    return Table((*by_columns(by), *CHOICE_COLUMNS), rows)


def _pooled(group: AnsweredGroup, models: NationalModels) -> dict[str, _Tally]:
    tallies: dict[str, _Tally] = {}
    for histogram in group.histograms:
        for question in layout(models.questionnaire_by_number(histogram.questionnaire)).questions.values():
            tallies.setdefault(question.question_code, _Tally(question.kind)).add(histogram, question)
    return tallies


def _cells(tally: _Tally, thresholds: Thresholds, *, by_days: bool) -> tuple[Cell, ...]:
    """The cells from `dont_know` on."""
    if tally.kind == "score":
        return (
            tally.dont_know,
            text_or_null(mean(tally.heads), FIGURE_DECIMALS),
            text_or_null(mean(tally.days), FIGURE_DECIMALS) if by_days else None,
            _deviation(tally.heads),
            _deviation(tally.days) if by_days else None,
            *tally.heads,
            *[None] * 4,
        )
    if tally.kind == "nps":
        groups = nps_groups(tally.heads)
        value = nps(groups, least_answers=thresholds.nps_answers)
        return (
            *[None] * 10,
            groups.promoters,
            groups.passives,
            groups.detractors,
            text_or_null(value, FIGURE_DECIMALS),
        )
    return (None,) * 14


def _deviation(weights: Sequence[int]) -> str | None:
    square = variance(weights)
    return None if square is None else square_root_text(square, FIGURE_DECIMALS)
