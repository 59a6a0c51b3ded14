"""The own code lists of the national model, each code with the days on which it may be used (§4, §9)."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.national.questionnaire import CodeText, ModelData, Text

CodeListName = Literal["trigger_source", "exclusion", "cancellation", "withdrawal", "competence_acquisition"]

CODE_LIST_NAMES: tuple[CodeListName, ...] = (
    "trigger_source",
    "exclusion",
    "cancellation",
    "withdrawal",
    "competence_acquisition",
)


class Code(ModelData):
    """One code, valid on every Helsinki date from ``valid_from`` to ``valid_to`` (both inclusive; None: no end)."""

    code: CodeText
    text: Text
    valid_from: date = Field(alias="from")
    valid_to: date | None = Field(alias="to")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("the code ends before it begins: correct from or to")
        return self

    def holds_on(self, day: date) -> bool:
        """Say whether the code may be used on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


CodeList = Annotated[tuple[Code, ...], Field(min_length=1)]


class CodeLists(ModelData):
    """All own code lists of one version, whole: a version repeats the codes that it keeps."""

    trigger_source: CodeList
    exclusion: CodeList
    cancellation: CodeList
    withdrawal: CodeList
    competence_acquisition: CodeList

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Self:
        for name in CODE_LIST_NAMES:
            codes = [code.code for code in self.of(name)]
            for code in codes:
                if codes.count(code) > 1:
                    raise ValueError(f"{name}: code {code} stands twice: remove or rename one")
        return self

    def of(self, name: CodeListName) -> tuple[Code, ...]:
        """Return one list by its name."""
        match name:
            case "trigger_source":
                return self.trigger_source
            case "exclusion":
                return self.exclusion
            case "cancellation":
                return self.cancellation
            case "withdrawal":
                return self.withdrawal
            case "competence_acquisition":
                return self.competence_acquisition
