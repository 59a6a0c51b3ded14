"""Reporting periods, funding years, months and Finnish days (national model §2)."""

from datetime import UTC, date, datetime

import pytest

from schemas.national.rules.periods import (
    add_months,
    first_day,
    funding_year,
    helsinki_date,
    last_day,
    month_of,
    months_of,
    period_of,
)


def microseconds(text: str) -> int:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    whole = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (whole.days * 86_400 + whole.seconds) * 1_000_000 + whole.microseconds


@pytest.mark.parametrize(
    ("day", "period"),
    [
        (date(2025, 6, 30), "2024-2025"),
        (date(2025, 7, 1), "2025-2026"),
        (date(2026, 6, 30), "2025-2026"),
        (date(2018, 7, 1), "2018-2019"),
    ],
)
def test_a_period_runs_from_july_to_june(day: date, period: str) -> None:
    assert period_of(day) == period
    assert first_day(period) <= day <= last_day(period)


def test_a_period_begins_on_the_first_of_july_and_ends_on_the_thirtieth_of_june() -> None:
    assert (first_day("2025-2026"), last_day("2025-2026")) == (date(2025, 7, 1), date(2026, 6, 30))


def test_the_funding_year_is_the_year_after_the_period_ends() -> None:
    assert funding_year("2025-2026") == 2027
    assert funding_year("2024-2025") == 2026


@pytest.mark.parametrize("text", ["2025-2027", "2025", "", "2025-2026 ", "25-26", "٢٠٢٥-2026", "2025/2026"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="two consecutive years"):
        first_day(text)


def test_a_period_has_twelve_months_july_first() -> None:
    months = months_of("2025-2026")
    assert len(months) == 12
    assert (months[0], months[5], months[6], months[11]) == (
        date(2025, 7, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 6, 1),
    )
    assert {period_of(month) for month in months} == {"2025-2026"}


def test_months_are_added_across_years() -> None:
    assert add_months(date(2025, 11, 1), 3) == date(2026, 2, 1)
    assert add_months(date(2026, 2, 1), -3) == date(2025, 11, 1)
    assert add_months(date(2025, 12, 1), 0) == date(2025, 12, 1)
    assert month_of(date(2025, 12, 31)) == date(2025, 12, 1)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2025-08-11T09:30:00+03:00", date(2025, 8, 11)),
        ("2025-08-10T20:59:59.999999+00:00", date(2025, 8, 10)),
        ("2025-08-10T21:00:00+00:00", date(2025, 8, 11)),
        ("2025-01-10T21:59:59.999999+00:00", date(2025, 1, 10)),
        ("2025-01-10T22:00:00+00:00", date(2025, 1, 11)),
        # The days on which the clocks change are 23 and 25 hours long.
        ("2025-03-29T22:00:00+00:00", date(2025, 3, 30)),
        ("2025-03-30T20:59:59+00:00", date(2025, 3, 30)),
        ("2025-03-30T21:00:00+00:00", date(2025, 3, 31)),
        ("2025-10-25T21:00:00+00:00", date(2025, 10, 26)),
        ("2025-10-26T21:59:59+00:00", date(2025, 10, 26)),
        ("2018-07-01T00:00:00+03:00", date(2018, 7, 1)),
        ("2018-06-30T23:59:59.999999+03:00", date(2018, 6, 30)),
    ],
)
def test_an_instant_lies_in_a_finnish_day(instant: str, day: date) -> None:
    assert helsinki_date(microseconds(instant)) == day
