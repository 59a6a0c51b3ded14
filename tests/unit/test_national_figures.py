"""Rates, means, deviations, NPS and points (national model §7)."""

from fractions import Fraction

import pytest

from schemas.national.layout import DONT_KNOW, Layout, layout
from schemas.national.model import load_models
from schemas.national.rules.figures import (
    NO_TOTALS,
    NpsGroups,
    Totals,
    mean,
    nps,
    nps_groups,
    response_rate,
    response_rate_days,
    sum_or_null,
    variance,
)
from schemas.national.rules.points import entrepreneur_copy, response_days, response_points
from schemas.national.rules.rounding import decimal_text, square_root_text

RULES = load_models().newest.rules
LEAST_ANSWERS = RULES.thresholds.nps_answers


def totals(
    targets: int = 0, respondents: int = 0, target_days: int = 0, respondent_days: int = 0, points: int = 0
) -> Totals:
    return Totals(targets, respondents, target_days, respondent_days, Fraction(points))


def layout_of(code: str) -> Layout:
    questionnaire = load_models().questionnaire(code)
    assert questionnaire is not None
    return layout(questionnaire)


def answers(layout: Layout, values: dict[str, int]) -> bytes:
    row = bytearray(len(layout.slots))
    for question, value in values.items():
        row[layout.slot_of[question]] = value
    return bytes(row)


def test_a_response_rate_is_zero_when_nobody_answered_and_null_without_targets() -> None:
    assert response_rate(totals(targets=4, respondents=1)) == Fraction(1, 4)
    assert response_rate(totals(targets=4)) == 0
    assert response_rate(NO_TOTALS) is None


def test_the_rate_by_days_is_null_without_target_days() -> None:
    assert response_rate_days(totals(targets=2, respondents=1, target_days=30, respondent_days=20)) == Fraction(2, 3)
    assert response_rate_days(totals(targets=2, target_days=30)) == 0
    assert response_rate_days(totals(targets=2, respondents=1)) is None


def test_totals_add_member_by_member() -> None:
    assert totals(1, 2, 3, 4, 5) + totals(10, 20, 30, 40, 50) == totals(11, 22, 33, 44, 55)
    assert totals(1, 2, 3, 4, 5) + NO_TOTALS == totals(1, 2, 3, 4, 5)


def test_mean_and_deviation_of_scores_by_heads() -> None:
    heads = (1, 0, 0, 1, 1)
    assert mean(heads) == Fraction(10, 3)
    assert variance(heads) == Fraction(26, 9)
    assert decimal_text(Fraction(10, 3), 18) == "3.333333333333333333"
    assert square_root_text(Fraction(26, 9), 18) == "1.699673171197594943"


def test_one_answer_has_no_deviation_and_none_has_null() -> None:
    assert variance((0, 0, 0, 1, 0)) == 0
    assert variance((0, 0, 0, 0, 0)) is None
    assert mean((0, 0, 0, 0, 0)) is None


def test_days_weigh_answers() -> None:
    # A score of 2 for 30 days and one of 5 for 10 days.
    days = (0, 30, 0, 0, 10)
    assert mean(days) == Fraction(11, 4)
    assert variance(days) == Fraction(30 * 4 + 10 * 25, 40) - Fraction(121, 16)


def test_nps_is_the_difference_of_shares() -> None:
    counts = (1, 0, 0, 0, 0, 0, 1, 1, 1, 2, 4)
    assert nps_groups(counts) == NpsGroups(promoters=6, passives=2, detractors=2)
    assert nps(nps_groups(counts), least_answers=LEAST_ANSWERS) == 40


@pytest.mark.parametrize(("promoters", "expected"), [(4, None), (5, Fraction(100))])
def test_nps_needs_five_answers(promoters: int, expected: Fraction | None) -> None:
    assert nps(NpsGroups(promoters, 0, 0), least_answers=LEAST_ANSWERS) == expected


def test_nps_of_nobody_is_null_whatever_the_threshold() -> None:
    assert nps(NpsGroups(0, 0, 0), least_answers=0) is None


def test_a_null_counts_as_nothing_in_a_sum_with_others() -> None:
    assert sum_or_null([Fraction(1, 3), None, Fraction(1, 6)]) == Fraction(1, 2)
    assert sum_or_null([None, None]) is None
    assert sum_or_null([]) is None


def test_students_points_are_the_scores_of_funding_questions() -> None:
    start = layout_of("start-2025")
    row = answers(start, {"start_01": 4, "start_02": DONT_KNOW, "start_03": 5, "start_10": 5, "start_nps": 10})
    # start_10 brings no points, nor does don't know.
    assert response_points("start", start, row, duration_days=0) == 9
    assert response_points("start", start, row, duration_days=7) == 9


def test_employers_points_are_scores_times_duration() -> None:
    instructor = layout_of("workplace_instructor-2025")
    row = answers(instructor, {"instructor_01": 4, "instructor_02": DONT_KNOW, "instructor_08": 5, "instructor_09": 5})
    assert response_points("workplace_instructor", instructor, row, duration_days=30) == 270
    assert response_points("workplace_instructor", instructor, row, duration_days=0) == 0


def test_respondent_days_need_an_answer_to_a_funding_question() -> None:
    instructor = layout_of("workplace_instructor-2025")
    dont_know = answers(instructor, {"instructor_02": DONT_KNOW})
    elsewhere = answers(instructor, {"instructor_09": 5, "instructor_nps": 11})
    assert response_days(instructor, dont_know, duration_days=30) == 30
    assert response_days(instructor, elsewhere, duration_days=30) == 0


def test_entrepreneurs_bring_nine_eighths_of_their_points_to_the_workplace_survey() -> None:
    instructor = totals(targets=1, respondents=1, target_days=30, respondent_days=30, points=270)
    copy = entrepreneur_copy(instructor, factor=RULES.entrepreneur_factor_of("2024-2025"))
    assert copy == Totals(1, 1, 30, 30, Fraction(1215, 4))
    assert decimal_text(copy.points, 4) == "303.7500"
