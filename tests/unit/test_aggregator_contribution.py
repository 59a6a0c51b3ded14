"""Counting and its reasons (national model §4, §5, §7), one rule a test."""

from datetime import date

import pytest
from builders.states import RULES, background, response, state

from schemas.national.layout import DONT_KNOW
from services.aggregator.contribution import NOTHING, Contribution, Deltas, contribution
from services.aggregator.merge import BackgroundRegister, RequestState, ResponseRegister

EMPLOYER = {
    "survey_kind": "workplace_instructor",
    "valid_from": date(2025, 10, 31),
    "valid_to": date(2025, 11, 29),
    "work_period_end": date(2025, 10, 31),
    "duration_days": 40,
}


def reasons(of: RequestState) -> tuple[str, str]:
    found = contribution(of, RULES)
    return found.target, found.response


def test_a_request_that_was_never_heard_of_adds_nothing() -> None:
    assert contribution(RequestState(), RULES) == NOTHING


def test_a_response_without_request_waits() -> None:
    assert reasons(state(None, response(start_01=4))) == ("no_request", "no_request")


def test_a_cancelled_request_stops_its_response_with_the_same_reason() -> None:
    cancelled = BackgroundRegister(1, True, b"c" * 16)
    assert reasons(state(cancelled, response(start_01=4))) == ("cancelled", "cancelled")


def test_an_excluded_request_is_no_target() -> None:
    excluded = background(exclusion="sent_too_late")
    assert reasons(state(excluded, response(start_01=4))) == ("excluded", "excluded")


@pytest.mark.parametrize(
    ("valid_from", "trigger_date", "month"),
    [
        (date(2024, 6, 30), date(2024, 6, 30), date(2024, 6, 1)),
        (date(2024, 7, 1), date(2024, 7, 1), date(2024, 7, 1)),
        (date(2024, 8, 15), date(2024, 7, 31), date(2024, 7, 1)),
        (date(2024, 6, 30), date(2024, 7, 1), None),  # meets both
        (date(2024, 7, 1), date(2024, 6, 30), None),  # meets neither
        (date(2018, 6, 30), date(2018, 6, 30), None),  # before the first attribution date
        (date(2018, 7, 1), date(2018, 6, 1), date(2018, 7, 1)),
    ],
)
def test_a_students_month_follows_the_attribution_date(
    valid_from: date, trigger_date: date, month: date | None
) -> None:
    found = contribution(state(background(valid_from=valid_from, trigger_date=trigger_date)), RULES)
    assert found.month == month
    assert found.target == ("counts" if month else "no_attribution_date")


def test_an_employers_month_is_that_of_the_end_of_the_work_period() -> None:
    found = contribution(state(background(**EMPLOYER, trigger_date=date(2025, 9, 1))), RULES)
    assert (found.month, found.target_days) == (date(2025, 10, 1), 40)


def test_a_target_without_response_says_so_and_still_counts() -> None:
    found = contribution(state(background()), RULES)
    assert (found.target, found.response, found.month) == ("counts", "no_response", date(2025, 8, 1))


def test_a_withdrawn_response_counts_no_more() -> None:
    withdrawn = ResponseRegister(1, True, b"w" * 16)
    assert reasons(state(background(), withdrawn)) == ("counts", "withdrawn")


def test_a_questionnaire_of_another_survey_kind_does_not_count() -> None:
    assert reasons(state(background(), response(questionnaire="completion-2025"))) == ("counts", "other_questionnaire")


def test_an_older_questionnaire_of_the_same_kind_counts() -> None:
    assert reasons(state(background(), response(questionnaire="start-2018"))) == ("counts", "counts")


