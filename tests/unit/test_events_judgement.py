"""The national model's rules of an event, one by one, each at both sides of its edge (national model §4)."""

from typing import Any

import pytest
from builders.events import (
    answers,
    body,
    cancelled,
    employer_background,
    recorded,
    student_background,
    submitted,
    withdrawn,
)

from schemas.events import codec
from schemas.events.judgement import CLOCK_TOLERANCE_US, ahead_of_clock, judge
from schemas.events.problems import ErrorCode, Problem
from schemas.national.model import load_models

MODELS = load_models()


def understood(event: dict[str, Any]) -> codec.Event:
    found = codec.decode(body(event))
    assert found is not None
    return found


def judged(event: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.code.value, problem.pointer) for problem in judge(understood(event), MODELS)]


def of_student(*, time: str = "2025-08-11T09:30:00+03:00", **members: Any) -> list[tuple[str, str]]:
    return judged(recorded(student_background(**members), time=time))


def of_employer(**members: Any) -> list[tuple[str, str]]:
    return judged(recorded(employer_background(**members)))


def of_answer(**answer: Any) -> list[tuple[str, str]]:
    return judged(submitted([answer]))


@pytest.mark.parametrize("event", [recorded(), recorded(employer_background()), submitted(), cancelled(), withdrawn()])
def test_nothing_is_said_of_a_valid_event(event: dict[str, Any]) -> None:
    assert judged(event) == []


@pytest.mark.parametrize(
    ("time", "found"),
    [("2018-06-30T23:59:59.999999+03:00", [("time_too_early", "/time")]), ("2018-07-01T00:00:00+03:00", [])],
)
def test_nothing_happened_before_the_feedback_began(time: str, found: list[tuple[str, str]]) -> None:
    assert of_student(time=time, qualification_language=None) == found
    assert judged(cancelled(time=time)) == found
    assert judged(submitted(time=time)) == found


def test_an_early_event_is_not_judged_by_a_model_that_was_not_there() -> None:
    assert of_student(time="2001-01-01T00:00:00Z", exclusion="unheard_of") == [("time_too_early", "/time")]


def test_nobody_answered_before_the_feedback_began() -> None:
    assert judged(submitted(answered_at="2018-06-30T23:59:59+03:00")) == [("time_too_early", "/data/answered_at")]
    assert judged(submitted(answered_at="2018-07-01T00:00:00+03:00")) == []


@pytest.mark.parametrize("member", ["trigger_source", "exclusion", "competence_acquisition"])
def test_a_code_has_to_be_of_its_list(member: str) -> None:
    assert of_student(**{member: "entered_in_error"}) == [("unknown_code", f"/data/{member}")]
    assert of_student(**{member: None}) == []


@pytest.mark.parametrize(
    ("time", "found"),
    [
        ("2021-06-30T23:59:59.999999+03:00", []),
        ("2021-07-01T00:00:00+03:00", [("code_not_in_force", "/data/exclusion")]),
        ("2021-06-30T21:00:00Z", [("code_not_in_force", "/data/exclusion")]),
        ("2021-06-30T23:30:00-05:00", [("code_not_in_force", "/data/exclusion")]),
        ("2025-08-11T00:00:00+03:00", [("code_not_in_force", "/data/exclusion")]),
    ],
)
def test_a_code_holds_until_its_last_day_in_finland(time: str, found: list[tuple[str, str]]) -> None:
    assert of_student(time=time, exclusion="no_contact_details") == found


@pytest.mark.parametrize(
    ("time", "found"),
    [
        ("2025-06-30T20:59:59Z", [("unknown_code", "/data/exclusion")]),
        ("2025-06-30T21:00:00Z", []),
        ("2025-07-01T00:00:00+03:00", []),
    ],
)
def test_the_model_in_force_on_the_finnish_date_of_time_judges(time: str, found: list[tuple[str, str]]) -> None:
    assert of_student(time=time, exclusion="provider_changed") == found


