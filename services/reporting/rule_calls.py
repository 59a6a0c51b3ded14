"""The calls that compute by the national rules and read nothing, so they need no token (http-api, Reporting)."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from services.reporting import rule_answers
from services.reporting.calls import Calls, bad_parameters, encoded_body
from services.reporting.parameters import BadQuery, Pairs
from services.reporting.rule_answers import BadBody
from services.reporting.table import Table
from services.runtime.problem_documents import BAD_REQUEST, problem_document


class RuleCalls:
    """The rules of the newest version of the national model, which hold for every period."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        """Each call is named, by the name that metrics have for it."""
        return [
            web.get("/v1/rules/window", self.window, name="rule_window"),
            web.get("/v1/rules/business-id", self.business_id, name="rule_business_id"),
            web.get("/v1/rules/attribution", self.attribution, name="rule_attribution"),
            web.get("/v1/rules/coefficient", self.coefficient, name="rule_coefficient"),
            web.post("/v1/rules/duration", self.duration, name="rule_duration"),
        ]

    async def window(self, request: web.Request) -> web.Response:
        """The response window of a student's request."""
        return await self._answer(request, lambda pairs: rule_answers.window(pairs, self._calls.rules))

    async def business_id(self, request: web.Request) -> web.Response:
        """Whether a text is a business id."""
        return await self._answer(request, rule_answers.business_id)

    async def attribution(self, request: web.Request) -> web.Response:
        """The date that places a request in a month and period."""
        return await self._answer(request, lambda pairs: rule_answers.attribution(pairs, self._calls.rules))

    async def coefficient(self, request: web.Request) -> web.Response:
        """The non-response coefficient of a rate."""
        return await self._answer(request, lambda pairs: rule_answers.coefficient(pairs, self._calls.rules))

    async def duration(self, request: web.Request) -> web.Response:
        """The durations of a learner's work periods."""
        if (refusal := encoded_body(request)) is not None:
            return refusal
        found = await asyncio.to_thread(rule_answers.durations, await request.read(), self._calls.rules)
        if isinstance(found, BadBody):
            return problem_document(request, BAD_REQUEST, found.detail)
        return await self._calls.write(request, lambda: (found, None), None)

    async def _answer(self, request: web.Request, rule: Callable[[Pairs], Table | BadQuery]) -> web.Response:
        found = rule(request.query.items())
        if isinstance(found, BadQuery):
            return bad_parameters(request, found)
        return await self._calls.write(request, lambda: (found, None), None)
