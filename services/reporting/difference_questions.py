"""How the answers to questions differ between two editions, by provider and month. Pure.

The figures are counts of the histograms: `start_01:5` how many gave the score 5, `start_01:dont_know`,
`completion_nps:9`, `start_reason:work` how many chose it; with `:days` the same by days, of employers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from schemas.national.layout import QuestionCells, layout
from schemas.national.model import NationalModels
from schemas.national.surveys import STUDENT_KINDS, SurveyKind
from services.reporting.difference import NO_PLACE, Block, CellKey, Change, Difference, Written, compared


@dataclass(frozen=True, slots=True)
class Answered:
    """The histogram of what a provider's respondents, as posted, answered to a questionnaire in a month of a set."""

    of_set: str
    provider: str
    month: date
    kind: SurveyKind
    questionnaire: int
    heads: Sequence[int]
    days: Sequence[int]


def question_changes(
    difference: Difference, block: Block, first: Sequence[Answered], second: Sequence[Answered], models: NationalModels
) -> list[Change]:
    """Every count of a block that differs. The rules of counting count answers too; no others touch them.

    Raises:
        LookupError: a row names a questionnaire that our model versions don't have.
    """
    before, after = difference.first.successors, difference.second.successors
    later = list(difference.alike(first, second))
    path = ((first, before), (later, before), (later, after), (second, after))
    return list(compared(block, [_counts(block, sums, successors, models) for sums, successors in path]))


def _counts(
    block: Block, found: Iterable[Answered], successors: Mapping[str, str], models: NationalModels
) -> dict[CellKey, Written]:
    cells: dict[CellKey, dict[str, int]] = {}
    for one in found:
        if (one.of_set, successors.get(one.provider, one.provider)) == block:
            counts = cells.setdefault((one.month, NO_PLACE, one.kind), {})
            for name, cell in _cells(models, one.questionnaire):
                counts[name] = counts.get(name, 0) + one.heads[cell]
                if one.kind not in STUDENT_KINDS:
                    counts[f"{name}:days"] = counts.get(f"{name}:days", 0) + one.days[cell]
    return dict(cells)


def _cells(models: NationalModels, questionnaire: int) -> list[tuple[str, int]]:
    """Each count of a questionnaire and the cell that it stands in."""
    questions = layout(models.questionnaire_by_number(questionnaire)).questions.values()
    return [(f"{question.question_code}:{value}", cell) for question in questions for value, cell in _values(question)]


def _values(question: QuestionCells) -> list[tuple[str, int]]:
    first = 1 if question.kind == "score" else 0
    values = [(str(value), cell) for value, cell in enumerate(question.values, first)]
    if question.dont_know is not None:
        values.append(("dont_know", question.dont_know))
    if question.kind == "choices":
        values += [("answered", cell) for cell in question.answered]
    return values + list(question.choices.items())
