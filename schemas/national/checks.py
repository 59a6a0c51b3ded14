"""What has to hold over all versions of the national model together (national model §4, §7, §9).

Pure: each check looks at the versions, oldest first, and yields what is wrong as a ``Problem``. What one member alone
can get wrong is refused by the models themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from schemas.national.parameters import FIRST_PERIOD
from schemas.national.questionnaire import Question, Questionnaire
from schemas.national.surveys import EMPLOYER_KINDS, SURVEY_KINDS
from schemas.national.version import NationalModel

FIRST_DAY = date(2018, 7, 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the data: the file, the member in it and what to do about it."""

    file: str
    member: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file}: {self.member}: {self.advice}"


def problems(versions: tuple[NationalModel, ...]) -> list[Problem]:
    """Return every mistake that shows only between files; none when the model is sound.

    ``versions`` has at least one, in the order of their numbers.
    """
    return [
        *_validity(versions),
        *_names(versions),
        *_surveys(versions),
        *_meanings(versions),
        *_funding_counts(versions),
        *_first_rows(versions),
    ]


def _validity(versions: tuple[NationalModel, ...]) -> Iterator[Problem]:
    """Versions follow each other from the first day on; each holds until the next, so there can be no gap."""
    if versions[0].valid_from != FIRST_DAY:
        yield Problem(_head(versions[0]), "valid_from", f"the first version starts on {FIRST_DAY}: write that date")
    for before, version in pairwise(versions):
        if version.valid_from <= before.valid_from:
            advice = f"version {before.version} starts on {before.valid_from}: start this one on a later day"
            yield Problem(_head(version), "valid_from", advice)
        if version.number <= before.number:
            advice = f"version {before.version} has number {before.number}: give this one a greater number"
            yield Problem(_head(version), "number", advice)


def _names(versions: tuple[NationalModel, ...]) -> Iterator[Problem]:
    """Questionnaire codes and numbers are never used again."""
    codes: dict[str, str] = {}
    numbers: dict[int, str] = {}
    for version in versions:
        for questionnaire in version.questionnaires:
            file = _file(version, questionnaire)
            if questionnaire.code in codes:
                advice = f"{questionnaire.code} is already defined in {codes[questionnaire.code]}: choose a new code"
                yield Problem(file, "code", advice)
            if questionnaire.number in numbers:
                advice = f"{questionnaire.number} is already that of {numbers[questionnaire.number]}: choose a new one"
                yield Problem(file, "number", advice)
            codes.setdefault(questionnaire.code, file)
            numbers.setdefault(questionnaire.number, file)


def _surveys(versions: tuple[NationalModel, ...]) -> Iterator[Problem]:
    """Every version has each survey once, with questionnaires that are known by then."""
    known: set[str] = set()
    for version in versions:
        defined = {questionnaire.code for questionnaire in version.questionnaires}
        known |= defined
        kinds = [survey.kind for survey in version.surveys]
        for kind in SURVEY_KINDS:
            if kinds.count(kind) != 1:
                advice = f"{kind} stands {kinds.count(kind)} times: every version has each survey kind once"
                yield Problem(_head(version), "surveys", advice)
        listed: set[str] = set()
        for index, survey in enumerate(version.surveys):
            member = f"surveys.{index}.questionnaires"
            listed |= set(survey.questionnaires)
            for code in sorted(set(survey.questionnaires) - known):
                advice = f"{code} is defined in no version up to this one: add its file or correct the code"
                yield Problem(_head(version), member, advice)
            if len(set(survey.questionnaires)) != len(survey.questionnaires):
                yield Problem(_head(version), member, "a questionnaire stands twice: list it once")
        for questionnaire in version.questionnaires:
            if questionnaire.code not in listed:
                advice = f"no survey of {version.version} lists it: add it to a survey in model.json or delete the file"
                yield Problem(_file(version, questionnaire), "code", advice)


def _meanings(versions: tuple[NationalModel, ...]) -> Iterator[Problem]:
    """A question code means the same wherever it stands, so that versions pool; choices may only be added."""
    known: dict[str, tuple[str, Question]] = {}
    for version in versions:
        for questionnaire in version.questionnaires:
            file = _file(version, questionnaire)
            for index, question in enumerate(questionnaire.questions):
                if question.code in known:
                    former_file, former = known[question.code]
                    for advice in _changed(former, question):
                        yield Problem(file, f"questions.{index}", f"{question.code} {advice} in {former_file}")
                known[question.code] = (file, question)


def _changed(former: Question, question: Question) -> Iterator[str]:
    for member in ("kind", "funding", "dont_know"):
        was = getattr(former, member)
        if getattr(question, member) != was:
            yield f"has another {member}: choose a new question code, or make it {was!r} as"
    missing = {choice.code for choice in former.choices} - {choice.code for choice in question.choices}
    if missing:
        yield f"lacks {', '.join(sorted(missing))}: choose a new question code, or keep the choices that it has"


def _funding_counts(versions: tuple[NationalModel, ...]) -> Iterator[Problem]:
    """Every questionnaire brings points; those of employers from exactly as many questions as the rules say."""
    listed = {
        kind: {code for v in versions for s in v.surveys if s.kind == kind for code in s.questionnaires}
        for kind in EMPLOYER_KINDS
    }
    for version in versions:
        counts = version.rules.funding_questions
        for questionnaire in version.questionnaires:
            found = sum(question.funding for question in questionnaire.questions)
            if found == 0:
                advice = "no question has funding set, so answers would bring no points: set it where it belongs"
                yield Problem(_file(version, questionnaire), "questions", advice)
            for kind in EMPLOYER_KINDS:
                needed = counts.workplace if kind == "workplace" else counts.workplace_instructor
                if questionnaire.code in listed[kind] and found != needed:
                    advice = f"{found} questions have funding set, the survey {kind} needs {needed}: correct the flags"
                    yield Problem(_file(version, questionnaire), "questions", advice)


def _first_rows(versions: tuple[NationalModel, ...]) -> Iterator[Problem]:
    for version in versions:
        rules = version.rules
        first = {
            "coefficients": rules.coefficients[0].from_period,
            "entrepreneur_factor": rules.entrepreneur_factor[0].from_period,
            "completion_factors": rules.completion_factors[0].from_period,
            "publication_lag": rules.publication_lag[0].from_period,
        }
        for table, period in first.items():
            if period != FIRST_PERIOD:
                advice = f"begin the table with {FIRST_PERIOD}, so that it has a row for every period"
                yield Problem(f"{version.version}/rules.json", f"{table}.0.from_period", advice)


def _head(version: NationalModel) -> str:
    return f"{version.version}/model.json"


def _file(version: NationalModel, questionnaire: Questionnaire) -> str:
    return f"{version.version}/questionnaires/{questionnaire.code}.json"
