"""Times as the model compares them (§4, Time): whole microseconds, and days in Finland."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_HELSINKI = ZoneInfo("Europe/Helsinki")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_us(text: str) -> int:
    """Microseconds since 1970 of an RFC 3339 text; further digits are cut off."""
    cut = re.sub(r"(\.\d{6})\d+", r"\1", text.upper())
    return (datetime.fromisoformat(cut) - _EPOCH) // timedelta(microseconds=1)


def moment(us: int) -> datetime:
    """The moment that lies so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=us)


def day_in_finland(text: str) -> date:
    """The calendar day in Europe/Helsinki on which an instant lies."""
    return moment(instant_us(text)).astimezone(_HELSINKI).date()


def period_of(month: str) -> str:
    """The reporting period of a month such as `2025-08`: 1 July to 30 June, written `2025-2026` (§2)."""
    year, number = map(int, month.split("-"))
    first = year if number >= 7 else year - 1
    return f"{first}-{first + 1}"
