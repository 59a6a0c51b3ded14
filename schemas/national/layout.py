"""How the answers to a questionnaire lie in a stored row, and where their values are counted.

A row keeps answers as one byte a slot, 0 for "not answered":

=========  =====  ==========================================================================
kind       slots  values
=========  =====  ==========================================================================
score      1      1-5 the score, 6 don't know
nps        1      the answer + 1 (1-11)
choice     1      position of the choice + 1
choices    1 + n  1 answered; then for every choice a slot of its own, 1 when it was chosen
=========  =====  ==========================================================================

A month's answers are one flat histogram: every slot has a cell for each of its values from 1 on, so the cell of a value
is ``first_cell + value - 1``. Stored rows depend on all this: the layout of a released questionnaire never changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from schemas.national.questionnaire import Question, QuestionKind, Questionnaire

DONT_KNOW = 6
"""The value of a score slot that says "don't know"."""

CHOSEN = 1
"""The value of the slots of a set of choices."""

_SCORES = 5
_NPS_ANSWERS = 11


@dataclass(frozen=True, slots=True)
class Slot:
    """One byte of the stored answers, and its cells in the histogram.

    ``choice_code`` is None but for the choices of a set; ``width`` is the number of values from 1 on.
    """

    question_code: str
    choice_code: str | None
    kind: QuestionKind
    first_cell: int
    width: int
    funding: bool

    def cell(self, value: int) -> int:
        """Return the histogram cell of ``value``, 1 to ``width``."""
        return self.first_cell + value - 1


@dataclass(frozen=True, slots=True)
class QuestionCells:
    """What the histogram cells of one question mean.

    ``answered`` are the cells whose sum is n (§7: don't-knows apart); ``values`` are those of the scores 1-5 or of the
    NPS answers 0-10, in that order; ``choices`` the cell of each choice. What a kind doesn't have is empty or None.
    """

    question_code: str
    kind: QuestionKind
    funding: bool
    answered: tuple[int, ...]
    values: tuple[int, ...]
    dont_know: int | None
    choices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """The slots of one questionnaire in row order, and ways into them.

    ``slot_of`` gives a question's first slot, ``choice_index`` a choice's position (0 on): for ``choice`` the value is
    the position + 1, for ``choices`` the choice's slot is the first slot + 1 + the position. ``funding_slots`` are the
    score slots that bring points.
    """

    slots: tuple[Slot, ...]
    cells: int
    slot_of: Mapping[str, int]
    choice_index: Mapping[str, Mapping[str, int]]
    funding_slots: tuple[int, ...]
    questions: Mapping[str, QuestionCells]


@lru_cache(maxsize=256)
def layout(questionnaire: Questionnaire) -> Layout:
    """Lay out a questionnaire's questions in their order; computed once a questionnaire."""
    slots: list[Slot] = []
    slot_of: dict[str, int] = {}
    questions: dict[str, QuestionCells] = {}
    cells = 0
    for question in questionnaire.questions:
        slot_of[question.code] = len(slots)
        first = cells
        for choice_code, width in _widths(question):
            slots.append(Slot(question.code, choice_code, question.kind, cells, width, question.funding))
            cells += width
        questions[question.code] = _question_cells(question, range(first, cells))
    return Layout(
        slots=tuple(slots),
        cells=cells,
        slot_of=MappingProxyType(slot_of),
        choice_index=MappingProxyType(
            {
                question.code: MappingProxyType({choice.code: index for index, choice in enumerate(question.choices)})
                for question in questionnaire.questions
                if question.choices
            }
        ),
        funding_slots=tuple(index for index, slot in enumerate(slots) if slot.funding),
        questions=MappingProxyType(questions),
    )


def _widths(question: Question) -> list[tuple[str | None, int]]:
    match question.kind:
        case "score":
            return [(None, DONT_KNOW)]
        case "nps":
            return [(None, _NPS_ANSWERS)]
        case "choice":
            return [(None, len(question.choices))]
        case "choices":
            return [(None, CHOSEN), *((choice.code, CHOSEN) for choice in question.choices)]


def _question_cells(question: Question, cells: range) -> QuestionCells:
    codes = [choice.code for choice in question.choices]
    answered, values, dont_know, chosen = tuple(cells), tuple[int, ...](), None, tuple[int, ...]()
    match question.kind:
        case "score":
            answered = values = tuple(cells[:_SCORES])
            dont_know = cells[_SCORES]
        case "nps":
            values = answered
        case "choice":
            chosen = answered
        case "choices":
            answered, chosen = (cells[0],), tuple(cells[1:])
    return QuestionCells(
        question_code=question.code,
        kind=question.kind,
        funding=question.funding,
        answered=answered,
        values=values,
        dont_know=dont_know,
        choices=MappingProxyType(dict(zip(codes, chosen, strict=True))),
    )
