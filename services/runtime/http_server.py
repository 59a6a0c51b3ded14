"""An aiohttp application as a server, the same for public and operations ports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

_BACKLOG: Final = 1024


@asynccontextmanager
async def serve_http(app: web.Application, host: str, port: int, *, shutdown_timeout_s: float) -> AsyncIterator[int]:
    """Serve an application while the context is open; gives the port, of interest when 0 asked the system for one.

    On leaving, no more connections are taken, requests in flight have `shutdown_timeout_s` to be answered, and then
    the application's own clean-up runs. Bodies arrive as they were sent: whoever takes compressed ones unpacks them
    within bounds.
    """
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, shutdown_timeout=shutdown_timeout_s, auto_decompress=False
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
