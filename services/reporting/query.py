"""What is asked for: query parameters, in; a checked question or everything that is wrong with them, out. Pure."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

from schemas.events import types
from schemas.national.reasons import REASONS
from schemas.national.rules.periods import months_of
from schemas.national.surveys import SURVEY_KINDS, SurveyKind
from services.reporting.funding_query import FundingQuery
from services.reporting.parameters import (
    AN_OID,
    BIGINT,
    ONE_OID,
    SMALLINT,
    BadQuery,
    Given,
    Pairs,
    an_oid,
    matching,
    month_in,
    one_of,
    period_from,
)

Key = Literal["provider", "month", "institution", "site", "qualification"]
KEYS: Final[tuple[Key, ...]] = get_args(Key)
"""What figures are grouped by, in the order in which rows carry their keys and are sorted."""

StructureName = Literal["as_was", "latest"]
STRUCTURES: Final[tuple[StructureName, ...]] = get_args(StructureName)
"""Providers as they posted, which is the usual one, or with today's mergers applied to the whole history (§5)."""

UNCOUNTED: Final = tuple(reason for reason in REASONS if reason != "counts")
"""Why a request or its response doesn't count."""

OUTCOMES: Final = ("standing", "replayed", "closed")
"""What became of a record in quarantine."""

_KEYS_OF_MONTHS: Final[frozenset[Key]] = frozenset({"provider", "month"})
_QUALIFICATION: Final = re.compile(types.whole(types.QUALIFICATION_PATTERN))
_CODE: Final = re.compile(types.whole(types.CODE_PATTERN))


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
    structure: StructureName
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

    @property
    def gives_provider_totals(self) -> bool:
        """Whether the groups are the providers over all of the period: what coefficients come from."""
        return self.by == ("provider",) and self.months == months_of(self.period) and not self.needs_requests


@dataclass(frozen=True, slots=True)
class ExplainQuery:
    """Whose figure is explained: one provider's, of one survey and period, in a structure."""

    survey: SurveyKind
    period: str
    provider: str
    structure: StructureName

    @property
    def asked_providers(self) -> frozenset[str] | None:
        """The providers that the query names."""
        return frozenset({self.provider})


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
    after: tuple[int, ...] | None
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


Query = FiguresQuery | ExplainQuery | FundingQuery | RequestsQuery | QuarantineQuery | BooksQuery


def figures_query(pairs: Pairs, *, first_period: str) -> FiguresQuery | BadQuery:
    """Read the parameters of the figures; periods before `first_period` have no rules."""
    given = Given(pairs, ("survey", "period", "by", *KEYS, "structure"))
    survey = _survey(given)
    period = given.needed("period", *period_from(first_period))
    by = given.list("by", one_of(KEYS), f"give what to group by, of {', '.join(KEYS)}, separated by commas")
    of_period = months_of(period) if period else ()
    months = given.list(
        "month",
        lambda text: month_in(text, of_period) if period else date.min,
        "give months of the period such as 2025-08, separated by commas",
    )
    structure = _structure(given)
    filters = {
        "providers": given.set("provider", an_oid, AN_OID),
        "institutions": given.set("institution", an_oid, AN_OID),
        "sites": given.set("site", an_oid, AN_OID),
        "qualifications": given.set(
            "qualification", matching(_QUALIFICATION), "give qualifications, six digits each, separated by commas"
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
        structure=structure,
        after=after,
        limit=limit,
        **filters,
    )


def explain_query(pairs: Pairs, *, first_period: str) -> ExplainQuery | BadQuery:
    """Read the parameters of an explanation; periods before `first_period` have no rules."""
    given = Given(pairs, ("survey", "period", "provider", "structure"), paged=False)
    survey, period = _survey(given), given.needed("period", *period_from(first_period))
    provider = given.needed("provider", an_oid, ONE_OID)
    structure = _structure(given)
    if given.problems or survey is None or period is None or provider is None:
        return given.bad()
    return ExplainQuery(survey, period, provider, structure)


def requests_query(pairs: Pairs) -> RequestsQuery | BadQuery:
    """Read the parameters of the list of requests that don't count."""
    given = Given(pairs, ("provider", "reason"))
    provider = given.needed("provider", an_oid, ONE_OID)
    reasons = given.set("reason", one_of(UNCOUNTED), f"give reasons of {', '.join(UNCOUNTED)}, separated by commas")
    after, limit = given.page(1)
    if given.problems or provider is None:
        return given.bad()
    return RequestsQuery(provider, reasons, after[0] if after else None, limit)


def quarantine_query(pairs: Pairs) -> QuarantineQuery | BadQuery:
    """Read the parameters of the list of what stands in quarantine."""
    given = Given(pairs, ("provider", "reason", "outcome"))
    provider = given.optional("provider", an_oid, ONE_OID)
    reasons = given.set("reason", matching(_CODE), "give reason codes, separated by commas")
    outcomes = given.set("outcome", one_of(OUTCOMES), f"give outcomes of {', '.join(OUTCOMES)}, separated by commas")
    after, limit = given.numbered_page(SMALLINT, SMALLINT, BIGINT)
    if given.problems:
        return given.bad()
    return QuarantineQuery(provider, reasons, outcomes, after, limit)


def books_query(pairs: Pairs) -> BooksQuery | BadQuery:
    """Read the parameters of the books."""
    given = Given(pairs, ("provider",))
    providers = given.set("provider", an_oid, AN_OID)
    after, limit = given.page(1)
    return given.bad() if given.problems else BooksQuery(providers, after[0] if after else None, limit)


def _survey(given: Given) -> SurveyKind | None:
    kind: SurveyKind | None = given.needed("survey", one_of(SURVEY_KINDS), f"give one of {', '.join(SURVEY_KINDS)}")
    return kind


def _structure(given: Given) -> StructureName:
    name: StructureName | None = given.optional("structure", one_of(STRUCTURES), f"give {' or '.join(STRUCTURES)}")
    return name or "as_was"
