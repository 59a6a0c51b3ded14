"""The calls about figures, and about the answers behind them (http-api, Reporting)."""

from collections.abc import Callable, Sequence

from aiohttp import web

from services.reporting import figures, questions
from services.reporting.access import Denied, Grant, Resource, in_structure
from services.reporting.calls import Build, Calls, Page
from services.reporting.explanation import explanation
from services.reporting.paging import cut
from services.reporting.parameters import BadQuery, Pairs
from services.reporting.query import ExplainQuery, FiguresQuery, explain_query, figures_query
from services.reporting.questions import AnsweredGroup
from services.reporting.store import Snapshot
from services.reporting.table import Table


class FigureCalls:
    """Figures of groups, live."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        """Each call is named, by the name that metrics have for it."""
        return [
            web.get("/v1/figures", self.figures, name="figures"),
            web.get("/v1/figures/questions", self.questions, name="questions"),
            web.get("/v1/figures/choices", self.choices, name="choices"),
            web.get("/v1/figures/explain", self.explain, name="explain"),
        ]

    async def figures(self, request: web.Request) -> web.Response:
        """Targets, respondents, days, rates, points and coefficients of groups."""

        async def fetch(snapshot: Snapshot, query: FiguresQuery, grant: Grant) -> Build | Denied:
            structure = await snapshot.structure(query.structure)
            # A row over several providers that lacked one of them would read as a figure of all.
            asked = query.asked_providers or (None if "provider" in query.by else grant.own)
            allowed = in_structure(grant, structure, asked=asked)
            if isinstance(allowed, Denied):
                return allowed
            kind, by = query.survey, query.by
            found = await snapshot.figures(query, allowed.providers, structure)
            groups, token = cut(found, query.limit, lambda group: group.key)
            if allowed.counts_only:
                return lambda: (
                    figures.count_table(kind, by, groups, period=query.period, rules=self._calls.rules),
                    token,
                )
            whole = groups
            if not query.gives_provider_totals:
                providers = {part.provider for group in groups for part in group.parts}
                whole = await snapshot.provider_totals(kind, query.period, providers, structure)

            def build() -> Page:
                by_provider = figures.coefficients(kind, query.period, whole, self._calls.rules)
                rules, period = self._calls.rules, query.period
                return figures.figure_table(kind, by, groups, by_provider, period=period, rules=rules), token

            return build

        return await self._calls.table(request, Resource.FIGURES, self._figures_query, fetch)

    async def questions(self, request: web.Request) -> web.Response:
        """Means, deviations, distributions and NPS of groups."""
        models = self._calls.models
        return await self._answers(
            request, lambda query, groups: questions.question_table(query.survey, query.by, groups, models)
        )

    async def choices(self, request: web.Request) -> web.Response:
        """How often each choice was chosen in groups."""
        models = self._calls.models
        return await self._answers(request, lambda query, groups: questions.choice_table(query.by, groups, models))

    async def _answers(
        self, request: web.Request, table: Callable[[FiguresQuery, Sequence[AnsweredGroup]], Table]
    ) -> web.Response:
        async def fetch(snapshot: Snapshot, query: FiguresQuery, grant: Grant) -> Build | Denied:
            structure = await snapshot.structure(query.structure)
            allowed = in_structure(grant, structure, asked=query.asked_providers)
            if isinstance(allowed, Denied):
                return allowed
            found = await snapshot.answers(query, allowed.providers, structure)
            groups, token = cut(found, query.limit, lambda group: group.key)
            return lambda: (table(query, groups), token)

        return await self._calls.table(request, Resource.ANSWERS, self._figures_query, fetch)

    async def explain(self, request: web.Request) -> web.Response:
        """One provider's figure, step by step."""

        async def fetch(snapshot: Snapshot, query: ExplainQuery, grant: Grant) -> Build | Denied:
            structure = await snapshot.structure(query.structure)
            allowed = in_structure(grant, structure, asked=query.asked_providers)
            if isinstance(allowed, Denied):
                return allowed
            groups = await snapshot.provider_totals(query.survey, query.period, {query.provider}, structure)
            versions = await snapshot.reference_versions()
            members = structure.members(structure.standing_for(query.provider))
            ever_posted = await snapshot.ever_posted(members)
            found = groups[0] if groups else None
            models, counts_only = self._calls.models, allowed.counts_only
            return lambda: (
                explanation(
                    query, found, structure, models, versions, ever_posted=ever_posted, counts_only=counts_only
                ),
                None,
            )

        return await self._calls.table(request, Resource.FIGURES, self._explain_query, fetch)

    def _explain_query(self, pairs: Pairs) -> ExplainQuery | BadQuery:
        return explain_query(pairs, first_period=self._calls.rules.coefficients[0].from_period)

    def _figures_query(self, pairs: Pairs) -> FiguresQuery | BadQuery:
        return figures_query(pairs, first_period=self._calls.rules.coefficients[0].from_period)
