"""HTTP, in; questions to the store and tables, out (http-api, Reporting).

Every answer is made in the same steps: who asks, what is asked, may it be seen, read it in one snapshot, write it. What
costs the processor more than a moment runs in a thread, so that one large answer doesn't hold up the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from aiohttp import web

from schemas.national.model import NationalModels
from services.reporting import figures, questions, records
from services.reporting.access import Denied, Grant, Resource, access, scopes_of
from services.reporting.answers import answer, body_of, preferred_media_type
from services.reporting.lookup import BadLookup, EventName, RequestName, lookup
from services.reporting.paging import cut
from services.reporting.query import (
    BadQuery,
    BooksQuery,
    FiguresQuery,
    Pairs,
    QuarantineQuery,
    Query,
    RequestsQuery,
    books_query,
    figures_query,
    quarantine_query,
    requests_query,
)
from services.reporting.store import Snapshot, Store
from services.reporting.table import Table
from services.reporting.telemetry import Telemetry
from services.runtime.authorisation import authorised
from services.runtime.problem_documents import (
    BAD_REQUEST,
    INSUFFICIENT_SCOPE,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
    problem_document,
)
from services.runtime.tokens import Caller, TokenVerifier, scope_challenge

STORE: Final = web.AppKey("store", Store)
VERIFIER: Final = web.AppKey("verifier", TokenVerifier)

BAD_PARAMETERS: Final = ProblemType("bad_parameters", 400, "The query's parameters can't be used")

Page = tuple[Table, str | None]
"""A table and the token of its next page."""

Build = Callable[[], Page]
"""Makes the page of what was read; it costs the processor, not the database."""

Q = TypeVar("Q", bound=Query)


class Reports:
    """The calls of the public port. Each is named, by the name that metrics have for it.

    `contract` is the service's OpenAPI document, None when the release has none.
    """

    def __init__(self, models: NationalModels, telemetry: Telemetry, contract: bytes | None) -> None:
        self._models = models
        self._rules = models.newest.rules
        self._telemetry = telemetry
        self._contract = contract

    def routes(self) -> list[web.RouteDef]:
        """All calls."""
        return [
            web.get("/v1/figures", self.figures, name="figures"),
            web.get("/v1/figures/questions", self.questions, name="questions"),
            web.get("/v1/figures/choices", self.choices, name="choices"),
            web.post("/v1/lookup", self.lookup, name="lookup"),
            web.get("/v1/requests", self.requests, name="requests"),
            web.get("/v1/quarantine", self.quarantine, name="quarantine"),
            web.get("/v1/books", self.books, name="books"),
            web.get("/openapi.json", self.openapi, name="openapi"),
        ]

    async def figures(self, request: web.Request) -> web.Response:
        """Targets, respondents, days, rates, points and coefficients of groups."""

        async def fetch(snapshot: Snapshot, query: FiguresQuery, grant: Grant) -> Build:
            kind, by = query.survey, query.by
            found = await snapshot.figures(query, grant.providers)
            groups, token = cut(found, query.limit, lambda group: group.key)
            if grant.counts_only:
                return lambda: (figures.count_table(kind, by, groups, self._rules), token)
            providers = {part.provider for group in groups for part in group.parts}
            whole = await snapshot.provider_totals(kind, query.period, providers)

            def build() -> Page:
                by_provider = figures.coefficients(kind, query.period, whole, self._rules)
                return figures.figure_table(kind, by, groups, by_provider, self._rules), token

            return build

        return await self._table(request, Resource.FIGURES, self._figures_query, fetch)

    async def questions(self, request: web.Request) -> web.Response:
        """Means, deviations, distributions and NPS of groups."""

        async def fetch(snapshot: Snapshot, query: FiguresQuery, grant: Grant) -> Build:
            found = await snapshot.answers(query, grant.providers)
            groups, token = cut(found, query.limit, lambda group: group.key)
            return lambda: (questions.question_table(query.survey, query.by, groups, self._models), token)

        return await self._table(request, Resource.ANSWERS, self._figures_query, fetch)

    async def choices(self, request: web.Request) -> web.Response:
        """How often each choice was chosen in groups."""

        async def fetch(snapshot: Snapshot, query: FiguresQuery, grant: Grant) -> Build:
            found = await snapshot.answers(query, grant.providers)
            groups, token = cut(found, query.limit, lambda group: group.key)
            return lambda: (questions.choice_table(query.by, groups, self._models), token)

        return await self._table(request, Resource.ANSWERS, self._figures_query, fetch)

    async def requests(self, request: web.Request) -> web.Response:
        """The requests of a provider that don't count, with reasons."""

        async def fetch(snapshot: Snapshot, query: RequestsQuery, _: Grant) -> Build:
            found = await snapshot.uncounted_requests(query)
            rows, token = cut(found, query.limit, lambda row: (row["subject"],))
            return lambda: (records.uncounted_requests(rows), token)

        return await self._table(request, Resource.REQUESTS, requests_query, fetch)

    async def quarantine(self, request: web.Request) -> web.Response:
        """What stands in quarantine, with reasons."""

        async def fetch(snapshot: Snapshot, query: QuarantineQuery, _: Grant) -> Build:
            found = await snapshot.quarantine(query)
            rows, token = cut(found, query.limit, _place_in_quarantine)
            return lambda: (records.quarantine(rows), token)

        return await self._table(request, Resource.QUARANTINE, quarantine_query, fetch)

    async def books(self, request: web.Request) -> web.Response:
        """What was read for each provider, and what became of it."""

        async def fetch(snapshot: Snapshot, query: BooksQuery, grant: Grant) -> Build:
            found = await snapshot.books(query, grant.providers)
            rows, token = cut(found, query.limit, lambda row: (row["provider"],))
            return lambda: (records.books(rows), token)

        return await self._table(request, Resource.BOOKS, books_query, fetch)

    async def lookup(self, request: web.Request) -> web.Response:
        """What became of events or requests, in the order asked."""
        caller = await self._caller(request, Resource.LOOKUP)
        if isinstance(caller, web.Response):
            return caller
        if request.headers.get("Content-Encoding", "identity") != "identity":
            return problem_document(
                request, UNSUPPORTED_MEDIA_TYPE, "Send the body as it is.", headers={"Accept-Encoding": "identity"}
            )
        asked = lookup(await request.read())
        if isinstance(asked, BadLookup):
            return problem_document(request, BAD_REQUEST, asked.detail)
        grant = access(caller.scopes, caller.organisations, Resource.LOOKUP)
        if isinstance(grant, Denied):
            return _denied(request, grant)
        return await self._read(
            request,
            _events_of(asked.events, grant) if asked.events is not None else _requests_of(asked.requests or (), grant),
        )

    async def openapi(self, request: web.Request) -> web.Response:
        """The contract of this service."""
        if self._contract is None:
            return problem_document(request, NOT_FOUND, "This release was built without its OpenAPI document.")
        return web.Response(body=self._contract, content_type="application/json")

    def _figures_query(self, pairs: Pairs) -> FiguresQuery | BadQuery:
        return figures_query(pairs, first_period=self._rules.coefficients[0].from_period)

    async def _table(
        self,
        request: web.Request,
        resource: Resource,
        parse: Callable[[Pairs], Q | BadQuery],
        fetch: Callable[[Snapshot, Q, Grant], Awaitable[Build]],
    ) -> web.Response:
        """The steps of a call that is asked by its query parameters."""
        caller = await self._caller(request, resource)
        if isinstance(caller, web.Response):
            return caller
        query = parse(request.query.items())
        if isinstance(query, BadQuery):
            errors = [{"parameter": problem.parameter, "detail": problem.detail} for problem in query.problems]
            detail = " ".join(f"{problem.parameter}: {problem.detail}." for problem in query.problems)
            return problem_document(request, BAD_PARAMETERS, detail, members={"errors": errors})
        grant = access(caller.scopes, caller.organisations, resource, asked=query.asked_providers)
        if isinstance(grant, Denied):
            return _denied(request, grant)
        return await self._read(request, lambda snapshot: fetch(snapshot, query, grant))

    async def _read(self, request: web.Request, fetch: Callable[[Snapshot], Awaitable[Build]]) -> web.Response:
        """The last steps of every call: read in one snapshot, make the table, write it."""
        moment, build = await request.app[STORE].read(fetch)
        as_of = records.instant_or_null(moment)
        media_type = preferred_media_type(request.headers.get("Accept", ""))

        def make() -> tuple[bytes, int, str | None]:
            table, token = build()
            body = body_of(table, media_type, as_of=as_of, model=self._models.newest.version, next_token=token)
            return body, len(table.rows), token

        body, rows, token = await asyncio.to_thread(make)
        self._telemetry.rows_answered(call_of(request), rows)
        return answer(request, body, media_type, as_of=as_of, next_token=token)

    async def _caller(self, request: web.Request, resource: Resource) -> Caller | web.Response:
        """The caller, when the token has any scope that allows something of the resource, else the refusal."""
        refusal: web.Response | None = None
        for scope in scopes_of(resource):
            # The verifier remembers a token, so that asking for the next scope is a look-up.
            outcome = await authorised(request, request.app[VERIFIER], scope)
            if isinstance(outcome, Caller) or outcome.status != INSUFFICIENT_SCOPE.status:
                return outcome
            refusal = outcome
        assert refusal is not None, "every resource has a scope"
        return refusal


