"""The publication lag and what an estimate takes (national model §7)."""

from datetime import date

import pytest

from schemas.national.model import load_models
from schemas.national.rules.lag import estimate_source, estimated_period, is_out
from schemas.national.surveys import SurveyKind

LAG = load_models().newest.rules.publication_lag_of("2025-2026")


@pytest.mark.parametrize("kind", ["start", "completion_whole", "completion_parts", "workplace_instructor"])
@pytest.mark.parametrize(
    ("month", "published", "out"),
    [
        (date(2025, 9, 1), date(2025, 12, 1), True),
        (date(2025, 9, 1), date(2025, 11, 30), False),
        (date(2025, 11, 1), date(2026, 2, 1), True),
        (date(2025, 11, 1), date(2026, 1, 31), False),
        (date(2020, 7, 1), date(2026, 1, 31), True),
        (date(2026, 2, 1), date(2026, 1, 31), False),
    ],
)
def test_a_month_is_out_three_calendar_months_later(kind: SurveyKind, month: date, published: date, out: bool) -> None:
    assert is_out(kind, month, published=published, lag=LAG) is out


@pytest.mark.parametrize(
    ("month", "published", "out"),
    [
        (date(2025, 7, 1), date(2026, 2, 28), False),
        (date(2025, 7, 1), date(2026, 3, 1), True),
        (date(2025, 12, 1), date(2026, 3, 1), True),
        (date(2026, 1, 1), date(2026, 8, 31), False),
        (date(2026, 1, 1), date(2026, 9, 1), True),
        (date(2026, 6, 1), date(2026, 9, 1), True),
        (date(2026, 7, 1), date(2026, 9, 1), False),
    ],
)
def test_the_workplace_survey_is_out_by_half_years(month: date, published: date, out: bool) -> None:
    assert is_out("workplace", month, published=published, lag=LAG) is out


def test_an_estimate_takes_the_year_before_for_what_is_not_out() -> None:
    published = date(2026, 4, 15)
    assert estimated_period(published) == "2025-2026"
    sources = [
        estimate_source("start", month, published=published, lag=LAG) for month in (date(2026, 1, 1), date(2026, 2, 1))
    ]
    assert sources == [date(2026, 1, 1), date(2025, 2, 1)]
    assert estimate_source("workplace", date(2026, 1, 1), published=published, lag=LAG) == date(2025, 1, 1)
    assert estimate_source("workplace", date(2025, 12, 1), published=published, lag=LAG) == date(2025, 12, 1)
