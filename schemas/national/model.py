"""The national model as one value: all versions, loaded from their files and checked (national model §4, §9).

This is the front door of the model's data; its parts live in the modules that it re-exports from. Reading happens in
``load_models`` only, look-ups are dictionary reads.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

from schemas.national.checks import Problem, problems
from schemas.national.codes import CODE_LIST_NAMES, Code, CodeListName, CodeLists
from schemas.national.files import read_versions
from schemas.national.parameters import Rules
from schemas.national.questionnaire import Choice, Question, QuestionKind, Questionnaire, Text
from schemas.national.surveys import SurveyKind
from schemas.national.version import NationalModel, Survey

__all__ = [
    "CODE_LIST_NAMES",
    "DEFAULT_FOLDER",
    "Choice",
    "Code",
    "CodeListName",
    "CodeLists",
    "ModelDataError",
    "NationalModel",
    "NationalModels",
    "Problem",
    "Question",
    "QuestionKind",
    "Questionnaire",
    "Rules",
    "Survey",
    "SurveyKind",
    "Text",
    "load_models",
]

DEFAULT_FOLDER = Path(__file__).parent / "versions"


class ModelDataError(Exception):
    """The model's files are wrong: one line a problem, each with file, member and how to mend it."""

    def __init__(self, found: Iterable[Problem]) -> None:
        self.problems = tuple(found)
        super().__init__("the national model can't be loaded:\n" + "\n".join(str(problem) for problem in self.problems))


class NationalModels:
    """Every version of the national model, oldest first. Immutable; built from versions that passed all checks."""

    __slots__ = ("_by_code", "_by_number", "_kinds", "_starts", "versions")

    def __init__(self, versions: tuple[NationalModel, ...]) -> None:
        found = problems(versions)
        if found:
            raise ModelDataError(found)
        self.versions = versions
        self._starts = tuple(version.valid_from for version in versions)
        questionnaires = [questionnaire for version in versions for questionnaire in version.questionnaires]
        self._by_code = {questionnaire.code: questionnaire for questionnaire in questionnaires}
        self._by_number = {questionnaire.number: questionnaire for questionnaire in questionnaires}
        self._kinds: dict[str, frozenset[SurveyKind]] = {
            code: frozenset(s.kind for version in versions for s in version.surveys if code in s.questionnaires)
            for code in self._by_code
        }

    @property
    def newest(self) -> NationalModel:
        """The newest version: its rules hold for every period (see ``schemas.national.parameters``)."""
        return self.versions[-1]

    def in_force(self, day: date) -> NationalModel:
        """Return the version in force on a Helsinki date.

        Raises:
            LookupError: ``day`` lies before the first version.
        """
        position = bisect_right(self._starts, day)
        if position == 0:
            raise LookupError(f"no national model was in force before {self._starts[0]}")
        return self.versions[position - 1]

    def questionnaire(self, code: str) -> Questionnaire | None:
        """Return the questionnaire of that code from whichever version defined it."""
        return self._by_code.get(code)

    def questionnaire_by_number(self, number: int) -> Questionnaire:
        """Return the questionnaire whose number a stored row carries.

        Raises:
            LookupError: no version defines it, so the row was written by a newer model.
        """
        return self._by_number[number]

    def kinds_of(self, questionnaire_code: str) -> frozenset[SurveyKind]:
        """Return the survey kinds that list a questionnaire in any version (§4); none when it is unknown."""
        return self._kinds.get(questionnaire_code, frozenset())


def load_models(folder: Path | None = None) -> NationalModels:
    """Read and check the national model; the package's own folder is read once a process.

    Raises:
        ModelDataError: something in the files is wrong; the message names every file and member and how to mend it.
    """
    return _load_default() if folder is None else _load(folder)


@cache
def _load_default() -> NationalModels:
    return _load(DEFAULT_FOLDER)


def _load(folder: Path) -> NationalModels:
    versions, found = read_versions(folder)
    if found:
        raise ModelDataError(found)
    return NationalModels(versions)