def call_of(request: web.Request) -> str:
    """The name of the call that a request was routed to; `other` for none of ours."""
    return request.match_info.route.name or "other"


def _events_of(names: Sequence[EventName], grant: Grant) -> Callable[[Snapshot], Awaitable[Build]]:
    async def fetch(snapshot: Snapshot) -> Build:
        seen = [name for name in names if name.possible and grant.covers(name.providerid)]
        found = dict(zip(seen, await snapshot.events(seen), strict=True))
        return lambda: (records.looked_up_events((name, found.get(name)) for name in names), None)

    return fetch


def _requests_of(names: Sequence[RequestName], grant: Grant) -> Callable[[Snapshot], Awaitable[Build]]:
    async def fetch(snapshot: Snapshot) -> Build:
        seen = [name for name in names if name.possible and grant.covers(name.providerid)]
        found = dict(zip(seen, await snapshot.requests(seen), strict=True))
        return lambda: (records.looked_up_requests((name, found.get(name)) for name in names), None)

    return fetch


def _place_in_quarantine(row: records.Row) -> tuple[str, str, str]:
    """By what quarantine is ordered: after a log was lost, two records of a partition may have one offset."""
    return str(row["partition"]), str(row["log"]), str(row["log_offset"])


def _denied(request: web.Request, denied: Denied) -> web.Response:
    return problem_document(
        request, INSUFFICIENT_SCOPE, denied.detail, headers={"WWW-Authenticate": scope_challenge(denied.scope)}
    )
