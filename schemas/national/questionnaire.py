"""Questionnaires as data: questions, their scales and their wording (national model §4, §9).

A code is for ever: stored rows and published figures refer to it. The wording is our own and may be replaced by an
operator without touching codes.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

QuestionKind = Literal["score", "nps", "choice", "choices"]

MOST_CHOICES = 100
"""An answer is stored as one byte a slot, so a choice's position has to fit in one."""

MOST_QUESTIONNAIRES = 32_767
"""Rows carry a questionnaire's number as a two-byte integer."""

# pydantic's expressions are those of Rust's regex crate: ``$`` is the end of the text, never before a newline.
CodeText = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
QuestionnaireCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Wording = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class ModelData(BaseModel):
    """What every part of the model's data is: immutable, strict about types, closed to unknown members."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Text(ModelData):
    """One wording in the three languages of the service (§3)."""

    fi: Wording
    sv: Wording
    en: Wording


class Choice(ModelData):
    """One alternative of a choice question."""

    code: CodeText
    text: Text


class Question(ModelData):
    """One question with its scale: a score 1-5, an NPS 0-10, one choice or a set of choices."""

    code: CodeText
    kind: QuestionKind
    funding: bool
    dont_know: bool
    choices: Annotated[tuple[Choice, ...], Field(max_length=MOST_CHOICES)] = ()
    text: Text

    @cached_property
    def choice_codes(self) -> frozenset[str]:
        """The codes of the choices, empty for a question without."""
        return frozenset(choice.code for choice in self.choices)

    @model_validator(mode="after")
    def _scale_is_coherent(self) -> Self:
        if self.funding and self.kind != "score":
            raise ValueError("only a score counts as points: set funding to false or kind to score")
        if self.dont_know and self.kind != "score":
            raise ValueError("only a score question may allow don't know: set dont_know to false")
        if self.kind in {"choice", "choices"}:
            if not self.choices:
                raise ValueError("a choice question needs choices: list them")
        elif self.choices:
            raise ValueError("only choice questions have choices: remove them")
        _no_code_twice((choice.code for choice in self.choices), "choice")
        return self


class Questionnaire(ModelData):
    """A list of questions under a code that responses name and a number that stored rows carry.

    ``number`` is unique over all versions and never used again.
    """

    code: QuestionnaireCode
    number: Annotated[int, Field(ge=1, le=MOST_QUESTIONNAIRES)]
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]

    @cached_property
    def by_code(self) -> dict[str, Question]:
        """The questions by their code."""
        return {question.code: question for question in self.questions}

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Self:
        _no_code_twice((question.code for question in self.questions), "question")
        return self

    def __hash__(self) -> int:
        """Hash the number alone: layouts are cached by questionnaire, and hashing every wording would cost 50 µs."""
        return hash(self.number)


def _no_code_twice(codes: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise ValueError(f"{what} {code} stands twice: remove or rename one")
        seen.add(code)
