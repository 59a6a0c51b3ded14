"""The duration of a workplace period (national model §6, with its worked checks)."""

from datetime import date
from fractions import Fraction

import pytest

from schemas.national.model import load_models
from schemas.national.rules.durations import Interruption, WorkPeriod, duration_days, weighted_days
from schemas.national.rules.rounding import decimal_text

NOT_APPLIED = load_models().newest.rules.part_time_not_applied

A = WorkPeriod(date(2024, 4, 12), date(2024, 4, 20))
B = WorkPeriod(date(2024, 4, 15), date(2024, 4, 22))
C = WorkPeriod(date(2024, 4, 14), date(2024, 4, 18))


def days_of(period: WorkPeriod, *others: WorkPeriod) -> int:
    return duration_days(period, others, part_time_not_applied=NOT_APPLIED)


@pytest.mark.parametrize(
    ("period", "others", "weighted", "whole"),
    [(A, (B, C), "4.833", 5), (B, (A, C), "4.333", 4), (C, (A, B), "1.833", 2)],
)
def test_overlapping_periods_share_their_days(
    period: WorkPeriod, others: tuple[WorkPeriod, ...], weighted: str, whole: int
) -> None:
    assert decimal_text(weighted_days(period, others), 3) == weighted
    assert days_of(period, *others) == whole


def test_a_period_alone_counts_every_calendar_day_with_both_ends() -> None:
    assert days_of(A) == 9
    assert days_of(WorkPeriod(date(2024, 4, 13), date(2024, 4, 13))) == 1


def test_interrupted_days_count_neither_for_the_period_nor_against_others() -> None:
    paused = WorkPeriod(
        date(2024, 4, 1),
        date(2024, 4, 30),
        (Interruption(date(2024, 4, 6), date(2024, 4, 10)), Interruption(date(2024, 4, 9), date(2024, 4, 15))),
    )
    assert weighted_days(paused, ()) == 20
    meanwhile = WorkPeriod(date(2024, 4, 6), date(2024, 4, 15))
    assert weighted_days(meanwhile, (paused,)) == 10


def test_an_interruption_without_an_end_lasts_to_the_end_of_the_period() -> None:
    stopped = WorkPeriod(date(2024, 4, 1), date(2024, 4, 30), (Interruption(date(2024, 4, 11), None),))
    assert weighted_days(stopped, ()) == 10


def test_the_part_time_percentage_is_applied_and_halves_round_up() -> None:
    assert days_of(WorkPeriod(date(2024, 4, 1), date(2024, 4, 30), part_time_percentage=50)) == 15
    assert days_of(WorkPeriod(date(2024, 4, 1), date(2024, 4, 9), part_time_percentage=50)) == 5
    assert days_of(WorkPeriod(date(2024, 4, 1), date(2024, 4, 9), part_time_percentage=1)) == 0


@pytest.mark.parametrize("percentage", [None, 0, -5, 101])
def test_a_missing_or_impossible_percentage_gives_no_days(percentage: int | None) -> None:
    assert days_of(WorkPeriod(date(2024, 4, 1), date(2024, 4, 9), part_time_percentage=percentage)) == 0


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        pytest.param(date(2022, 6, 30), 5, id="applied before"),
        pytest.param(date(2022, 7, 1), 10, id="not applied from the first day"),
        pytest.param(date(2023, 6, 30), 10, id="not applied to the last day"),
        pytest.param(date(2023, 7, 1), 5, id="applied after"),
    ],
)
def test_the_percentage_is_not_applied_to_periods_that_ended_in_2022_2023(end: date, expected: int) -> None:
    ordinal = end.toordinal()
    period = WorkPeriod(date.fromordinal(ordinal - 9), end, part_time_percentage=50)
    assert days_of(period) == expected


def test_the_percentage_may_be_missing_in_2022_2023() -> None:
    assert days_of(WorkPeriod(date(2023, 4, 1), date(2023, 4, 9), part_time_percentage=None)) == 9


def test_weights_are_exact_thirds() -> None:
    assert weighted_days(A, (B, C)) == Fraction(29, 6)
