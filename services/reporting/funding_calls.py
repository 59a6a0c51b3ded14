"""The funding view: what each provider's points are worth, live, in the structure of today (national model §7)."""

from datetime import date
from typing import Final

from aiohttp import web

from schemas.national.rules.lag import estimated_period
from schemas.national.rules.periods import months_of
from services.reporting import funding_store
from services.reporting.access import Denied, Grant, Resource, in_structure
from services.reporting.calls import Build, Calls, NoTable, Page
from services.reporting.funding import FundingSet, NoCommonFactor, SetName, Sums, estimate_months, funding_set
from services.reporting.funding_query import FundingQuery, funding_query
from services.reporting.funding_store import Months
from services.reporting.funding_table import funding_page
from services.reporting.parameters import BadQuery, Pairs
from services.reporting.store import Snapshot
from services.runtime.problem_documents import ProblemType

NO_COMMON_FACTOR: Final = ProblemType("no_common_factor", 409, "The transition of that year can't be computed")

_SHARED: Final = (
    "Funding is of the structure of today, and in it a provider that was asked for stands together with one that the "
    "token doesn't name: ask with a token that names all of them."
)


class FundingCalls:
    """Points and shares, for the authority and, its own rows only, a provider."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        """Named, by the name that metrics have for it."""
        return [web.get("/v1/funding", self.funding, name="funding")]

    async def funding(self, request: web.Request) -> web.Response:
        """Points, weighted points and shares by provider and component."""
        rules = self._calls.rules

        async def fetch(snapshot: Snapshot, query: FundingQuery, grant: Grant) -> Build | Denied:
            structure = await snapshot.structure("latest")
            allowed = in_structure(grant, structure, asked=query.asked_providers)
            if isinstance(allowed, Denied):
                return Denied(allowed.scope, _SHARED)
            assert structure.day is not None, "the latest structure is as of a day"
            inputs = await funding_store.inputs(snapshot, query.year, structure, rules)
            found = [(name, await self._sums(snapshot, query, name, structure.day)) for name in query.sets]
            providers = None if allowed.providers is None else frozenset(map(structure.standing_for, allowed.providers))

            def build() -> Page | NoTable:
                sets: list[FundingSet] = []
                for name, sums in found:
                    one = funding_set(
                        name, sums, period=query.period, successors=structure.successors, inputs=inputs, rules=rules
                    )
                    if isinstance(one, NoCommonFactor):
                        return _no_table(one)
                    sets.append(one)
                withhold = None if allowed.own is None else rules.thresholds
                return funding_page(sets, query, providers, withhold=withhold, funded=inputs.funded)

            return build

        return await self._calls.table(request, Resource.FUNDING, self._funding_query, fetch)

    async def _sums(self, snapshot: Snapshot, query: FundingQuery, name: SetName, today: date) -> list[Sums]:
        """What a set's rows come from; nothing for an estimate of a period that isn't estimated today."""
        months = months_of(query.period)
        others: Months = {month: month for month in months}
        workplace = others
        if name == "estimate":
            if query.period != estimated_period(today):
                return []
            rules = self._calls.rules
            others = estimate_months("workplace_instructor", months, published=today, rules=rules)
            workplace = estimate_months("workplace", months, published=today, rules=rules)
        return await funding_store.sums(snapshot, others, workplace, by_month=query.by_month)

    def _funding_query(self, pairs: Pairs) -> FundingQuery | BadQuery:
        return funding_query(pairs, first_period=self._calls.rules.coefficients[0].from_period)


def _no_table(refusal: NoCommonFactor) -> NoTable:
    detail = (
        f"In the set {refusal.of_set} there is {refusal.detail}. Check the shares that were loaded for the year before."
    )
    return NoTable(NO_COMMON_FACTOR, detail, {"set": refusal.of_set, "bound": refusal.bound})
