"""The reporting service put together: the public application as a pure factory, and the process around it."""

import asyncio
import time
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any, Final

from aiohttp import web
from prometheus_client import CollectorRegistry

from schemas.national.model import NationalModels, load_models
from services.reporting.calls import STORE, VERIFIER, call_of
from services.reporting.freshness import Freshness, watch_freshness
from services.reporting.lookup import MOST_BYTES
from services.reporting.routes import Reports
from services.reporting.settings import ReportingSettings
from services.reporting.store import StoreUnavailable, TooSlow, open_store
from services.reporting.telemetry import Telemetry
from services.runtime.http_server import serve_http
from services.runtime.logging import logger
from services.runtime.operations import Health, operations_app
from services.runtime.problem_documents import UNAVAILABLE, install_problem_documents, problem_document
from services.runtime.process import settle_garbage_collector
from services.runtime.signing_keys import signing_keys
from services.runtime.tokens import TokenVerifier

FRESHNESS: Final = web.AppKey("freshness", Freshness)

_RETRY_AFTER_S: Final = 5
_OPERATIONS_SHUTDOWN_S: Final = 1.0

_log = logger(__name__)


def build_app(settings: ReportingSettings, models: NationalModels, registry: CollectorRegistry) -> web.Application:
    """The application of the public port. Nothing happens before it starts; then `app[FRESHNESS]` tells its health."""
    telemetry = Telemetry(registry)

    async def keys(app: web.Application) -> AsyncIterator[None]:
        async with signing_keys(settings) as found:
            found.prefetch()
            app[VERIFIER] = TokenVerifier(settings, found, on_failure=telemetry.token_refused)
            yield

    async def reading(app: web.Application) -> AsyncIterator[None]:
        async with (
            open_store(settings, models) as store,
            watch_freshness(store, telemetry, every_s=settings.freshness_seconds) as freshness,
        ):
            app[STORE], app[FRESHNESS] = store, freshness
            yield

    app = web.Application(client_max_size=MOST_BYTES)
    install_problem_documents(app)
    app.middlewares.extend((_observed(telemetry), _store_failures(telemetry)))
    app.router.add_routes(Reports(models, telemetry, _contract()).routes())
    app.cleanup_ctx.extend((keys, reading))
    return app


async def serve(settings: ReportingSettings, stopping: asyncio.Event) -> None:
    """Serve both ports until the event is set, then let what is in flight be answered."""
    registry = CollectorRegistry()
    app = build_app(settings, load_models(), registry)
    public = serve_http(app, settings.http_host, settings.http_port, shutdown_timeout_s=settings.drain_seconds)
    async with public as http_port:
        health = Health(
            live={"freshness": app[FRESHNESS].is_alive},
            ready={
                "database": app[FRESHNESS].is_ready,
                "stopping": lambda: "the service is stopping" if stopping.is_set() else None,
            },
        )
        operations = serve_http(
            operations_app(health, registry),
            settings.operations_host,
            settings.operations_port,
            shutdown_timeout_s=_OPERATIONS_SHUTDOWN_S,
        )
        async with operations as operations_port:
            settle_garbage_collector()
            _log.info("reporting_started", http_port=http_port, operations_port=operations_port)
            await stopping.wait()
            _log.info("reporting_stopping")


def _contract() -> bytes | None:
    """The OpenAPI document of this service, when the release was built with it."""
    document = files("schemas").joinpath("reporting-openapi.json")
    return document.read_bytes() if document.is_file() else None


def _observed(telemetry: Telemetry) -> Any:
    @web.middleware
    async def observed(request: web.Request, handler: Any) -> web.StreamResponse:
        started, status = time.monotonic(), 500
        try:
            response: web.StreamResponse = await handler(request)
            status = response.status
        except web.HTTPException as raised:
            status = raised.status
            raise
        else:
            return response
        finally:
            telemetry.answered(call_of(request), status, time.monotonic() - started)

    return observed


def _store_failures(telemetry: Telemetry) -> Any:
    @web.middleware
    async def store_failures(request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            response: web.StreamResponse = await handler(request)
        except StoreUnavailable as failure:
            reason, detail = "unavailable", "The database can't be reached. Ask again in a moment."
            _log.warning("answer_not_read", reason=reason, failure=str(failure))
        except TooSlow as failure:
            reason, detail = "too_slow", "The database took too long. Ask for less: fewer keys, a filter, a month."
            _log.warning("answer_not_read", reason=reason, failure=str(failure))
        else:
            return response
        telemetry.store_failed(reason)
        return problem_document(request, UNAVAILABLE, detail, headers={"Retry-After": str(_RETRY_AFTER_S)})

    return store_failures
