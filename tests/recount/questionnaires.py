"""The questionnaires of every published model version, as their data files have them (§9)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_VERSIONS = Path(__file__).parents[2] / "schemas" / "national" / "versions"


@dataclass(frozen=True)
class Question:
    """A question: its kind (score, nps, choice, choices), whether it brings points, its choices if it has any."""

    code: str
    kind: str
    funding: bool
    dont_know: bool
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Questionnaire:
    """The questions of a questionnaire in their order, and the survey kinds that list it in any version."""

    code: str
    questions: tuple[Question, ...]
    kinds: frozenset[str]

    def question(self, code: str) -> Question:
        """The question of this code."""
        return next(question for question in self.questions if question.code == code)


@cache
def questionnaires() -> dict[str, Questionnaire]:
    """Every questionnaire by its code."""
    surveys = [
        survey for file in _VERSIONS.glob("*/model.json") for survey in json.loads(file.read_text("utf-8"))["surveys"]
    ]
    found = {}
    for file in sorted(_VERSIONS.glob("*/questionnaires/*.json")):
        data = json.loads(file.read_text("utf-8"))
        questions = tuple(
            Question(
                code=question["code"],
                kind=question["kind"],
                funding=question["funding"],
                dont_know=question["dont_know"],
                choices=tuple(choice["code"] for choice in question.get("choices", ())),
            )
            for question in data["questions"]
        )
        kinds = frozenset(survey["kind"] for survey in surveys if data["code"] in survey["questionnaires"])
        found[data["code"]] = Questionnaire(data["code"], questions, kinds)
    return found
