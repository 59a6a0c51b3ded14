"""What is asked of the funding view: query parameters, in; a checked question or all that is wrong, out. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from schemas.national.rules.periods import funding_year
from services.reporting.editions import SETS, SetName
from services.reporting.parameters import AN_OID, BadQuery, Given, Pairs, an_oid, one_of

KEYS: Final = ("provider", "set", "component", "month")
"""By what rows are ordered, and what a page's token holds; "" is the month of a row of all months."""

_YEAR: Final = re.compile(r"20[0-9]{2}")


@dataclass(frozen=True, slots=True)
class FundingQuery:
    """The funding of which year, whose, split by month or not, and which sets of rows."""

    year: int
    by_month: bool
    providers: frozenset[str] | None
    sets: tuple[SetName, ...]
    after: tuple[str, ...] | None
    limit: int

    @property
    def period(self) -> str:
        """The reporting period that decides the year."""
        return f"{self.year - 2}-{self.year - 1}"

    @property
    def asked_providers(self) -> frozenset[str] | None:
        """The providers that the query names."""
        return self.providers


def funding_query(pairs: Pairs, *, first_period: str) -> FundingQuery | BadQuery:
    """Read the parameters of the funding view; years before the first period's have no rules."""
    first_year = funding_year(first_period)

    def a_year(text: str) -> int | None:
        return int(text) if _YEAR.fullmatch(text) and int(text) >= first_year else None

    given = Given(pairs, ("year", "by", "provider", "set"))
    year = given.needed("year", a_year, f"give a funding year from {first_year} on, such as 2027")
    by = given.optional("by", one_of(("month",)), "give month, or leave it out")
    providers = given.set("provider", an_oid, AN_OID)
    of_set: SetName | None = given.optional("set", one_of(SETS), f"give {' or '.join(SETS)}, or leave it out for both")
    after, limit = given.page(len(KEYS))
    if given.problems or year is None:
        return given.bad()
    sets = SETS if of_set is None else (of_set,)
    return FundingQuery(year, by is not None, providers, sets, after, limit)
