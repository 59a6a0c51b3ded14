"""Who may call: one step that every protected route takes first."""

from typing import Final

from aiohttp import web

from services.runtime.problem_documents import INSUFFICIENT_SCOPE, UNAUTHORISED, UNAVAILABLE, problem_document
from services.runtime.tokens import Caller, TokenFailure, TokenVerifier, scope_challenge

_RETRY_AFTER_S: Final = 5


async def authorised(request: web.Request, verifier: TokenVerifier, scope: str) -> Caller | web.Response:
    """The caller, when the token is good and has the scope; else the answer that tells why not (RFC 6750 §3)."""
    headers = request.headers.getall("Authorization", [])
    # Two of them could be read differently by a proxy and by us.
    caller = await verifier.verify(headers[0] if headers else None) if len(headers) <= 1 else TokenFailure.MALFORMED
    if isinstance(caller, Caller):
        if scope in caller.scopes:
            return caller
        return problem_document(
            request,
            INSUFFICIENT_SCOPE,
            f"The token lacks the scope {scope}.",
            headers={"WWW-Authenticate": scope_challenge(scope)},
        )
    detail = f"{caller.value[:1].upper()}{caller.value[1:]}."
    if caller is TokenFailure.KEYS_UNAVAILABLE:
        return problem_document(request, UNAVAILABLE, detail, headers={"Retry-After": str(_RETRY_AFTER_S)})
    return problem_document(request, UNAUTHORISED, detail, headers={"WWW-Authenticate": caller.challenge})
