"""What is asked for: query parameters, in; a checked question or everything that is wrong with them, out. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeVar, get_args

from schemas.events import types
from schemas.national.reasons import REASONS
from schemas.national.rules.periods import months_of
from schemas.national.surveys import SURVEY_KINDS, SurveyKind
from services.reporting.paging import LEAST_LIMIT, MOST_LIMIT, USUAL_LIMIT, keys_of

Key = Literal["provider", "month", "institution", "site", "qualification"]
KEYS: Final[tuple[Key, ...]] = get_args(Key)
"""What figures are grouped by, in the order in which rows carry their keys and are sorted."""

UNCOUNTED: Final = tuple(reason for reason in REASONS if reason != "counts")
"""Why a request or its response doesn't count."""

OUTCOMES: Final = ("standing", "replayed", "closed")
"""What became of a record in quarantine."""

_KEYS_OF_MONTHS: Final[frozenset[Key]] = frozenset({"provider", "month"})
_OID: Final = re.compile(types.whole(types.OID_PATTERN))
_QUALIFICATION: Final = re.compile(types.whole(types.QUALIFICATION_PATTERN))
_CODE: Final = re.compile(types.whole(types.CODE_PATTERN))
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_NAME: Final = re.compile(r"[a-z_]{1,32}")
_MOST_VALUES: Final = 500
_AN_OID: Final = "give organisation OIDs such as 1.2.246.562.10.10000000001, separated by commas"

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


@dataclass(frozen=True, slots=True)
class FiguresQuery:
    """Which figures: `by` in the order of KEYS, and always with the provider where it has institution or site.

    A filter is None when everything is asked for; `months` are the first days of the months, all of the period
    without a filter. `after` holds the five keys of the last group seen, "" for what isn't grouped by or missing.
    """

    survey: SurveyKind
    period: str
    by: tuple[Key, ...]
    months: tuple[date, ...]
    providers: frozenset[str] | None
    institutions: frozenset[str] | None
    sites: frozenset[str] | None
    qualifications: frozenset[str] | None
    after: tuple[str, ...] | None
    limit: int

    @property
    def asked_providers(self) -> frozenset[str] | None:
        """The providers that the query names."""
        return self.providers

    @property
    def needs_requests(self) -> bool:
        """Whether the figures of the months are too coarse for this."""
        filters = (self.institutions, self.sites, self.qualifications)
        return not _KEYS_OF_MONTHS.issuperset(self.by) or any(values is not None for values in filters)


@dataclass(frozen=True, slots=True)
class RequestsQuery:
    """Which requests that don't count: of one provider, after a subject."""

    provider: str
    reasons: frozenset[str] | None
    after: str | None
    limit: int

    @property
    def asked_providers(self) -> frozenset[str] | None:
        """The providers that the query names."""
        return frozenset({self.provider})


@dataclass(frozen=True, slots=True)
class QuarantineQuery:
    """Which records in quarantine, after a partition, the number of its log, and an offset."""

    provider: str | None
    reasons: frozenset[str] | None
    outcomes: frozenset[str] | None
    after: tuple[int, int, int] | None
    limit: int

    @property
    def asked_providers(self) -> frozenset[str] | None:
        """The providers that the query names."""
        return None if self.provider is None else frozenset({self.provider})


@dataclass(frozen=True, slots=True)
class BooksQuery:
    """Which providers' books, after a provider."""

    providers: frozenset[str] | None
    after: str | None
    limit: int

    @property
    def asked_providers(self) -> frozenset[str] | None:
        """The providers that the query names."""
        return self.providers


Query = FiguresQuery | RequestsQuery | QuarantineQuery | BooksQuery


def figures_query(pairs: Pairs, *, first_period: str) -> FiguresQuery | BadQuery:
    """Read the parameters of the figures; periods before `first_period` have no rules."""
    given = _Given(pairs, ("survey", "period", "by", *KEYS, "structure"))
    survey: SurveyKind | None = given.needed("survey", _one_of(SURVEY_KINDS), f"give one of {', '.join(SURVEY_KINDS)}")
    period = given.needed(
        "period",
        lambda text: text if _is_period(text) and text >= first_period else None,
        f"give a reporting period from {first_period} on, such as 2025-2026",
    )
    by = given.list("by", _one_of(KEYS), f"give what to group by, of {', '.join(KEYS)}, separated by commas")
    of_period = months_of(period) if period else ()
    months = given.list(
        "month",
        lambda text: _month_in(text, of_period) if period else date.min,
        "give months of the period such as 2025-08, separated by commas",
    )
    # Nobody has loaded a merger yet, so that the latest structure is the one that was.
    given.optional("structure", _one_of(("as_was", "latest")), "give as_was or latest")
    filters = {
        "providers": given.set("provider", _matching(_OID), _AN_OID),
        "institutions": given.set("institution", _matching(_OID), _AN_OID),
        "sites": given.set("site", _matching(_OID), _AN_OID),
        "qualifications": given.set(
            "qualification", _matching(_QUALIFICATION), "give qualifications, six digits each, separated by commas"
        ),
    }
    after, limit = given.page(len(KEYS))
    if given.problems or survey is None or period is None:
        return given.bad()
    wanted = set(by or ())
    if wanted & {"institution", "site"}:
        wanted.add("provider")
    return FiguresQuery(
        survey=survey,
        period=period,
        by=tuple(key for key in KEYS if key in wanted),
        months=tuple(sorted(set(months or of_period))),
        after=after,
        limit=limit,
        **filters,
    )


