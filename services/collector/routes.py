"""HTTP ↔ verdict: what the public port understands and how it answers (the collector's part of the HTTP contract)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from aiohttp import web

from schemas.events.reading import NotJson
from services.collector.auth import may_write
from services.collector.content_modes import MEDIA_TYPES, Unreadable, raw_events
from services.collector.intake import Intake
from services.collector.settings import CollectorSettings
from services.collector.verdict import (
    ACCEPTED_STATUS,
    FORBIDDEN_STATUS,
    MIXED_STATUS,
    REFUSED_STATUS,
    RETRY_STATUS,
    Verdict,
    http_status,
    summary,
)
from services.runtime.problem_documents import (
    CONTENT_TOO_LARGE,
    NOT_FOUND,
    REQUEST_TIMEOUT,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
    problem_document,
)
from services.runtime.tokens import TokenVerifier

SETTINGS: Final = web.AppKey("settings", CollectorSettings)
INTAKE: Final = web.AppKey("intake", Intake)
VERIFIER: Final = web.AppKey("verifier", TokenVerifier)


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents that don't change while the process runs, as JSON."""

    versions: bytes
    version: Mapping[str, bytes]
    openapi: bytes | None


DOCUMENTS: Final = web.AppKey("documents", Documents)

UNREADABLE_BODY: Final = ProblemType("unreadable_body", 400, "The body can't be read as events")
TOO_MANY_EVENTS: Final = ProblemType("too_many_events", 413, "The batch holds too many events")
EVENTS_FORBIDDEN: Final = ProblemType("events_forbidden", FORBIDDEN_STATUS, "The token speaks for none of these")
EVENTS_REFUSED: Final = ProblemType("events_refused", REFUSED_STATUS, "No event was accepted")
EVENTS_UNCONFIRMED: Final = ProblemType("events_unconfirmed", RETRY_STATUS, "Send all of these events again")

_OUTCOMES: Final = {
    FORBIDDEN_STATUS: (EVENTS_FORBIDDEN, "No event is of a provider that the token names."),
    REFUSED_STATUS: (EVENTS_REFUSED, "The results say of every event what is wrong with it."),
    RETRY_STATUS: (
        EVENTS_UNCONFIRMED,
        "Some events were not confirmed in time. Send the whole request again with the same ids: that is always safe.",
    ),
}

routes = web.RouteTableDef()


@routes.post("/v1/events")
async def post_events(request: web.Request) -> web.Response:
    """Take the events of a request in one of the three content modes."""
    organisations = await may_write(request, request.app[VERIFIER])
    if isinstance(organisations, web.Response):
        return organisations
    body = _refused_head(request) or await _body(request)
    if isinstance(body, web.Response):
        return body
    raws = raw_events(request.content_type, request.headers, body)
    if isinstance(raws, Unreadable):
        return _unreadable(request, raws)
    limit_events = request.app[SETTINGS].batch_limit_events
    if len(raws) > limit_events:
        return problem_document(request, TOO_MANY_EVENTS, f"A batch has at most {limit_events} events.")
    try:
        verdicts = await request.app[INTAKE].take(raws, organisations)
    except NotJson as error:
        return problem_document(request, UNREADABLE_BODY, str(error))
    return _answer(request, verdicts)


@routes.get("/v1/national-model")
async def get_versions(request: web.Request) -> web.Response:
    """The versions of the national model."""
    return _document(request.app[DOCUMENTS].versions)


@routes.get("/v1/national-model/{version}")
async def get_version(request: web.Request) -> web.Response:
    """One version of the national model."""
    found = request.app[DOCUMENTS].version.get(request.match_info["version"])
    if found is None:
        return problem_document(request, NOT_FOUND, "There is no such version; /v1/national-model lists them.")
    return _document(found)


@routes.get("/openapi.json")
async def get_openapi(request: web.Request) -> web.Response:
    """The contract of this port."""
    found = request.app[DOCUMENTS].openapi
    if found is None:
        return problem_document(request, NOT_FOUND, "This build carries no OpenAPI document.")
    return _document(found)


def _document(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "public, max-age=300"})


def _refused_head(request: web.Request) -> web.Response | None:
    """The answer to a body that isn't even read, going by what the request says of it."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        detail = "A body is taken as it is, without Content-Encoding."
        return problem_document(request, UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept-Encoding": "identity"})
    if request.content_type not in MEDIA_TYPES or (request.charset or "utf-8").lower() not in {"utf-8", "us-ascii"}:
        return _unreadable(request, Unreadable.MEDIA_TYPE)
    if (request.content_length or 0) > request.app[SETTINGS].body_limit_bytes:
        return _too_large(request)
    return None


async def _body(request: web.Request) -> bytes | web.Response:
    """The whole body within the limits, or the answer that refuses it."""
    settings = request.app[SETTINGS]
    chunks: list[bytes] = []
    size_bytes = 0
    try:
        async with asyncio.timeout(settings.body_timeout_ms / 1000):
            while chunk := await request.content.readany():
                size_bytes += len(chunk)
                if size_bytes > settings.body_limit_bytes:
                    return _too_large(request)
                chunks.append(chunk)
    except TimeoutError:
        detail = f"The body didn't arrive within {settings.body_timeout_ms} ms."
        return problem_document(request, REQUEST_TIMEOUT, detail, headers={"Connection": "close"})
    except (ConnectionError, web.RequestPayloadError):
        # Most likely nobody is there any more to read this.
        return problem_document(request, UNREADABLE_BODY, "The body broke off.", headers={"Connection": "close"})
    return b"".join(chunks)


def _too_large(request: web.Request) -> web.Response:
    limit_bytes = request.app[SETTINGS].body_limit_bytes
    return problem_document(request, CONTENT_TOO_LARGE, f"A body has at most {limit_bytes} bytes.")


def _unreadable(request: web.Request, reason: Unreadable) -> web.Response:
    if reason is Unreadable.MEDIA_TYPE:
        accept = {"Accept": ", ".join(MEDIA_TYPES)}
        return problem_document(request, UNSUPPORTED_MEDIA_TYPE, reason.value, headers=accept)
    return problem_document(request, UNREADABLE_BODY, reason.value)


def _answer(request: web.Request, verdicts: list[Verdict]) -> web.Response:
    status = http_status(verdicts)
    members: dict[str, Any] = summary(verdicts)
    if status in {ACCEPTED_STATUS, MIXED_STATUS}:
        return web.Response(body=msgspec.json.encode(members), status=status, content_type="application/json")
    kind, detail = _OUTCOMES[status]
    retry_after = {"Retry-After": str(request.app[SETTINGS].retry_after_seconds)} if status == RETRY_STATUS else None
    return problem_document(request, kind, detail, members=members, headers=retry_after)
