"""Which date places a request in a month (national model §5)."""

from datetime import date

import pytest

from schemas.national.model import load_models
from schemas.national.rules.attribution import employer_attribution_date, student_attribution_date

RULE = load_models().newest.rules.attribution


@pytest.mark.parametrize(
    ("valid_from", "trigger_date", "expected"),
    [
        pytest.param(date(2024, 6, 30), date(2024, 6, 1), date(2024, 6, 30), id="the last day by valid from"),
        pytest.param(date(2024, 7, 2), date(2024, 7, 1), date(2024, 7, 1), id="the first day by trigger date"),
        pytest.param(date(2025, 9, 1), date(2025, 8, 11), date(2025, 8, 11), id="trigger date ever since"),
        pytest.param(date(2024, 6, 30), date(2024, 7, 1), None, id="both conditions"),
        pytest.param(date(2024, 7, 1), date(2024, 6, 30), None, id="neither condition"),
        pytest.param(date(2018, 7, 1), date(2018, 6, 1), date(2018, 7, 1), id="the first date"),
        pytest.param(date(2018, 6, 30), date(2018, 6, 1), None, id="before the first date"),
    ],
)
def test_students_are_placed_by_valid_from_and_later_by_trigger_date(
    valid_from: date, trigger_date: date, expected: date | None
) -> None:
    assert student_attribution_date(valid_from=valid_from, trigger_date=trigger_date, rule=RULE) == expected


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (date(2024, 7, 1), date(2024, 7, 1)),
        (date(2018, 7, 1), date(2018, 7, 1)),
        (date(2018, 6, 30), None),
    ],
)
def test_employers_are_placed_by_the_end_of_the_work_period(end: date, expected: date | None) -> None:
    assert employer_attribution_date(work_period_end=end, rule=RULE) == expected
