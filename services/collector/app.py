"""The composition root: what a collector is made of, and in which order it starts and stops."""

import asyncio
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any, Final

from aiohttp import web
from prometheus_client import CollectorRegistry

from schemas.national.model import NationalModels
from services.collector.intake import Intake
from services.collector.kafka import KafkaSink
from services.collector.national_model import version_documents, versions_document
from services.collector.publisher import Publisher
from services.collector.routes import DOCUMENTS, INTAKE, SETTINGS, VERIFIER, Documents, routes
from services.collector.settings import CollectorSettings
from services.collector.telemetry import Telemetry
from services.runtime.clock import SYSTEM_CLOCK, Clock
from services.runtime.kafka import client_options
from services.runtime.operations import Health
from services.runtime.partitioning import declared_partitions
from services.runtime.problem_documents import install_problem_documents
from services.runtime.signing_keys import signing_keys
from services.runtime.tasks import watched_task
from services.runtime.tokens import TokenVerifier
from services.runtime.topic_settings import tell_differences


class Drain:
    """Whether the collector is about to stop: it says that it isn't ready, and goes on serving."""

    def __init__(self) -> None:
        self._begun = False

    def begin(self) -> None:
        """Ask for no more work."""
        self._begun = True

    def unready(self) -> str | None:
        """Why nothing more should be sent here."""
        return "the collector is stopping" if self._begun else None


HEALTH: Final = web.AppKey("health", Health)
DRAIN: Final = web.AppKey("drain", Drain)
_FLUSH_TIMEOUT_S: Final = 3.0


def build_app(
    settings: CollectorSettings,
    models: NationalModels,
    registry: CollectorRegistry,
    *,
    clock: Clock = SYSTEM_CLOCK,
) -> web.Application:
    """The application of the public port. Nothing happens before it starts; `app[HEALTH]` are its checks."""
    partitions = declared_partitions()
    telemetry = Telemetry(registry, partitions)
    headers = {"content-type": b"application/cloudevents+json", "model": str(models.newest.number).encode()}
    sink = KafkaSink(settings, telemetry, partitions=partitions, headers=headers)
    publisher = Publisher(
        sink,
        partitions,
        telemetry,
        acknowledgement_timeout_s=settings.acknowledgement_timeout_ms / 1000,
        queue_limit_bytes=settings.queue_limit_bytes,
    )
    drain = Drain()

    async def keys(app: web.Application) -> AsyncIterator[None]:
        async with signing_keys(settings, clock) as found:
            found.prefetch()
            app[VERIFIER] = TokenVerifier(settings, found, clock, on_failure=telemetry.token_refused)
            yield

    async def publishing(_: web.Application) -> AsyncIterator[None]:
        sink.start()
        publisher.start()
        comparing = watched_task(
            tell_differences(client_options(settings), settings.kafka_topic, asyncio.Event()), "topic-settings"
        )
        yield
        comparing.cancel()
        await publisher.close(_FLUSH_TIMEOUT_S)
        await sink.close()

    app = web.Application()
    install_problem_documents(app)
    app.middlewares.append(_measured(telemetry, clock))
    app.add_routes(routes)
    app[SETTINGS] = settings
    app[INTAKE] = Intake(
        models, publisher, telemetry, partitions=partitions, event_limit_bytes=settings.event_limit_bytes, clock=clock
    )
    app[DOCUMENTS] = Documents(versions_document(models), version_documents(models), _openapi())
    app[HEALTH] = Health(
        live={"writers": publisher.failing, "kafka": sink.failing},
        ready={"kafka": sink.unready, "drain": drain.unready},
    )
    app[DRAIN] = drain
    app.cleanup_ctx.extend([keys, publishing])
    return app


def _openapi() -> bytes | None:
    document = files("schemas").joinpath("openapi.json")
    return document.read_bytes() if document.is_file() else None


def _measured(telemetry: Telemetry, clock: Clock) -> Any:
    @web.middleware
    async def measured(request: web.Request, handler: Any) -> web.StreamResponse:
        began = clock.monotonic()
        status = 500
        with telemetry.requests_in_flight.track_inprogress():
            try:
                response: web.StreamResponse = await handler(request)
                status = response.status
            except web.HTTPException as raised:
                status = raised.status
                raise
            finally:
                telemetry.answered(status, clock.monotonic() - began)
        return response

    return measured
