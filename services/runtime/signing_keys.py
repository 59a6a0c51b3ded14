"""The public keys of the token issuer, fetched from its JWKS document and kept.

One fetch is in flight at most, and a token with an unknown key id starts one at most every half-minute, so that made-up
ids can't turn us against the issuer. While the issuer is away, the last good set serves for a day.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import Any, Final

import aiohttp
import jwt
from pydantic import BaseModel, ValidationError

from services.runtime.clock import SYSTEM_CLOCK, Clock
from services.runtime.logging import logger
from services.runtime.settings import TokenSettings

MOST_DOCUMENT_BYTES: Final = 256 * 1024
MOST_KEYS: Final = 64
FRESH_S: Final = 600.0
"""After this long a set is fetched anew, in the background, so that a withdrawn key loses its force."""
KEPT_S: Final = 24 * 3600.0
PAUSE_S: Final = 30.0
PAUSE_WITHOUT_KEYS_S: Final = 1.0
"""While we have no keys we can't serve anybody, so the issuer is asked more often."""

Fetch = Callable[[], Awaitable[bytes]]
"""Fetches the JWKS document. Raises FetchFailed."""

_log = logger(__name__)


class FetchFailed(Exception):
    """The issuer didn't give a usable document; the message says why."""


class NoKey(Enum):
    """Why there is no key: the issuer doesn't list it, or we don't know what the issuer lists."""

    UNKNOWN = auto()
    UNAVAILABLE = auto()


class _Document(BaseModel):
    keys: list[dict[str, Any]]


class SigningKeys:
    """The keys by id and algorithm. `find` is all that a verifier needs."""

    def __init__(self, fetch: Fetch, algorithms: Collection[str], clock: Clock = SYSTEM_CLOCK) -> None:
        self._fetch = fetch
        self._algorithms = tuple(algorithms)
        self._clock = clock
        self._keys: dict[tuple[str, str], jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._refresh: asyncio.Task[None] | None = None

    async def find(self, key_id: str, algorithm: str) -> jwt.PyJWK | NoKey:
        """The key of this id, for this algorithm only."""
        self._forget_what_is_too_old()
        key = self._keys.get((key_id, algorithm))
        if key is not None:
            if self._age_s() > FRESH_S:
                self._begin_refresh()
            return key
        self._begin_refresh()
        if self._refresh is not None:
            await asyncio.shield(self._refresh)
        if self._fetched_at is None:
            return NoKey.UNAVAILABLE
        return self._keys.get((key_id, algorithm), NoKey.UNKNOWN)

    def prefetch(self) -> None:
        """Begin to fetch the set, so that the first token need not wait for it."""
        self._begin_refresh()

    @property
    def available(self) -> bool:
        """Whether there is a set of keys that may be used."""
        return self._fetched_at is not None and self._age_s() <= KEPT_S

    async def close(self) -> None:
        """Give up a fetch that is in flight."""
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.wait({self._refresh})

    def _age_s(self) -> float:
        return 0.0 if self._fetched_at is None else self._clock.monotonic() - self._fetched_at

    def _forget_what_is_too_old(self) -> None:
        if self._age_s() > KEPT_S:
            self._keys, self._fetched_at = {}, None

    def _begin_refresh(self) -> None:
        """Leave a running fetch in `_refresh`, or None when it isn't time for another."""
        if self._refresh is not None and not self._refresh.done():
            return
        self._refresh = None
        now = self._clock.monotonic()
        pause = PAUSE_WITHOUT_KEYS_S if self._fetched_at is None else PAUSE_S
        if self._tried_at is not None and now - self._tried_at < pause:
            return
        self._tried_at = now
        self._refresh = asyncio.create_task(self._fetch_once(), name="signing-keys")

    async def _fetch_once(self) -> None:
        try:
            keys = _keys_of(await self._fetch(), self._algorithms)
        except FetchFailed as failure:
            _log.warning("signing_keys_not_fetched", reason=str(failure), kept=len(self._keys))
            return
        self._keys, self._fetched_at = keys, self._clock.monotonic()
        _log.info("signing_keys_fetched", keys=len({key_id for key_id, _ in keys}))


@asynccontextmanager
async def signing_keys(settings: TokenSettings, clock: Clock = SYSTEM_CLOCK) -> AsyncIterator[SigningKeys]:
    """The keys behind `token_jwks_url`, with a connection of their own."""
    timeout = aiohttp.ClientTimeout(total=settings.token_jwks_timeout_seconds)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
        keys = SigningKeys(lambda: _fetched(session, settings.token_jwks_url), settings.token_algorithms, clock)
        try:
            yield keys
        finally:
            await keys.close()


async def _fetched(session: aiohttp.ClientSession, url: str) -> bytes:
    try:
        async with session.get(url, allow_redirects=False) as answer:
            if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
                raise FetchFailed(f"the issuer answered with status {answer.status}")
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > MOST_DOCUMENT_BYTES:
                    raise FetchFailed(f"the document is larger than {MOST_DOCUMENT_BYTES} bytes")
            return bytes(body)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise FetchFailed(f"{type(error).__name__}: the issuer can't be reached") from error


def _keys_of(document: bytes, algorithms: Collection[str]) -> dict[tuple[str, str], jwt.PyJWK]:
    try:
        listed = _Document.model_validate_json(document).keys[:MOST_KEYS]
    except ValidationError as invalid:
        raise FetchFailed("the document isn't a JSON Web Key Set") from invalid
    keys: dict[tuple[str, str], jwt.PyJWK] = {}
    for jwk in listed:
        key_id = jwk.get("kid")
        if not isinstance(key_id, str) or jwk.get("use", "sig") != "sig":
            continue
        for algorithm in algorithms:
            if _fits(jwk, algorithm):
                try:
                    keys[key_id, algorithm] = jwt.PyJWK(jwk, algorithm)
                except jwt.PyJWTError as error:
                    _log.warning("signing_key_not_usable", reason=type(error).__name__)
    if not keys:
        raise FetchFailed("the document holds no key for an allowed algorithm")
    return keys


_CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}


def _fits(jwk: dict[str, Any], algorithm: str) -> bool:
    """Whether the key may verify this algorithm: a key that names one is for that one only."""
    if jwk.get("alg", algorithm) != algorithm:
        return False
    if algorithm in _CURVES:
        return bool(jwk.get("crv") == _CURVES[algorithm])
    return bool(jwk.get("kty") == "RSA")