def test_cancellations_and_withdrawals_have_lists_of_their_own() -> None:
    assert judged(cancelled("respondent_request")) == [("unknown_code", "/data/reason")]
    assert judged(withdrawn("entered_in_error")) == [("unknown_code", "/data/reason")]
    assert judged(cancelled("wrong_respondent")) == judged(withdrawn("wrong_respondent")) == []


@pytest.mark.parametrize(
    ("valid_to", "exclusion", "found"),
    [
        ("2025-08-11", None, []),
        ("2025-08-10", None, [("window_ends_before_start", "/data/valid_to")]),
        ("2025-08-10", "sent_too_late", []),
        ("2025-08-10", "unheard_of", [("unknown_code", "/data/exclusion")]),
    ],
)
def test_a_window_may_end_before_it_starts_only_with_an_exclusion(
    valid_to: str, exclusion: str | None, found: list[tuple[str, str]]
) -> None:
    assert of_student(valid_from="2025-08-11", valid_to=valid_to, exclusion=exclusion) == found


@pytest.mark.parametrize("business_id", ["0763403-1", "0000006-1", "0763413-0"])
def test_a_business_id_needs_its_check_digit(business_id: str) -> None:
    assert of_employer(employer_business_id=business_id) == [("malformed_business_id", "/data/employer_business_id")]


def test_a_work_period_may_last_one_day_but_not_less() -> None:
    one_day = {"work_period_start": "2025-10-31", "interruptions": []}
    assert of_employer(**one_day, duration_days=1) == []
    assert of_employer(**one_day | {"work_period_start": "2025-11-01"}, duration_days=1) == [
        ("work_period_ends_before_start", "/data/work_period_end")
    ]


def test_a_duration_is_at_most_the_calendar_days_of_the_period() -> None:
    assert of_employer(duration_days=0) == of_employer(duration_days=61) == []
    assert of_employer(duration_days=62) == [("duration_exceeds_period", "/data/duration_days")]


@pytest.mark.parametrize(
    ("end", "found"),
    [("2023-06-30", []), ("2023-07-01", [("part_time_percentage_needed", "/data/part_time_percentage")])],
)
def test_a_percentage_is_needed_for_periods_that_end_after_june_2023(end: str, found: list[tuple[str, str]]) -> None:
    period = {"work_period_start": "2023-06-01", "work_period_end": end, "duration_days": 10, "interruptions": []}
    assert of_employer(**period, part_time_percentage=None) == found
    assert of_employer(**period, part_time_percentage=50) == []


@pytest.mark.parametrize("basis", ["employment", "entrepreneur"])
def test_a_basis_belongs_to_an_apprenticeship(basis: str) -> None:
    assert of_employer(apprenticeship_basis=basis) == []
    assert of_employer(apprenticeship_basis=basis, contract_type="training_agreement") == [
        ("basis_without_apprenticeship", "/data/apprenticeship_basis")
    ]


def test_an_interruption_may_last_one_day_but_not_less() -> None:
    whole, open_ended = {"start": "2025-10-13", "end": "2025-10-13"}, {"start": "2025-10-13"}
    backwards = {"start": "2025-10-13", "end": "2025-10-12"}
    assert of_employer(interruptions=[whole, open_ended]) == []
    assert of_employer(interruptions=[whole, backwards]) == [
        ("interruption_ends_before_start", "/data/interruptions/1/end")
    ]


def test_a_questionnaire_has_to_exist_in_some_version_whatever_the_time() -> None:
    assert judged(submitted(answers(start_01=4), questionnaire="start-2018")) == []
    early = {"time": "2018-07-02T00:00:00Z", "answered_at": "2018-07-02T00:00:00Z"}
    assert judged(submitted(answers(start_01=4), questionnaire="start-2025", **early)) == []
    assert judged(submitted(answers(start_01=9 - 5), questionnaire="start-1999")) == [
        ("unknown_questionnaire", "/data/questionnaire")
    ]


def test_a_question_has_to_be_of_the_questionnaire_that_is_named() -> None:
    assert judged(submitted(answers(start_10=4), questionnaire="start-2018")) == [
        ("unknown_question", "/data/answers/0/question")
    ]
    assert judged(submitted(answers(start_10=4), questionnaire="start-2025")) == []


