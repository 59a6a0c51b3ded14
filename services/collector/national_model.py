"""The national model as senders read it: which versions there are, and what each of them asks and takes. Pure."""

from datetime import timedelta
from typing import Any

import msgspec

from schemas.national.model import CODE_LIST_NAMES, Code, NationalModel, NationalModels, Question, Questionnaire, Text


def versions_document(models: NationalModels) -> bytes:
    """The versions, oldest first, with the Helsinki dates on which each is in force; `to` is null for the newest."""
    starts = [version.valid_from for version in models.versions]
    ends = [start - timedelta(days=1) for start in starts[1:]]
    listed = [
        {"version": version.version, "number": version.number, "from": version.valid_from, "to": end}
        for version, end in zip(models.versions, [*ends, None], strict=True)
    ]
    return msgspec.json.encode({"versions": listed})


def version_documents(models: NationalModels) -> dict[str, bytes]:
    """What each version says, by its name."""
    return {version.version: msgspec.json.encode(_version(version, models)) for version in models.versions}


def _version(version: NationalModel, models: NationalModels) -> dict[str, Any]:
    listed = dict.fromkeys(code for survey in version.surveys for code in survey.questionnaires)
    questionnaires = [found for code in listed if (found := models.questionnaire(code)) is not None]
    return {
        "version": version.version,
        "number": version.number,
        "from": version.valid_from,
        "surveys": [{"kind": survey.kind, "questionnaires": survey.questionnaires} for survey in version.surveys],
        "questionnaires": [_questionnaire(questionnaire) for questionnaire in questionnaires],
        "code_lists": {name: [_code(code) for code in version.code_lists.of(name)] for name in CODE_LIST_NAMES},
    }


def _questionnaire(questionnaire: Questionnaire) -> dict[str, Any]:
    return {
        "code": questionnaire.code,
        "questions": [_question(question) for question in questionnaire.questions],
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "code": question.code,
        "kind": question.kind,
        "funding": question.funding,
        "dont_know": question.dont_know,
        "choices": [{"code": choice.code, "text": _text(choice.text)} for choice in question.choices],
        "text": _text(question.text),
    }


def _code(code: Code) -> dict[str, Any]:
    return {"code": code.code, "text": _text(code.text), "from": code.valid_from, "to": code.valid_to}


def _text(text: Text) -> dict[str, str]:
    return {"fi": text.fi, "sv": text.sv, "en": text.en}
