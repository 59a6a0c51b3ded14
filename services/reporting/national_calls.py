"""The national data set of an edition over HTTP, streamed (national model §10)."""

import asyncio
from contextlib import aclosing
from typing import Final

from aiohttp import web

from services.reporting import national_store
from services.reporting.answers import preference
from services.reporting.calls import STORE, Calls
from services.reporting.edition_calls import asked_of_edition
from services.reporting.editions import Edition
from services.reporting.national_files import MEDIA_TYPES
from services.reporting.parameters import BadQuery, Given, Pairs, one_of
from services.reporting.store import Snapshot, StoreUnavailable, TooSlow
from services.runtime.logging import logger
from services.runtime.problem_documents import NOT_ACCEPTABLE, ProblemType, problem_document

ORGANISATIONS_MISSING: Final = ProblemType(
    "organisations_missing", 409, "The edition's organisation table lacks codes that the data set needs"
)
STREAM_TIMEOUT_S: Final = 900
"""How long one export may take: it holds a snapshot of the database for that long."""

_log = logger(__name__)


class NationalCalls:
    """The export, for the authority."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        """Named by the name that metrics have for it. It has no HEAD: that would make a whole file for nothing."""
        return [web.get("/v1/editions/{number}/national", self.national, name="edition_national", allow_head=False)]

    async def national(self, request: web.Request) -> web.StreamResponse:
        """The data set as CSV, Parquet or XLSX."""
        asked = await asked_of_edition(self._calls, request, lambda pairs, _: national_query(pairs))
        if isinstance(asked, web.Response):
            return asked
        edition, format_asked = asked
        format_name = format_asked or preference(request.headers.get("Accept", "*/*"), MEDIA_TYPES)
        if format_name is None:
            return problem_document(request, NOT_ACCEPTABLE, f"There is {', '.join(MEDIA_TYPES.values())}.")
        _, lacking = await request.app[STORE].read(lambda snapshot: national_store.unnamed(snapshot, edition))
        if lacking:
            return _organisations_missing(request, lacking)
        return await _streamed(request, edition, format_name)


def national_query(pairs: Pairs) -> str | BadQuery | None:
    """Read the parameter of the export: the format, None where the Accept header decides."""
    given = Given(pairs, ("format",), paged=False)
    names = tuple(MEDIA_TYPES)
    asked = given.optional("format", one_of(names), f"give {', '.join(names[:-1])} or {names[-1]}")
    return given.bad() if given.problems else asked


async def _streamed(request: web.Request, edition: Edition, format_name: str) -> web.StreamResponse:
    """The answer, sent while it is read. When that breaks off, the connection does too: nobody takes a part for all."""
    response = web.StreamResponse(
        headers={
            "Content-Type": MEDIA_TYPES[format_name] + ("; charset=utf-8" if format_name == "csv" else ""),
            "Content-Disposition": f'attachment; filename="edition-{edition.number}.{format_name}"',
            "Cache-Control": "private, no-cache",
            "Vary": "Accept, Authorization",
        }
    )

    async def send(snapshot: Snapshot) -> None:
        if response.prepared:
            raise StoreUnavailable("the connection broke off in the middle of an export")
        async with aclosing(national_store.national_file(snapshot, edition, format_name)) as pieces:
            async for piece in pieces:
                if not response.prepared:
                    await response.prepare(request)
                try:
                    await response.write(piece)
                except OSError:
                    _log.info("export_left", edition=edition.number)
                    return

    try:
        async with asyncio.timeout(STREAM_TIMEOUT_S):
            await request.app[STORE].read(send)
    except (StoreUnavailable, TooSlow, TimeoutError) as failure:
        if not response.prepared:
            raise
        _log.warning("export_broke_off", edition=edition.number, failure=str(failure))
        if request.transport is not None:
            request.transport.abort()
        return response
    await response.write_eof()
    return response


def _organisations_missing(request: web.Request, lacking: list[tuple[str, str]]) -> web.Response:
    told = ", ".join(f"{oid} ({code})" for code, oid in lacking)
    detail = f"Load an organisation table with these codes and publish another edition: {told}."
    members = {"organisations": [{"oid": oid, "lacks": code} for code, oid in lacking]}
    return problem_document(request, ORGANISATIONS_MISSING, detail, members=members)
