"""A table as an HTTP answer: JSON or CSV as the request prefers, with a validator and the way to the next page."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import ETag, web

from services.reporting.table import Table, csv_body, json_body

CSV: Final = "text/csv"
JSON: Final = "application/json"

# What an answer shows depends on who asks; it may be kept by who asked, and has to be validated before it is shown.
_HEADERS: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


def body_of(
    table: Table,
    media_type: str,
    *,
    as_of: str | None,
    model: str,
    next_token: str | None,
    edition: int | None = None,
) -> bytes:
    """The body of a table in one of the two media types; `edition` is the number of a frozen one."""
    if media_type == CSV:
        return csv_body(table)
    return json_body(table, as_of=as_of, model=model, next_token=next_token, edition=edition)


def answer(
    request: web.Request, body: bytes, media_type: str, *, as_of: str | None, next_token: str | None
) -> web.Response:
    """200 with the body, or 304 when the client says that it has exactly that.

    CSV has no envelope, so the moment and the next page stand in headers, for JSON too.
    """
    etag = ETag(hashlib.sha256(body).hexdigest()[:32])
    if request.method in {"GET", "HEAD"} and any(
        given.value in {etag.value, "*"} for given in request.if_none_match or ()
    ):
        response = web.Response(status=304, headers=_HEADERS)
    else:
        response = web.Response(body=body, content_type=media_type, charset="utf-8", headers=_HEADERS)
    response.etag = etag
    if as_of is not None:
        response.headers["As-Of"] = as_of
    if next_token is not None:
        response.headers["Link"] = f'<{request.rel_url.update_query(next=next_token)}>; rel="next"'
    return response


def preferred_media_type(accept: str) -> str:
    """CSV when the value of an Accept header prefers it to JSON, else JSON, also when neither is named (RFC 9110)."""
    weights = _weights(accept, (CSV, JSON))
    return CSV if weights[CSV] > weights[JSON] else JSON


def preference(accept: str, media_types: Mapping[str, str]) -> str | None:
    """The name of the media type that an Accept header prefers, the first of equals; None when it takes none."""
    weights = _weights(accept, tuple(media_types.values()))
    best = max(media_types, key=lambda name: weights[media_types[name]])
    return best if weights[media_types[best]] > 0 else None


def _weights(accept: str, media_types: Sequence[str]) -> dict[str, float]:
    weights = dict.fromkeys(media_types, 0.0)
    specificity = dict.fromkeys(weights, -1)
    for item in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = next((_weight(text[2:]) for text in parameters if text.startswith("q=")), 1.0)
        for media_type in weights:
            ranges = ("*/*", f"{media_type.partition('/')[0]}/*", media_type)
            if media_range in ranges and ranges.index(media_range) > specificity[media_type]:
                specificity[media_type] = ranges.index(media_range)
                weights[media_type] = weight
    return weights


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
