"""The committed model data and what the loader refuses."""

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas.national.model import CODE_LIST_NAMES, DEFAULT_FOLDER, ModelDataError, NationalModels, load_models
from schemas.national.surveys import EMPLOYER_KINDS, STUDENT_KINDS, SURVEY_KINDS

VERSIONS = DEFAULT_FOLDER


def funding_count(models: NationalModels, code: str) -> int:
    questionnaire = models.questionnaire(code)
    assert questionnaire is not None
    return sum(question.funding for question in questionnaire.questions)


def test_the_five_surveys_are_three_of_students_and_two_of_employers() -> None:
    assert SURVEY_KINDS == STUDENT_KINDS + EMPLOYER_KINDS
    assert len(set(SURVEY_KINDS)) == 5


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2018, 7, 1), "2018.1"),
        (date(2021, 1, 15), "2018.1"),
        (date(2025, 6, 30), "2018.1"),
        (date(2025, 7, 1), "2025.1"),
        (date(2099, 1, 1), "2025.1"),
    ],
)
def test_a_version_is_in_force_until_the_day_before_the_next(day: date, version: str) -> None:
    assert load_models().in_force(day).version == version


def test_no_version_is_in_force_before_the_first_day() -> None:
    with pytest.raises(LookupError, match="2018-07-01"):
        load_models().in_force(date(2018, 6, 30))


def test_the_newest_version_comes_last_and_the_default_is_read_once() -> None:
    models = load_models()
    assert [version.version for version in models.versions] == ["2018.1", "2025.1"]
    assert models.newest is models.versions[-1]
    assert load_models() is models


def test_questionnaires_are_found_by_code_and_by_number() -> None:
    models = load_models()
    numbers = {
        questionnaire.code: questionnaire.number
        for version in models.versions
        for questionnaire in version.questionnaires
    }
    # Stored rows carry these numbers, so they are written here once more.
    assert numbers == {
        "start-2018": 1,
        "completion-2018": 2,
        "workplace_instructor-2018": 3,
        "workplace-2018": 4,
        "start-2025": 5,
        "completion-2025": 6,
        "workplace_instructor-2025": 7,
        "workplace-2025": 8,
    }
    for code, number in numbers.items():
        assert models.questionnaire_by_number(number) is models.questionnaire(code)
    assert models.questionnaire("start-1999") is None
    with pytest.raises(LookupError):
        models.questionnaire_by_number(99)


def test_a_questionnaire_belongs_to_every_survey_kind_that_lists_it() -> None:
    models = load_models()
    assert models.kinds_of("completion-2018") == {"completion_whole", "completion_parts"}
    assert models.kinds_of("start-2025") == {"start"}
    assert models.kinds_of("unknown") == frozenset()


@pytest.mark.parametrize("year", [2018, 2025])
def test_employer_questionnaires_have_eight_and_nine_funding_questions(year: int) -> None:
    models = load_models()
    assert funding_count(models, f"workplace_instructor-{year}") == 8
    assert funding_count(models, f"workplace-{year}") == 9


def test_the_questions_of_the_published_example_exist() -> None:
    start = load_models().questionnaire("start-2025")
    assert start is not None
    assert len(start.questions) == 13
    questions = {question.code: question for question in start.questions}
    assert questions["start_01"].kind == "score"
    assert questions["start_02"].dont_know
    assert questions["start_nps"].kind == "nps"
    assert questions["start_reason"].kind == "choice"
    assert "interest" in {choice.code for choice in questions["start_reason"].choices}
    assert questions["start_needs"].kind == "choices"
    assert {"schedule", "place"} <= {choice.code for choice in questions["start_needs"].choices}


def test_the_completion_questionnaire_of_2025_has_eighteen_questions_one_of_them_nps() -> None:
    completion = load_models().questionnaire("completion-2025")
    assert completion is not None
    assert len(completion.questions) == 18
    assert [question.code for question in completion.questions if question.kind == "nps"] == ["completion_nps"]


def test_codes_hold_on_their_days_only_both_ends_included() -> None:
    first, second = load_models().versions
    ended = first.code("exclusion", "no_contact_details")
    assert ended is not None
    assert [ended.holds_on(day) for day in (date(2018, 7, 1), date(2021, 6, 30), date(2021, 7, 1))] == [
        True,
        True,
        False,
    ]
    begun = second.code("exclusion", "provider_changed")
    assert begun is not None
    assert [begun.holds_on(day) for day in (date(2025, 6, 30), date(2025, 7, 1))] == [False, True]
    assert first.code("exclusion", "provider_changed") is None


