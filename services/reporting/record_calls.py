"""The calls about single events, requests, quarantine and books (http-api, Reporting)."""

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from services.reporting import records
from services.reporting.access import Denied, Grant, Resource, access
from services.reporting.calls import Build, Calls, denied, encoded_body
from services.reporting.lookup import BadLookup, EventName, RequestName, lookup
from services.reporting.paging import cut
from services.reporting.query import (
    BooksQuery,
    QuarantineQuery,
    RequestsQuery,
    books_query,
    quarantine_query,
    requests_query,
)
from services.reporting.store import Snapshot
from services.runtime.problem_documents import BAD_REQUEST, problem_document


class RecordCalls:
    """What became of what was sent."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        """Each call is named, by the name that metrics have for it."""
        return [
            web.post("/v1/lookup", self.lookup, name="lookup"),
            web.get("/v1/requests", self.requests, name="requests"),
            web.get("/v1/quarantine", self.quarantine, name="quarantine"),
            web.get("/v1/books", self.books, name="books"),
        ]

    async def requests(self, request: web.Request) -> web.Response:
        """The requests of a provider that don't count, with reasons."""

        async def fetch(snapshot: Snapshot, query: RequestsQuery, _: Grant) -> Build:
            found = await snapshot.uncounted_requests(query)
            rows, token = cut(found, query.limit, lambda row: (row["subject"],))
            return lambda: (records.uncounted_requests(rows), token)

        return await self._calls.table(request, Resource.REQUESTS, requests_query, fetch)

    async def quarantine(self, request: web.Request) -> web.Response:
        """What stands in quarantine, with reasons."""

        async def fetch(snapshot: Snapshot, query: QuarantineQuery, _: Grant) -> Build:
            found = await snapshot.quarantine(query)
            rows, token = cut(found, query.limit, _place_in_quarantine)
            return lambda: (records.quarantine(rows), token)

        return await self._calls.table(request, Resource.QUARANTINE, quarantine_query, fetch)

    async def books(self, request: web.Request) -> web.Response:
        """What was read for each provider, and what became of it."""

        async def fetch(snapshot: Snapshot, query: BooksQuery, grant: Grant) -> Build:
            found = await snapshot.books(query, grant.providers)
            rows, token = cut(found, query.limit, lambda row: (row["provider"],))
            return lambda: (records.books(rows), token)

        return await self._calls.table(request, Resource.BOOKS, books_query, fetch)

    async def lookup(self, request: web.Request) -> web.Response:
        """What became of events or requests, in the order asked."""
        caller = await self._calls.caller(request, Resource.LOOKUP)
        if isinstance(caller, web.Response):
            return caller
        if (refusal := encoded_body(request)) is not None:
            return refusal
        asked = lookup(await request.read())
        if isinstance(asked, BadLookup):
            return problem_document(request, BAD_REQUEST, asked.detail)
        grant = access(caller.scopes, caller.organisations, Resource.LOOKUP)
        if isinstance(grant, Denied):
            return denied(request, grant)
        return await self._calls.read(
            request,
            _events_of(asked.events, grant) if asked.events is not None else _requests_of(asked.requests or (), grant),
        )


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
