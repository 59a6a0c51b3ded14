"""`python -m services.collector`: one collector, from the environment, until SIGTERM."""

import asyncio
import os
import sys
from typing import Final

from prometheus_client import REGISTRY

from schemas.national.model import load_models
from services.collector.app import DRAIN, HEALTH, build_app
from services.collector.settings import CollectorSettings
from services.runtime.http_server import serve_http
from services.runtime.logging import configure_logging, logger
from services.runtime.operations import operations_app
from services.runtime.process import run, settle_garbage_collector

_MARGIN_S: Final = 2.0
_OPERATIONS_SHUTDOWN_S: Final = 1.0

_log = logger("services.collector")


async def serve(settings: CollectorSettings, stopping: asyncio.Event) -> None:
    """Serve until the event is set, then answer what is in flight, flush and return."""
    configure_logging(settings.log_format, settings.log_level, service="collector")
    app = build_app(settings, load_models(), REGISTRY)
    operations = operations_app(app[HEALTH], REGISTRY)
    # Whoever is waiting for Kafka is answered when its deadline passes at the latest.
    in_flight_s = settings.acknowledgement_timeout_ms / 1000 + _MARGIN_S
    async with (
        serve_http(
            operations,
            settings.operations_host,
            settings.operations_port,
            shutdown_timeout_s=_OPERATIONS_SHUTDOWN_S,
        ) as operations_port,
        serve_http(app, settings.http_host, settings.http_port, shutdown_timeout_s=in_flight_s) as http_port,
    ):
        settle_garbage_collector()
        _log.info("collector_started", http_port=http_port, operations_port=operations_port)
        await stopping.wait()
        app[DRAIN].begin()
        _log.info("drain_started")
        await asyncio.sleep(settings.drain_notice_ms / 1000)
    _log.info("collector_stopped")


def main() -> int:
    """Run the process; gives its exit code."""
    return run(lambda stopping: serve(CollectorSettings.from_environ(os.environ), stopping))


if __name__ == "__main__":
    sys.exit(main())
