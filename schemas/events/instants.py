"""Instants as they travel: RFC 3339 text with an offset, compared in whole microseconds (national model §4, Time)."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

INSTANT_PATTERN: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""The form alone, for schemas; whether the day exists needs `parse_instant`."""

_RFC3339: Final = re.compile(INSTANT_PATTERN.removeprefix("^").removesuffix("$"))
_FRACTION_BEYOND_MICROSECONDS: Final = re.compile(r"(\.[0-9]{6})[0-9]+")
_WITH_MICROSECONDS: Final = len("2025-08-11T09:30:00.123456")
_CANONICAL_LENGTH: Final = len("2025-08-11T09:30:00.123456Z")
_PLACE_OF_T: Final = len("2025-08-11")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# A day short of the calendar's ends, so that every instant has a date wherever on earth one looks at it.
_FIRST_US: Final = (datetime(1, 1, 2, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST_US: Final = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // _MICROSECOND

# Every step of an event's reading asks for its instants again; remembering costs a tenth of reading. Only texts of an
# ordinary length are remembered, because a fraction may have any number of digits.
_REMEMBERED: Final = 1024
_ORDINARY_LENGTH: Final = 40

EARLIEST_US: Final = 1_530_392_400_000_000
"""2018-07-01T00:00+03:00 in microseconds since 1970: no event of this service can be older."""


def parse_instant(text: str) -> int:
    """Microseconds since 1970-01-01T00:00Z; digits beyond the microsecond are cut off, never rounded.

    Raises ValueError for anything but an RFC 3339 date-time with an offset: no offset, a leap second, 24:00,
    a blank for T, a day that doesn't exist, the first and the last day of the calendar (years 1 and 9999).
    """
    return _remembered(text) if len(text) <= _ORDINARY_LENGTH else _parse(text)


def _parse(text: str) -> int:
    if not _RFC3339.fullmatch(text):
        raise ValueError("not an RFC 3339 date-time with an offset")
    if len(text) > _WITH_MICROSECONDS + 1:
        text = _FRACTION_BEYOND_MICROSECONDS.sub(r"\1", text)
    since = datetime.fromisoformat(text.upper()) - _EPOCH
    instant_us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if not _FIRST_US <= instant_us <= _LAST_US:
        raise ValueError("this instant lies outside the calendar")
    return instant_us


_remembered: Final = lru_cache(maxsize=_REMEMBERED)(_parse)


def format_instant(instant_us: int) -> str:
    """The one form in which we write an instant: UTC, six digits, `Z`."""
    return (_EPOCH + instant_us * _MICROSECOND).isoformat(timespec="microseconds").replace("+00:00", "Z")


def canonical_instant(text: str) -> str:
    """The same instant in the form of `format_instant`. Raises ValueError as `parse_instant` does."""
    instant_us = parse_instant(text)
    # Of all that parses, only the one form has this length and these two letters.
    if len(text) == _CANONICAL_LENGTH and text[_PLACE_OF_T] == "T" and text[-1] == "Z":
        return text
    return format_instant(instant_us)
