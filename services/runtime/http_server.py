"""An aiohttp application as a server, the same for public and operations ports."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from services.runtime.logging import logger
from services.runtime.problem_documents import (
    BAD_REQUEST,
    INTERNAL_ERROR,
    REQUEST_ID,
    add_common_headers,
    problem_document,
)

_BACKLOG: Final = 1024
_MOST_HEADER_BYTES: Final = 16 * 1024
"""A header holds a token of 8 KiB and the name of its scheme."""

_log = logger(__name__)


@asynccontextmanager
async def serve_http(app: web.Application, host: str, port: int, *, shutdown_timeout_s: float) -> AsyncIterator[int]:
    """Serve an application while the context is open; gives the port, of interest when 0 asked the system for one.

    On leaving, no more connections are taken, requests in flight have `shutdown_timeout_s` to be answered, and then
    the application's own clean-up runs. Bodies arrive as they were sent: whoever takes compressed ones unpacks them
    within bounds.
    """
    runner = _Runner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=shutdown_timeout_s,
        auto_decompress=False,
        max_field_size=_MOST_HEADER_BYTES,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


class _Protocol(web.RequestHandler):
    """The library's, except for what it can't parse: it would log that and send it back, and it may hold a token."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = INTERNAL_ERROR.status,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it repeats what was sent
    ) -> web.StreamResponse:
        """The answer to bytes that are no HTTP request, or to a defect outside the application's own layers."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already, so nothing but the end of the connection can tell")
        request[REQUEST_ID] = str(uuid.uuid4())
        if isinstance(exc, HttpProcessingError):
            _log.info("request_not_parsed", error=type(exc).__name__)
            answer = problem_document(request, BAD_REQUEST, "This is not an HTTP request that we read.")
        else:
            _log.error("request_failed", status=status, exc_info=exc)
            answer = problem_document(request, INTERNAL_ERROR, "This is a defect of ours.")
        add_common_headers(request, answer)
        answer.force_close()
        return answer


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Runner(web.AppRunner):
    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            made.request_handler,
            request_factory=made.request_factory,
            loop=made._loop,  # noqa: SLF001 - the library has no other way to choose the protocol
            **made._kwargs,  # noqa: SLF001 - see above
        )
