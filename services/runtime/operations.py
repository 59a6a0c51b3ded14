"""The operations endpoints, on a port of their own that is never reachable from outside.

`/livez` says whether the process should be replaced, `/readyz` whether it should get work, `/metrics` what it did.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

Check = Callable[[], str | None]
"""None while all is well, else the reason; at once, without I/O and without raising: another task finds out."""


@dataclass(frozen=True, slots=True)
class Health:
    """The named checks: a failing one of `live` asks for a restart, one of `ready` for no more work."""

    live: Mapping[str, Check]
    ready: Mapping[str, Check]


def operations_app(health: Health, registry: CollectorRegistry) -> web.Application:
    """The application of the operations port."""

    async def livez(_: web.Request) -> web.Response:
        return _answer(health.live)

    async def readyz(_: web.Request) -> web.Response:
        return _answer(health.ready)

    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    app = web.Application()
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


def _answer(checks: Mapping[str, Check]) -> web.Response:
    reasons = {name: reason for name, check in checks.items() if (reason := check()) is not None}
    return web.json_response({"ok": not reasons, "reasons": reasons}, status=503 if reasons else 200)