def requests_query(pairs: Pairs) -> RequestsQuery | BadQuery:
    """Read the parameters of the list of requests that don't count."""
    given = _Given(pairs, ("provider", "reason"))
    provider = given.needed("provider", _matching(_OID), "give one provider's OID")
    reasons = given.set("reason", _one_of(UNCOUNTED), f"give reasons of {', '.join(UNCOUNTED)}, separated by commas")
    after, limit = given.page(1)
    if given.problems or provider is None:
        return given.bad()
    return RequestsQuery(provider, reasons, after[0] if after else None, limit)


def quarantine_query(pairs: Pairs) -> QuarantineQuery | BadQuery:
    """Read the parameters of the list of what stands in quarantine."""
    given = _Given(pairs, ("provider", "reason", "outcome"))
    provider = given.optional("provider", _matching(_OID), "give one provider's OID")
    reasons = given.set("reason", _matching(_CODE), "give reason codes, separated by commas")
    outcomes = given.set("outcome", _one_of(OUTCOMES), f"give outcomes of {', '.join(OUTCOMES)}, separated by commas")
    after, limit = given.page(3, _whole_number)
    if given.problems:
        return given.bad()
    last = (int(after[0]), int(after[1]), int(after[2])) if after else None
    return QuarantineQuery(provider, reasons, outcomes, last, limit)


def books_query(pairs: Pairs) -> BooksQuery | BadQuery:
    """Read the parameters of the books."""
    given = _Given(pairs, ("provider",))
    providers = given.set("provider", _matching(_OID), _AN_OID)
    after, limit = given.page(1)
    return given.bad() if given.problems else BooksQuery(providers, after[0] if after else None, limit)


class _Given:
    """The parameters of one query; what is wrong with them gathers in `problems` while they are read."""

    def __init__(self, pairs: Pairs, known: Sequence[str]) -> None:
        self.problems: list[BadParameter] = []
        self._values: dict[str, str] = {}
        known = (*known, "next", "limit")
        for name, value in pairs:
            if name not in known:
                shown = name if _NAME.fullmatch(name) else "?"
                self._refuse(shown, f"there is no such parameter; those that there are: {', '.join(known)}")
            elif name in self._values:
                self._refuse(name, "give it once")
            else:
                self._values[name] = value

    def bad(self) -> BadQuery:
        return BadQuery(tuple(self.problems))

    def optional(self, name: str, read: Callable[[str], T | None], advice: str) -> T | None:
        if name not in self._values:
            return None
        value = read(self._values[name])
        if value is None:
            self._refuse(name, advice)
        return value

    def needed(self, name: str, read: Callable[[str], T | None], advice: str) -> T | None:
        if name not in self._values:
            self._refuse(name, f"it is needed: {advice}")
        return self.optional(name, read, advice)

    def list(self, name: str, read: Callable[[str], T | None], advice: str) -> Sequence[T] | None:
        def items(text: str) -> Sequence[T] | None:
            texts = text.split(",", _MOST_VALUES)
            values = [value for item in texts if (value := read(item)) is not None]
            return values if len(values) == len(texts) <= _MOST_VALUES else None

        return self.optional(name, items, f"{advice}, at most {_MOST_VALUES}")

    def set(self, name: str, read: Callable[[str], str | None], advice: str) -> frozenset[str] | None:
        values = self.list(name, read, advice)
        return None if values is None else frozenset(values)

    def page(
        self, keys: int, read: Callable[[str], str | None] = lambda key: key
    ) -> tuple[tuple[str, ...] | None, int]:
        """The keys after which the page begins, None for the first page, and how many groups it may hold."""

        def keys_in(token: str) -> tuple[str, ...] | None:
            found = keys_of(token, keys)
            return None if found is None or None in map(read, found) else found

        after = self.optional("next", keys_in, "give what the page before said as next, or leave it out")
        limit = self.optional("limit", _limit, f"give a whole number from {LEAST_LIMIT} to {MOST_LIMIT}")
        return after, limit or USUAL_LIMIT

    def _refuse(self, name: str, detail: str) -> None:
        self.problems.append(BadParameter(name, detail))


def _one_of(allowed: Sequence[T]) -> Callable[[str], T | None]:
    return lambda text: next((value for value in allowed if value == text), None)


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: text if pattern.match(text) else None


def _whole_number(text: str) -> str | None:
    return text if text.isascii() and text.isdecimal() and len(text) < len(str(2**63)) else None


def _limit(text: str) -> int | None:
    return int(text) if _whole_number(text) and LEAST_LIMIT <= int(text) <= MOST_LIMIT else None


def _is_period(text: str) -> bool:
    try:
        months_of(text)
    except ValueError:
        return False
    return True


def _month_in(text: str, months: Sequence[date]) -> date | None:
    if not _MONTH.fullmatch(text):
        return None
    return next((month for month in months if month.strftime("%Y-%m") == text), None)
