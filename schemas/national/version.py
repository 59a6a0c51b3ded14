"""One version of the national model: what was asked, allowed and counted from a day on (national model §4, §9)."""

from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.national.codes import CODE_LIST_NAMES, Code, CodeListName, CodeLists
from schemas.national.parameters import Rules
from schemas.national.questionnaire import ModelData, Questionnaire, QuestionnaireCode
from schemas.national.surveys import SurveyKind

VersionText = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}\.[1-9][0-9]{0,3}$")]


class Survey(ModelData):
    """A survey kind and the questionnaires with which it may be answered."""

    kind: SurveyKind
    questionnaires: Annotated[tuple[QuestionnaireCode, ...], Field(min_length=1)]


class VersionHead(ModelData):
    """What ``model.json`` of a version's folder says: the version's names, its first day and its surveys."""

    version: VersionText
    number: Annotated[int, Field(ge=1, le=32_767)]
    valid_from: date
    surveys: tuple[Survey, ...]


class NationalModel(VersionHead):
    """One whole version, in force from ``valid_from`` until the day before the next version's.

    ``questionnaires`` are those first defined here; the surveys may list older ones too.
    """

    questionnaires: tuple[Questionnaire, ...]
    code_lists: CodeLists
    rules: Rules

    def code(self, name: CodeListName, code: str) -> Code | None:
        """Return a code of a list, whatever the day; ``Code.holds_on`` judges that."""
        return self._codes[name].get(code)

    @cached_property
    def _codes(self) -> dict[CodeListName, dict[str, Code]]:
        return {name: {code.code: code for code in self.code_lists.of(name)} for name in CODE_LIST_NAMES}
