"""The steps of every answer: who asks, what is asked, may it be seen, read it in one snapshot, write it.

What costs the processor more than a moment runs in a thread, so that one large answer doesn't hold up the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from aiohttp import web

from schemas.national.model import NationalModels
from services.reporting import records
from services.reporting.access import Denied, Grant, Resource, access, scopes_of
from services.reporting.answers import answer, body_of, preferred_media_type
from services.reporting.editions import Edition
from services.reporting.parameters import BadQuery, Pairs
from services.reporting.query import Query
from services.reporting.store import Snapshot, Store
from services.reporting.table import Table
from services.reporting.telemetry import Telemetry
from services.runtime.authorisation import authorised
from services.runtime.problem_documents import (
    INSUFFICIENT_SCOPE,
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


@dataclass(frozen=True, slots=True)
class NoTable:
    """Why what was read makes no table: a problem with what it is of, and the members that it adds."""

    kind: ProblemType
    detail: str
    members: Mapping[str, str]


Build = Callable[[], Page | NoTable]
"""Makes the page of what was read; it costs the processor, not the database."""

Q = TypeVar("Q", bound=Query)


class Calls:
    """What all calls share: the model, and the steps of an answer."""

    def __init__(self, models: NationalModels, telemetry: Telemetry) -> None:
        self.models = models
        self.rules = models.newest.rules
        self._telemetry = telemetry

    async def table(
        self,
        request: web.Request,
        resource: Resource,
        parse: Callable[[Pairs], Q | BadQuery],
        fetch: Callable[[Snapshot, Q, Grant], Awaitable[Build | Denied]],
    ) -> web.Response:
        """The steps of a call that is asked by its query parameters."""
        asked = await self.asked(request, resource, parse)
        if isinstance(asked, web.Response):
            return asked
        query, grant = asked
        return await self.read(request, lambda snapshot: fetch(snapshot, query, grant))

    async def asked(
        self, request: web.Request, resource: Resource, parse: Callable[[Pairs], Q | BadQuery]
    ) -> tuple[Q, Grant] | web.Response:
        """The first steps of such a call: what is asked and what of it may be seen, else the refusal."""
        caller = await self.caller(request, resource)
        if isinstance(caller, web.Response):
            return caller
        query = parse(request.query.items())
        if isinstance(query, BadQuery):
            return bad_parameters(request, query)
        grant = access(caller.scopes, caller.organisations, resource, asked=query.asked_providers)
        return denied(request, grant) if isinstance(grant, Denied) else (query, grant)

    async def read(
        self,
        request: web.Request,
        fetch: Callable[[Snapshot], Awaitable[Build | Denied]],
        *,
        edition: Edition | None = None,
    ) -> web.Response:
        """The last steps of every call: read in one snapshot, make the table, write it.

        Some of what may be seen is known only when the structure was read. With an edition the envelope is its own:
        its number, its model, and up to when it is complete.
        """
        moment, build = await request.app[STORE].read(fetch)
        if isinstance(build, Denied):
            return denied(request, build)
        return await self.write(request, build, moment, edition=edition)

    async def write(
        self, request: web.Request, build: Build, moment: datetime | None, *, edition: Edition | None = None
    ) -> web.Response:
        """Make the table and write it; `moment` is that of what was read, None where nothing was."""
        as_of = records.instant_or_null(moment if edition is None else edition.complete_until)
        model = self.models.newest.version if edition is None else edition.model
        number = None if edition is None else edition.number
        media_type = preferred_media_type(request.headers.get("Accept", ""))

        def make() -> tuple[bytes, int, str | None] | NoTable:
            page = build()
            if isinstance(page, NoTable):
                return page
            table, token = page
            body = body_of(table, media_type, as_of=as_of, model=model, next_token=token, edition=number)
            return body, len(table.rows), token

        made = await asyncio.to_thread(make)
        if isinstance(made, NoTable):
            return problem_document(request, made.kind, made.detail, members=made.members)
        body, rows, token = made
        self._telemetry.rows_answered(call_of(request), rows)
        return answer(request, body, media_type, as_of=as_of, next_token=token)

    async def caller(self, request: web.Request, resource: Resource) -> Caller | web.Response:
        """The caller, when the token has any scope that allows something of the resource, else the refusal."""
        for scope in scopes_of(resource):
            # The verifier remembers a token, so that asking for the next scope is a look-up.
            outcome = await authorised(request, request.app[VERIFIER], scope)
            if isinstance(outcome, Caller) or outcome.status != INSUFFICIENT_SCOPE.status:
                return outcome
        nothing = access(frozenset(), frozenset(), resource)  # it names every scope that would do
        assert isinstance(nothing, Denied), "without a scope nothing is allowed"
        return denied(request, nothing)


def call_of(request: web.Request) -> str:
    """The name of the call that a request was routed to; `other` for none of ours."""
    return request.match_info.route.name or "other"


def bad_parameters(request: web.Request, query: BadQuery) -> web.Response:
    """The answer that names everything that is wrong with a query."""
    errors = [{"parameter": problem.parameter, "detail": problem.detail} for problem in query.problems]
    detail = " ".join(f"{problem.parameter}: {problem.detail}." for problem in query.problems)
    return problem_document(request, BAD_PARAMETERS, detail, members={"errors": errors})


def denied(request: web.Request, reason: Denied) -> web.Response:
    """The answer that says why nothing may be shown."""
    return problem_document(
        request, INSUFFICIENT_SCOPE, reason.detail, headers={"WWW-Authenticate": scope_challenge(reason.scope)}
    )


def encoded_body(request: web.Request) -> web.Response | None:
    """The refusal of a body that has a content encoding, which could be endless once unpacked; None for any other."""
    if request.headers.get("Content-Encoding", "identity") == "identity":
        return None
    return problem_document(
        request, UNSUPPORTED_MEDIA_TYPE, "Send the body as it is.", headers={"Accept-Encoding": "identity"}
    )
