"""Who may post, and for whom: the scope `feedback:write`, and the organisations that the token names."""

from typing import Final

from aiohttp import web

from services.runtime.authorisation import authorised
from services.runtime.tokens import Caller, TokenVerifier

WRITE_SCOPE: Final = "feedback:write"


async def may_write(request: web.Request, verifier: TokenVerifier) -> frozenset[str] | web.Response:
    """The provider OIDs for which the request may post, none unless the token names it; or the answer that denies."""
    caller = await authorised(request, verifier, WRITE_SCOPE)
    return caller.organisations if isinstance(caller, Caller) else caller
