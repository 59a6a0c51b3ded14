"""The funding view: what each provider's points are worth (national model §7).

The authority's is live, in the structure of today. A provider's is of the newest numbered edition, since points reach
providers only from those (§8).
"""

from datetime import date
from typing import Final

from aiohttp import web

from schemas.national.rules.lag import estimated_period
from schemas.national.rules.periods import months_of
from services.reporting import edition_store, funding_store
from services.reporting.access import Denied, Grant, Resource, in_structure
from services.reporting.calls import STORE, Build, Calls, NoTable, Page
from services.reporting.edition_funding import provider_funding_page
from services.reporting.editions import Edition, SetName
from services.reporting.funding import FundingSet, NoCommonFactor, Sums, estimate_months, funding_set
from services.reporting.funding_query import FundingQuery, funding_query
from services.reporting.funding_store import Months
from services.reporting.funding_table import funding_page
from services.reporting.parameters import BadQuery, Pairs
from services.reporting.store import Snapshot
from services.reporting.structure import Structure
from services.runtime.problem_documents import NOT_FOUND, ProblemType, problem_document

NO_COMMON_FACTOR: Final = ProblemType("no_common_factor", 409, "The transition of that year can't be computed")

_EVERY_OTHER_SURVEY: Final = "start"
"""Stands for all surveys but the workplace's: they have one lag (§7)."""

_ADVICE: Final = "ask with a token that names all of them, or with provider= only for others."
_CHECK_SHARES: Final = "Check the shares that were loaded for the year before."
_NONE_YET: Final = (
    "A provider's funding view is that of the newest numbered edition of {period} that is no draft, and there is none "
    "yet: ask again when the authority has published one."
)


class FundingCalls:
    """Points and shares, for the authority and, its own rows only, a provider."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        """Named, by the name that metrics have for it."""
        return [web.get("/v1/funding", self.funding, name="funding")]

    async def funding(self, request: web.Request) -> web.Response:
        """Points, weighted points and shares: live for the authority, of the newest edition for a provider (§8)."""
        asked = await self._calls.asked(request, Resource.FUNDING, self._funding_query)
        if isinstance(asked, web.Response):
            return asked
        query, grant = asked
        if grant.own is None:
            return await self._calls.read(request, lambda snapshot: self._live(snapshot, query, grant))
        _, edition = await request.app[STORE].read(lambda snapshot: edition_store.newest(snapshot, query.period))
        if edition is None:
            return problem_document(request, NOT_FOUND, _NONE_YET.format(period=query.period))
        return await self._calls.read(request, lambda found: _frozen(found, query, grant, edition), edition=edition)

    async def _live(self, snapshot: Snapshot, query: FundingQuery, grant: Grant) -> Build:
        rules = self._calls.rules
        structure = await snapshot.structure("latest")
        assert structure.day is not None, "the latest structure is as of a day"
        inputs = await funding_store.inputs(snapshot, query.year, structure, rules)
        found = [(name, await self._sums(snapshot, query, name, structure.day)) for name in query.sets]
        providers = None if grant.providers is None else frozenset(map(structure.standing_for, grant.providers))

        def build() -> Page | NoTable:
            sets: list[FundingSet] = []
            for name, sums in found:
                if not sums:
                    continue  # shares of the year before alone are no rows of a set that there isn't
                one = funding_set(
                    name, sums, period=query.period, successors=structure.successors, inputs=inputs, rules=rules
                )
                if isinstance(one, NoCommonFactor):
                    return no_common_factor(one, _CHECK_SHARES)
                sets.append(one)
            return funding_page(sets, query, providers, funded=inputs.funded, nation=True)

        return build

    async def _sums(self, snapshot: Snapshot, query: FundingQuery, name: SetName, today: date) -> list[Sums]:
        """What a set's rows come from; nothing for an estimate of a period that isn't estimated today."""
        months = months_of(query.period)
        others: Months = {month: month for month in months}
        workplace = others
        if name == "estimate":
            if query.period != estimated_period(today):
                return []
            rules = self._calls.rules
            others = estimate_months(_EVERY_OTHER_SURVEY, months, published=today, rules=rules)
            workplace = estimate_months("workplace", months, published=today, rules=rules)
        return await funding_store.sums(snapshot, others, workplace, by_month=query.by_month)

    def _funding_query(self, pairs: Pairs) -> FundingQuery | BadQuery:
        return funding_query(pairs, first_period=self._calls.rules.coefficients[0].from_period)


async def _frozen(snapshot: Snapshot, query: FundingQuery, grant: Grant, edition: Edition) -> Build | Denied:
    """A provider's rows of an edition; a token that names only a part of a merged group is told so."""
    found = await edition_store.frozen_funding(snapshot, edition)
    structure = Structure(found.frozen.successors, edition.mergers_version, edition.day)
    allowed = in_structure(grant, structure, asked=query.asked_providers or grant.own, advice=_ADVICE)
    if isinstance(allowed, Denied):
        return allowed
    assert allowed.providers is not None, "a token that speaks for its own organisations names them"
    providers = frozenset(map(structure.standing_for, allowed.providers))

    def build() -> Page | NoTable:
        page = provider_funding_page(edition, found, query, providers)
        return no_common_factor(page, _CHECK_SHARES) if isinstance(page, NoCommonFactor) else page

    return build


def no_common_factor(refusal: NoCommonFactor, advice: str) -> NoTable:
    """The answer when the transition of a set can't be computed, and what to do."""
    detail = f"In the set {refusal.of_set} there is {refusal.detail}. {advice}"
    return NoTable(NO_COMMON_FACTOR, detail, {"set": refusal.of_set, "bound": refusal.bound})
