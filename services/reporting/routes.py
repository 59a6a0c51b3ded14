"""The calls of the public port, gathered from the modules that make them."""

from aiohttp import web

from schemas.national.model import NationalModels
from services.reporting.calls import Calls
from services.reporting.edition_calls import EditionCalls
from services.reporting.figure_calls import FigureCalls
from services.reporting.funding_calls import FundingCalls
from services.reporting.national_calls import NationalCalls
from services.reporting.record_calls import RecordCalls
from services.reporting.rule_calls import RuleCalls
from services.reporting.telemetry import Telemetry
from services.runtime.problem_documents import NOT_FOUND, problem_document


class Reports:
    """All of them. `contract` is the service's OpenAPI document, None when the release has none."""

    def __init__(self, models: NationalModels, telemetry: Telemetry, contract: bytes | None) -> None:
        calls = Calls(models, telemetry)
        self._groups = (
            FigureCalls(calls),
            FundingCalls(calls),
            RecordCalls(calls),
            RuleCalls(calls),
            EditionCalls(calls),
            NationalCalls(calls),
        )
        self._contract = contract

    def routes(self) -> list[web.RouteDef]:
        """All calls."""
        return [
            *(route for group in self._groups for route in group.routes()),
            web.get("/openapi.json", self.openapi, name="openapi"),
        ]

    async def openapi(self, request: web.Request) -> web.Response:
        """The contract of this service."""
        if self._contract is None:
            return problem_document(request, NOT_FOUND, "This release was built without its OpenAPI document.")
        return web.Response(body=self._contract, content_type="application/json")
