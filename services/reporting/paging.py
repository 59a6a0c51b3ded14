"""The opaque token by which a client asks for the rows after those that it has: the keys of the last one."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

LEAST_LIMIT: Final = 1
MOST_LIMIT: Final = 10_000
USUAL_LIMIT: Final = 1_000

# Every key is an OID, a month, a code, a subject or a number, so a token with anything else isn't one of ours.
_KEY: Final = re.compile(r"[A-Za-z0-9._:~-]{0,128}")

T = TypeVar("T")

_decoder: Final = msgspec.json.Decoder(list[str])


def token_of(keys: Sequence[str]) -> str:
    """The token that stands for the rows after the one with these keys."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(keys))).rstrip(b"=").decode()


def keys_of(token: str, count: int) -> tuple[str, ...] | None:
    """The keys in a token of `count` keys; None when it is none."""
    try:
        keys = _decoder.decode(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):  # ValueError: msgspec's errors, and a text that isn't ASCII
        return None
    if len(keys) != count or not all(_KEY.fullmatch(key) for key in keys):
        return None
    return tuple(keys)


def cut(rows: Sequence[T], limit: int, keys: Callable[[T], Sequence[str]]) -> tuple[Sequence[T], str | None]:
    """One page of rows that were asked for with one more than `limit`, and the token of the next page if there is one.

    `keys` gives the texts by which the rows are ordered.
    """
    page = rows[:limit]
    return page, token_of(keys(page[-1])) if len(rows) > limit else None