def test_the_codes_that_other_documents_name_exist_in_every_version() -> None:
    for version in load_models().versions:
        assert version.code("trigger_source", "study_start") is not None
        assert version.code("competence_acquisition", "education") is not None
        for code in ("sent_too_late", "externally_funded", "interrupted"):
            assert version.code("exclusion", code) is not None
        assert {name for name in CODE_LIST_NAMES if version.code_lists.of(name)} == set(CODE_LIST_NAMES)


# What the loader refuses: each case spoils one member of a copy of the committed files.

Spoil = Callable[[Any], None]


def copy_of_versions(folder: Path) -> Path:
    copy = folder / "versions"
    shutil.copytree(VERSIONS, copy)
    (copy / "released.sha256").write_text("", encoding="utf-8")
    return copy


def spoil(folder: Path, name: str, change: Spoil) -> None:
    path = folder / name
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def first_question(member: str, value: object) -> Spoil:
    return lambda data: data["questions"][0].update({member: value})


START_2025 = "2025.1/questionnaires/start-2025.json"
WORKPLACE_2025 = "2025.1/questionnaires/workplace-2025.json"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        pytest.param(
            "2018.1/model.json",
            lambda d: d.update(valid_from="2018-07-02"),
            "2018.1/model.json: valid_from: the first version starts on 2018-07-01",
            id="a gap before the first version",
        ),
        pytest.param(
            "2025.1/model.json",
            lambda d: d.update(valid_from="2018-07-01"),
            "2025.1/model.json: valid_from: version 2018.1 starts on 2018-07-01: start this one on a later day",
            id="two versions on a day",
        ),
        pytest.param(
            "2025.1/model.json",
            lambda d: d.update(number=1),
            "2025.1/model.json: number: version 2018.1 has number 1",
            id="a version number twice",
        ),
        pytest.param(
            "2025.1/model.json",
            lambda d: d.update(version="2025.2"),
            "2025.1/model.json: version: the folder is called 2025.1",
            id="a version in another folder",
        ),
        pytest.param(
            "2025.1/model.json",
            lambda d: d["surveys"].pop(),
            "2025.1/model.json: surveys: workplace stands 0 times",
            id="a survey is missing",
        ),
        pytest.param(
            "2025.1/model.json",
            lambda d: d["surveys"][0].update(questionnaires=["start-2025", "start-2031"]),
            "2025.1/model.json: surveys.0.questionnaires: start-2031 is defined in no version up to this one",
            id="an unknown questionnaire",
        ),
        pytest.param(
            "2018.1/model.json",
            lambda d: d["surveys"][0].update(questionnaires=["start-2018", "start-2025"]),
            "2018.1/model.json: surveys.0.questionnaires: start-2025 is defined in no version up to this one",
            id="a questionnaire of a later version",
        ),
        pytest.param(
            "2025.1/model.json",
            lambda d: d["surveys"][0].update(questionnaires=["start-2025", "start-2025"]),
            "2025.1/model.json: surveys.0.questionnaires: a questionnaire stands twice",
            id="a questionnaire listed twice",
        ),
        pytest.param(
            "2025.1/model.json",
            lambda d: d["surveys"][0].update(questionnaires=["start-2018"]),
            f"{START_2025}: code: no survey of 2025.1 lists it",
            id="a questionnaire that nobody lists",
        ),
        pytest.param(
            START_2025,
            lambda d: d.update(number=1),
            f"{START_2025}: number: 1 is already that of 2018.1/questionnaires/start-2018.json",
            id="a questionnaire number twice",
        ),
        pytest.param(
            START_2025,
            lambda d: d.update(code="start-2026"),
            f"{START_2025}: code: the file is called start-2025.json",
            id="a questionnaire in another file",
        ),
        pytest.param(
            START_2025,
            first_question("code", "Start 01"),
            f"{START_2025}: questions.0.code: String should match pattern",
            id="a malformed code",
        ),
        pytest.param(
            START_2025,
            first_question("code", "start_01\n"),
            f"{START_2025}: questions.0.code: String should match pattern",
            id="a code with a newline at its end",
        ),
        pytest.param(
            START_2025,
            first_question("code", "start_02"),
            f"{START_2025}: whole file: question start_02 stands twice",
            id="a question twice",
        ),
        pytest.param(
            START_2025,
            lambda d: d["questions"][11]["choices"].append(d["questions"][11]["choices"][0]),
            f"{START_2025}: questions.11: choice interest stands twice",
            id="a choice twice",
        ),
        pytest.param(
            START_2025,
            lambda d: d["questions"][11]["choices"].pop(0),
            f"{START_2025}: questions.11: start_reason lacks interest",
            id="a choice taken away from a later questionnaire",
        ),
        pytest.param(
            START_2025,
            first_question("funding", False),
            f"{START_2025}: questions.0: start_01 has another funding",
            id="a question whose funding flag changes",
        ),
        pytest.param(
            START_2025,
            lambda d: d["questions"][0].update(kind="nps", funding=False),
            f"{START_2025}: questions.0: start_01 has another kind",
            id="a question whose scale changes",
        ),
        pytest.param(
            START_2025,
            first_question("dont_know", True),
            f"{START_2025}: questions.0: start_01 has another dont_know",
            id="a question that newly allows don't know",
        ),
        pytest.param(
            START_2025,
            lambda d: d["questions"][10].update(funding=True),
            f"{START_2025}: questions.10: only a score counts as points",
            id="an NPS question with points",
        ),
        pytest.param(
            START_2025,
            lambda d: d["questions"][10].update(dont_know=True),
            f"{START_2025}: questions.10: only a score question may allow don't know",
            id="an NPS question with don't know",
        ),
        pytest.param(
            START_2025,
            lambda d: d["questions"][11].pop("choices"),
            f"{START_2025}: questions.11: a choice question needs choices",
            id="a choice question without choices",
        ),
        pytest.param(
            START_2025,
            lambda d: d["questions"][0].update(choices=d["questions"][11]["choices"]),
            f"{START_2025}: questions.0: only choice questions have choices",
            id="a score question with choices",
        ),
        pytest.param(
            START_2025,
            lambda d: d["questions"][0]["text"].pop("sv"),
            f"{START_2025}: questions.0.text.sv: Field required",
            id="a missing language",
        ),
        pytest.param(
            START_2025,
            lambda d: d.update(note="a remark"),
            f"{START_2025}: note: Extra inputs are not permitted",
            id="an unknown member",
        ),
        pytest.param(
            START_2025,
            lambda d: d.update(number="5"),
            f"{START_2025}: number: Input should be a valid integer",
            id="a number as text",
        ),
        pytest.param(
            WORKPLACE_2025,
            lambda d: d["questions"].pop(0),
            f"{WORKPLACE_2025}: questions: 8 questions have funding set, the survey workplace needs 9",
            id="a funding question too few",
        ),
        pytest.param(
            "2025.1/code_lists.json",
            lambda d: d["exclusion"][0].update(to="2018-06-30"),
            "2025.1/code_lists.json: exclusion.0: the code ends before it begins",
            id="a code that ends before it begins",
        ),
        pytest.param(
            "2025.1/code_lists.json",
            lambda d: d["exclusion"].append(d["exclusion"][0]),
            "2025.1/code_lists.json: whole file: exclusion: code sent_too_late stands twice",
            id="a code twice",
        ),
        pytest.param(
            "2025.1/rules.json",
            lambda d: d["coefficients"].pop(0),
            "2025.1/rules.json: coefficients.0.from_period: begin the table with 2018-2019",
            id="no coefficient for the first periods",
        ),
        pytest.param(
            "2025.1/rules.json",
            lambda d: d["coefficients"].reverse(),
            "2025.1/rules.json: whole file: coefficients: list every period or year once, in rising order",
            id="periods out of order",
        ),
        pytest.param(
            "2025.1/rules.json",
            lambda d: d["coefficients"][0]["pieces"].pop(),
            "2025.1/rules.json: coefficients.0: the last piece must hold for every remaining rate",
            id="a rate without a coefficient",
        ),
        pytest.param(
            "2025.1/rules.json",
            lambda d: d["coefficients"][0]["pieces"][0].pop("at_least"),
            "2025.1/rules.json: coefficients.0.pieces.0: 1/r needs a rate above 0",
            id="a reciprocal of nothing",
        ),
        pytest.param(
            "2025.1/rules.json",
            lambda d: d["coefficients"][0]["pieces"][1].update(branch="linear"),
            "2025.1/rules.json: coefficients.0.pieces.1: the branch linear needs 2 polynomial terms",
            id="a branch that isn't what it says",
        ),
        pytest.param(
            "2025.1/rules.json",
            lambda d: d["coefficients"][1].update(from_period="2019-2021"),
            "2025.1/rules.json: coefficients.1.from_period: a period spans two consecutive years",
            id="a period of two years",
        ),
        pytest.param(
            "2025.1/rules.json",
            lambda d: d["publication_lag"]["workplace"].pop(),
            "2025.1/rules.json: publication_lag.0: workplace: let the half-years cover every month",
            id="months that are never out",
        ),
        pytest.param(
            "2025.1/rules.json",
            lambda d: d.update(entrepreneur_factor=1.125),
            "2025.1/rules.json: entrepreneur_factor.0.factor: write an exact number as text",
            id="a binary float",
        ),
    ],
)
def test_the_loader_says_which_member_of_which_file_is_wrong(
    tmp_path: Path, name: str, change: Spoil, message: str
) -> None:
    folder = copy_of_versions(tmp_path)
    spoil(folder, name, change)
    with pytest.raises(ModelDataError) as refused:
        load_models(folder)
    assert message in str(refused.value)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    folder = copy_of_versions(tmp_path)
    spoil(folder, START_2025, first_question("kind", "stars"))
    spoil(folder, "2018.1/rules.json", lambda d: d.pop("window"))
    with pytest.raises(ModelDataError) as refused:
        load_models(folder)
    assert [(problem.file, problem.member) for problem in refused.value.problems] == [
        ("2018.1/rules.json", "window"),
        (START_2025, "questions.0.kind"),
    ]