@pytest.mark.parametrize(
    ("answered_at", "reason"),
    [
        ("2025-08-10T20:59:59.999999Z", "answered_before_window"),  # 23:59 in Helsinki
        ("2025-08-10T21:00:00Z", "counts"),  # midnight in Helsinki
        ("2025-09-09T20:59:59Z", "counts"),
        ("2025-09-09T21:00:00Z", "answered_after_window"),
    ],
)
def test_the_window_is_held_by_days_in_helsinki(answered_at: str, reason: str) -> None:
    assert reasons(state(background(), response(answered_at))) == ("counts", reason)


def test_a_day_before_the_window_is_before_it_even_when_the_window_ends_earlier() -> None:
    backwards = background(valid_from=date(2025, 8, 20), valid_to=date(2025, 8, 1))
    assert reasons(state(backwards, response("2025-08-10T12:00:00Z"))) == ("counts", "answered_before_window")


def test_points_of_students_are_the_sum_of_scores_and_dont_know_is_none() -> None:
    found = contribution(state(background(), response(start_01=4, start_02=DONT_KNOW, start_03=5)), RULES)
    assert (found.points, found.respondent_days) == (9, 0)


def test_points_and_days_of_employers_are_weighted_by_duration() -> None:
    answered = response("2025-11-05T10:00:00Z", "workplace_instructor-2025", instructor_01=5, instructor_02=DONT_KNOW)
    found = contribution(state(background(**EMPLOYER), answered), RULES)
    assert (found.points, found.target_days, found.respondent_days) == (200, 40, 40)


def test_respondent_days_need_an_answer_to_a_funding_question() -> None:
    answered = response("2025-11-05T10:00:00Z", "workplace_instructor-2025", instructor_nps=9)
    found = contribution(state(background(**EMPLOYER), answered), RULES)
    assert (found.response, found.respondent_days, found.points) == ("counts", 0, 0)


def test_a_request_of_no_days_stays_a_target_and_a_respondent_by_heads() -> None:
    answered = response("2025-11-05T10:00:00Z", "workplace_instructor-2025", instructor_01=5)
    found = contribution(state(background(**EMPLOYER | {"duration_days": 0}), answered), RULES)
    deltas = Deltas(RULES)
    deltas.add(0, 1, found, 1)
    assert list(deltas.months.values()) == [[1, 1, 0, 0, 0]]


def test_deltas_count_every_answer_in_its_cell_by_heads_and_by_days() -> None:
    answered = response("2025-11-05T10:00:00Z", "workplace_instructor-2025", instructor_01=5, instructor_nps=1)
    deltas = Deltas(RULES)
    deltas.add(3, 7, contribution(state(background(**EMPLOYER), answered), RULES), 1)
    ((key, (heads, days)),) = deltas.answers.items()
    questions = RULES.questionnaires[key[4]].layout.questions
    assert key[:4] == (3, 7, date(2025, 10, 1), "workplace_instructor")
    assert heads[questions["instructor_01"].values[4]] == 1
    assert heads[questions["instructor_nps"].values[0]] == 1  # the slot holds the answer + 1
    assert sum(heads) == 2
    assert days == [count * 40 for count in heads]


def test_students_have_no_histogram_by_days() -> None:
    deltas = Deltas(RULES)
    deltas.add(0, 1, contribution(state(background(), response(start_01=1)), RULES), 1)
    ((heads, days),) = deltas.answers.values()
    assert (sum(heads), days) == (1, [])


def test_what_is_taken_back_leaves_nothing() -> None:
    found = contribution(state(background(), response(start_01=4)), RULES)
    deltas = Deltas(RULES)
    deltas.add(0, 1, found, 1)
    deltas.add(0, 1, found, -1)
    assert {tuple(sums) for sums in deltas.months.values()} == {(0, 0, 0, 0, 0)}
    assert {count for heads, _ in deltas.answers.values() for count in heads} == {0}


def test_an_entrepreneurs_request_is_kept_apart_for_the_copy() -> None:
    found = contribution(state(background(**EMPLOYER, entrepreneur=True)), RULES)
    assert found == Contribution(
        "counts", "no_response", date(2025, 10, 1), "workplace_instructor", entrepreneur=True, target_days=40
    )
