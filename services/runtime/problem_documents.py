"""What every answer of our public ports has in common, and what all that isn't a success looks like (RFC 9457).

`install_problem_documents` makes an application answer every failure, also those of the framework, with a problem
document, and gives every answer its request id. Nothing of what the caller wrote is repeated, except a request id of
a harmless form.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from aiohttp import web
from structlog.contextvars import bound_contextvars

from services.runtime.logging import logger

REQUEST_ID: Final = web.RequestKey("request_id", str)
_REQUEST_ID_FORM: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem: its page is `/problems/<code>`; `title` is the same for every occurrence."""

    code: str
    status: int
    title: str


BAD_REQUEST: Final = ProblemType("bad_request", 400, "The request can't be read")
UNAUTHORISED: Final = ProblemType("unauthorised", 401, "A valid bearer token is needed")
INSUFFICIENT_SCOPE: Final = ProblemType("insufficient_scope", 403, "The token doesn't allow this")
NOT_FOUND: Final = ProblemType("not_found", 404, "There is nothing here")
METHOD_NOT_ALLOWED: Final = ProblemType("method_not_allowed", 405, "This address doesn't take that method")
NOT_ACCEPTABLE: Final = ProblemType("not_acceptable", 406, "No representation that the request accepts")
REQUEST_TIMEOUT: Final = ProblemType("request_timeout", 408, "The request took too long to arrive")
CONTENT_TOO_LARGE: Final = ProblemType("content_too_large", 413, "The request is too large")
UNSUPPORTED_MEDIA_TYPE: Final = ProblemType("unsupported_media_type", 415, "The body's form isn't taken here")
INTERNAL_ERROR: Final = ProblemType("internal_error", 500, "We failed")
UNAVAILABLE: Final = ProblemType("unavailable", 503, "The service can't take this at the moment")

_OF_FRAMEWORK: Final = {
    kind.status: kind
    for kind in (BAD_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, CONTENT_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)
}
_DETAILS: Final = {
    NOT_FOUND: "The address is wrong, or what it named doesn't exist.",
    METHOD_NOT_ALLOWED: "Allow names the methods that this address takes.",
    CONTENT_TOO_LARGE: "The body is larger than this address takes.",
}
_FIRST_ERROR: Final = 400


def problem_document(
    request: web.BaseRequest,
    kind: ProblemType,
    detail: str,
    *,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """The answer for one occurrence of a problem; `members` are those that its type adds (RFC 9457 §3.2)."""
    document = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": f"/requests/{request[REQUEST_ID]}",
        **(members or {}),
    }
    return web.Response(
        body=msgspec.json.encode(document),
        status=kind.status,
        content_type="application/problem+json",
        headers=headers,
    )


def install_problem_documents(app: web.Application) -> None:
    """Make this the outermost layer of an application; call it before any other middleware is added."""
    app.middlewares.append(_problem_documents)
    app.on_response_prepare.append(_on_prepare)


@web.middleware
async def _problem_documents(request: web.Request, handler: Any) -> web.StreamResponse:
    given = request.headers.get("X-Request-Id", "")
    request_id = given if _REQUEST_ID_FORM.fullmatch(given) else str(uuid.uuid4())
    request[REQUEST_ID] = request_id
    with bound_contextvars(request_id=request_id):
        if _CONTROL.search(request.path) or _CONTROL.search(request.query_string):
            return problem_document(request, BAD_REQUEST, "Control characters have no place in an address.")
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as raised:
            if raised.status < _FIRST_ERROR:
                raise
            return _of_framework(request, raised)
        except Exception:  # noqa: BLE001 - the process's edge: a defect of ours, told to nobody but the log
            _log.exception("request_failed", method=request.method)
            return problem_document(request, INTERNAL_ERROR, "This is a defect of ours; the log has the request id.")
        return response


def _of_framework(request: web.Request, raised: web.HTTPException) -> web.Response:
    kind = _OF_FRAMEWORK.get(raised.status) or ProblemType("http_error", raised.status, raised.reason)
    headers = {name: raised.headers[name] for name in ("Allow", "Retry-After") if name in raised.headers}
    return problem_document(request, kind, _DETAILS.get(kind, kind.title), headers=headers)


async def _on_prepare(request: web.BaseRequest, response: web.StreamResponse) -> None:
    add_common_headers(request, response)


def add_common_headers(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """What every answer of ours says of itself."""
    # A request whose Expect header the framework refused never met the middleware.
    response.headers["X-Request-Id"] = request.get(REQUEST_ID) or str(uuid.uuid4())
    response.headers.setdefault("Content-Language", "en")
    varies = response.headers.get("Vary")
    response.headers["Vary"] = f"{varies}, Accept-Language" if varies else "Accept-Language"
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Server"] = "palautevirta"  # the library's own names its versions
