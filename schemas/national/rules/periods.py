"""Days, months, reporting periods and funding years (national model §2, §5).

A period is the text ``2025-2026`` (1 July to 30 June), a month the date of its first day, an instant whole microseconds
since 1970-01-01T00:00Z. Days are Finnish calendar days.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_FIRST_MONTH = 7
_MONTHS = 12
_HOUR_US = 3_600_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def period_of(day: date) -> str:
    """Return the reporting period that a day lies in."""
    start = day.year if day.month >= _FIRST_MONTH else day.year - 1
    return f"{start}-{start + 1}"


def first_day(period: str) -> date:
    """Return the first of July with which a period begins.

    Raises:
        ValueError: ``period`` isn't two consecutive years such as ``2025-2026``.
    """
    start = period[:4]
    if not (start.isascii() and start.isdecimal() and period == f"{start}-{int(start) + 1}"):
        raise ValueError("a period is two consecutive years, such as 2025-2026")
    return date(int(start), _FIRST_MONTH, 1)


def last_day(period: str) -> date:
    """Return the thirtieth of June with which a period ends."""
    return first_day(period).replace(year=first_day(period).year + 1) - timedelta(days=1)


def funding_year(period: str) -> int:
    """Return the year whose funding the period decides: the period's end year + 1 (§2)."""
    return first_day(period).year + 2


def month_of(day: date) -> date:
    """Return the month that a day lies in."""
    return day.replace(day=1)


def months_of(period: str) -> tuple[date, ...]:
    """Return the twelve months of a period, July first."""
    start = first_day(period)
    return tuple(add_months(start, count) for count in range(_MONTHS))


def add_months(month: date, count: int) -> date:
    """Return the month ``count`` months after ``month`` (before it, when negative)."""
    years, index = divmod(month.month - 1 + count, _MONTHS)
    return date(month.year + years, index + 1, 1)


def helsinki_date(instant_us: int) -> date:
    """Return the Finnish calendar day of an instant.

    Since 1921 Finnish time differs from UTC by whole hours, so all instants of an hour share their day.
    """
    return _date_of_hour(instant_us // _HOUR_US)


@lru_cache(maxsize=1 << 17)
def _date_of_hour(hour: int) -> date:
    return (_EPOCH + timedelta(hours=hour)).astimezone(ZoneInfo("Europe/Helsinki")).date()
