"""Query parameters, read one by one, with everything that is wrong with them gathered. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from schemas.events import types
from schemas.national.rules.periods import months_of
from services.reporting.paging import LEAST_LIMIT, MOST_LIMIT, USUAL_LIMIT, keys_of

AN_OID: Final = "give organisation OIDs such as 1.2.246.562.10.10000000001, separated by commas"
ONE_OID: Final = "give one provider's OID"

_OID: Final = re.compile(types.whole(types.OID_PATTERN))
_NAME: Final = re.compile(r"[a-z_]{1,32}")
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_VALUES: Final = 500

SMALLINT, INTEGER, BIGINT = 2**15 - 1, 2**31 - 1, 2**63 - 1
"""The greatest numbers that the database's columns hold: a greater one would fail there instead of here."""

Pairs = Iterable[tuple[str, str]]
"""Query parameters as they were given, percent-decoded."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BadParameter:
    """A parameter and what to do about it; an unknown one whose name isn't harmless is called `?`."""

    parameter: str
    detail: str


@dataclass(frozen=True, slots=True)
class BadQuery:
    """Everything that is wrong with a query."""

    problems: tuple[BadParameter, ...]


class Given:
    """The parameters of one query; what is wrong with them gathers in `problems` while they are read."""

    def __init__(self, pairs: Pairs, known: Sequence[str], *, paged: bool = True) -> None:
        self.problems: list[BadParameter] = []
        self._values: dict[str, str] = {}
        known = (*known, "next", "limit") if paged else known
        for name, value in pairs:
            if name not in known:
                shown = name if _NAME.fullmatch(name) else "?"
                self.refuse(shown, f"there is no such parameter; those that there are: {', '.join(known)}")
            elif name in self._values:
                self.refuse(name, "give it once")
            else:
                self._values[name] = value

    def bad(self) -> BadQuery:
        """Everything that was wrong so far."""
        return BadQuery(tuple(self.problems))

    def optional(self, name: str, read: Callable[[str], T | None], advice: str) -> T | None:
        """What `read` makes of a parameter, None without it; `read` gives None when it can't be used."""
        if name not in self._values:
            return None
        value = read(self._values[name])
        if value is None:
            self.refuse(name, advice)
        return value

    def needed(self, name: str, read: Callable[[str], T | None], advice: str) -> T | None:
        """The same of a parameter that has to be given."""
        if name not in self._values:
            self.refuse(name, f"it is needed: {advice}")
        return self.optional(name, read, advice)

    def list(self, name: str, read: Callable[[str], T | None], advice: str) -> Sequence[T] | None:
        """The values of a parameter, separated by commas."""

        def items(text: str) -> Sequence[T] | None:
            texts = text.split(",", _MOST_VALUES)
            values = [value for item in texts if (value := read(item)) is not None]
            return values if len(values) == len(texts) <= _MOST_VALUES else None

        return self.optional(name, items, f"{advice}, at most {_MOST_VALUES}")

    def set(self, name: str, read: Callable[[str], str | None], advice: str) -> frozenset[str] | None:
        """The same without order."""
        values = self.list(name, read, advice)
        return None if values is None else frozenset(values)

    def page(self, keys: int) -> tuple[tuple[str, ...] | None, int]:
        """The keys after which the page begins, None for the first page, and how many groups it may hold."""
        return self._page(lambda token: keys_of(token, keys))

    def numbered_page(self, *most: int) -> tuple[tuple[int, ...] | None, int]:
        """The same of rows that are ordered by whole numbers; `most` is the greatest that each may be."""

        def numbers_in(token: str) -> tuple[int, ...] | None:
            keys = keys_of(token, len(most)) or ()
            numbers = [
                number for key, bound in zip(keys, most, strict=False) if (number := _number(key, bound)) is not None
            ]
            return tuple(numbers) if len(numbers) == len(most) else None

        return self._page(numbers_in)

    def _page(self, read: Callable[[str], T | None]) -> tuple[T | None, int]:
        after = self.optional("next", read, "give what the page before said as next, or leave it out")
        limit = self.optional("limit", _limit, f"give a whole number from {LEAST_LIMIT} to {MOST_LIMIT}")
        return after, limit or USUAL_LIMIT

    def refuse(self, name: str, detail: str) -> None:
        """Add what is wrong with a parameter."""
        self.problems.append(BadParameter(name, detail))


def one_of(allowed: Sequence[T]) -> Callable[[str], T | None]:
    """Reads one of these texts."""
    return lambda text: next((value for value in allowed if value == text), None)


def matching(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    """Reads a text of a form."""
    return lambda text: text if pattern.match(text) else None


def an_oid(text: str) -> str | None:
    """Reads an organisation's OID."""
    return text if _OID.match(text) else None


def a_day(text: str) -> date | None:
    """Reads a day such as 2025-08-11."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _number(text: str, most: int) -> int | None:
    """A whole number from 0 to `most`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most))):
        return None
    return int(text) if int(text) <= most else None


def _limit(text: str) -> int | None:
    number = _number(text, MOST_LIMIT)
    return None if number is None or number < LEAST_LIMIT else number


def period_from(first: str) -> tuple[Callable[[str], str | None], str]:
    """Reads a reporting period that isn't before the first one; with it the advice that says so."""

    def read(text: str) -> str | None:
        try:
            months_of(text)
        except ValueError:
            return None
        return text if text >= first else None

    return read, f"give a reporting period from {first} on, such as 2025-2026"


def month_in(text: str, months: Sequence[date]) -> date | None:
    """Reads one of these months."""
    if not _MONTH.fullmatch(text):
        return None
    return next((month for month in months if month.strftime("%Y-%m") == text), None)