@pytest.mark.parametrize("again", [{"score": 4}, {"score": 5}])
def test_a_question_is_answered_once(again: dict[str, Any]) -> None:
    given = [*answers(start_01=4, start_02=None), {"question": "start_01"} | again]
    assert judged(submitted(given)) == [("repeated_question", "/data/answers/2/question")]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"choices": []},
        {"score": 4, "dont_know": True},
        {"score": 4, "nps": 4},
        {"score": 4, "choice": "work"},
        {"score": 4, "choices": ["work"]},
        {"dont_know": True, "nps": 1},
        {"choice": "work", "choices": ["work"]},
    ],
)
def test_an_answer_is_exactly_one(given: dict[str, Any]) -> None:
    assert of_answer(question="start_02", **given) == [("not_exactly_one_answer", "/data/answers/0")]


KINDS: dict[str, tuple[str, Any]] = {
    "start_01": ("score", 4),
    "start_nps": ("nps", 10),
    "start_reason": ("choice", "work"),
    "start_needs": ("choices", ["place"]),
}


@pytest.mark.parametrize("question", KINDS)
@pytest.mark.parametrize(("kind", "value"), KINDS.values())
def test_an_answer_is_of_its_questions_kind(question: str, kind: str, value: Any) -> None:
    right = KINDS[question][0] == kind
    found = [] if right else [("answer_of_wrong_kind", f"/data/answers/0/{kind}")]
    assert of_answer(question=question, **{kind: value}) == found


def test_dont_know_is_taken_only_where_the_question_allows_it() -> None:
    assert of_answer(question="start_02", dont_know=True) == []
    for question in ("start_01", "start_nps", "start_reason", "start_needs"):
        assert of_answer(question=question, dont_know=True) == [("dont_know_not_allowed", "/data/answers/0/dont_know")]


def test_dont_know_is_true_or_not_there() -> None:
    assert of_answer(question="start_02", dont_know=False) == [("not_allowed", "/data/answers/0/dont_know")]
    assert of_answer(question="start_02", dont_know=None, score=3) == []


def test_a_choice_has_to_be_offered() -> None:
    assert of_answer(question="start_reason", choice="money") == [("unknown_choice", "/data/answers/0/choice")]
    assert of_answer(question="start_needs", choices=["place", "money", "time"]) == [
        ("unknown_choice", "/data/answers/0/choices/1")
    ]
    assert of_answer(question="start_needs", choices=["place", "place"]) == []


def test_everything_wrong_is_told_in_the_order_of_the_event() -> None:
    given = [*answers(start_99=1, start_01={"nps": 3}), *answers(start_nps=5)]
    assert judged(submitted(given, answered_at="2001-01-01T00:00:00Z")) == [
        ("time_too_early", "/data/answered_at"),
        ("unknown_question", "/data/answers/0/question"),
        ("answer_of_wrong_kind", "/data/answers/1/nps"),
        ("answer_of_wrong_kind", "/data/answers/2/score"),
    ]


def test_a_clock_may_run_five_minutes_ahead_and_no_more() -> None:
    event = understood(submitted(time="2025-08-14T15:00:00Z", answered_at="2025-08-14T15:00:00.000001Z"))
    at_us = codec.time_us(event)
    assert CLOCK_TOLERANCE_US == 300_000_000
    late, early = at_us - CLOCK_TOLERANCE_US + 1, at_us - CLOCK_TOLERANCE_US - 1
    assert ahead_of_clock(event, late) == ()
    assert ahead_of_clock(event, late - 1) == (Problem(ErrorCode.TIME_IN_THE_FUTURE, "/data/answered_at"),)
    assert [problem.pointer for problem in ahead_of_clock(event, early)] == ["/time", "/data/answered_at"]
    assert [problem.pointer for problem in ahead_of_clock(understood(recorded(time=event.time)), early)] == ["/time"]


def test_only_the_collector_asks_the_clock() -> None:
    """A replay never depends on the day: judgement itself takes a time in the future."""
    assert judged(recorded(time="2099-01-01T00:00:00Z")) == []