def test_a_questionnaire_code_is_never_used_again(tmp_path: Path) -> None:
    folder = copy_of_versions(tmp_path)
    source = folder / "2018.1/questionnaires/start-2018.json"
    shutil.copy(source, folder / "2025.1/questionnaires/start-2018.json")
    spoil(folder, "2025.1/questionnaires/start-2018.json", lambda d: d.update(number=9))
    with pytest.raises(ModelDataError, match="start-2018 is already defined in 2018"):
        load_models(folder)


def test_a_file_that_is_missing_strange_or_no_json_is_named(tmp_path: Path) -> None:
    folder = copy_of_versions(tmp_path)
    (folder / "2018.1/rules.json").unlink()
    (folder / "2018.1/notes.txt").write_text("a remark", encoding="utf-8")
    (folder / "2025.1/model.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelDataError) as refused:
        load_models(folder)
    assert [(problem.file, problem.member) for problem in refused.value.problems] == [
        ("2018.1/notes.txt", "file"),
        ("2018.1/rules.json", "file"),
        ("2025.1/model.json", "whole file"),
    ]


def test_a_folder_without_versions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "released.sha256").write_text("", encoding="utf-8")
    with pytest.raises(ModelDataError, match="there is no version here"):
        load_models(tmp_path)


def test_the_committed_versions_are_all_released() -> None:
    lines = (VERSIONS / "released.sha256").read_text(encoding="utf-8").splitlines()
    files = sorted(path for path in VERSIONS.rglob("*.json"))
    expected = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(VERSIONS).as_posix()}" for path in files
    ]
    assert sorted(lines) == sorted(expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            lambda folder: (folder / "2018.1/rules.json").write_bytes(
                (folder / "2018.1/rules.json").read_bytes() + b"\n"
            ),
            "2018.1/rules.json: content: it differs from its digest in released.sha256",
            id="changed",
        ),
        pytest.param(
            lambda folder: (folder / START_2025).unlink(),
            f"{START_2025}: file: it is released but missing",
            id="deleted",
        ),
        pytest.param(
            lambda folder: shutil.copy(folder / START_2025, folder / "2018.1/questionnaires/start-2026.json"),
            "2018.1/questionnaires/start-2026.json: file: it was added to a released version",
            id="added",
        ),
        pytest.param(
            lambda folder: (folder / "released.sha256").write_text("abc\n", encoding="utf-8"),
            "released.sha256: line 1: write a SHA-256",
            id="unreadable list",
        ),
        pytest.param(
            lambda folder: (folder / "released.sha256").unlink(),
            "released.sha256: file: it is missing",
            id="no list",
        ),
    ],
)
def test_a_released_version_never_changes(tmp_path: Path, change: Callable[[Path], object], message: str) -> None:
    folder = tmp_path / "versions"
    shutil.copytree(VERSIONS, folder)
    change(folder)
    with pytest.raises(ModelDataError) as refused:
        load_models(folder)
    assert message in str(refused.value)
