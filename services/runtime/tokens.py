"""OAuth 2.0 bearer tokens (RFC 6750, RFC 9068): from an Authorization header to a caller, or to why not.

The default is to deny. Only asymmetric algorithms of the allow-list count, the key comes from the issuer's document
alone (`jku`, `x5u`, `jwk` in a token are never read), and a claim that stands twice is refused, because two readers of
one token must not see two callers.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import jwt

from services.runtime.clock import SYSTEM_CLOCK, Clock
from services.runtime.settings import TokenSettings
from services.runtime.signing_keys import NoKey, SigningKeys

MOST_TOKEN_BYTES: Final = 8 * 1024
MOST_REMEMBERED: Final = 10_000
_REALM: Final = "palautevirta"
_SCHEME: Final = "bearer"
_ANY_TYPE: Final = "any"
_LATEST_S: Final = 2**40  # some year far away; keeps every arithmetic with a claimed time in range


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, by a verified token: `organisations` are the provider OIDs that it may speak for."""

    client_id: str
    subject: str
    scopes: frozenset[str]
    organisations: frozenset[str]


class TokenFailure(Enum):
    """Why there is no caller; the value is the sentence that the client reads."""

    MISSING = "a bearer token is needed"
    MALFORMED = "this is not a JSON Web Token that we read"
    TOO_LARGE = "a token has at most 8 KiB"
    WRONG_TYPE = "the token's typ is not that of an access token"
    WRONG_ALGORITHM = "the token is signed with an algorithm that is not allowed"
    UNKNOWN_KEY = "the token is signed with a key that the issuer doesn't list"
    WRONG_SIGNATURE = "the token's signature doesn't fit"
    EXPIRED = "the token has expired"
    NOT_YET_VALID = "the token is not valid yet"
    WRONG_ISSUER = "the token is from another issuer"
    WRONG_AUDIENCE = "the token is for another audience"
    WRONG_CLAIMS = "the token lacks a claim that is needed, or holds one of a wrong form or twice"
    KEYS_UNAVAILABLE = "the issuer's keys can't be fetched at the moment"

    @property
    def challenge(self) -> str:
        """The value of `WWW-Authenticate`; without a token there is no error code (RFC 6750 §3.1)."""
        if self is TokenFailure.MISSING:
            return f'Bearer realm="{_REALM}"'
        return f'Bearer realm="{_REALM}", error="invalid_token", error_description="{self.value}"'


_FAILURES: Final = (
    (jwt.ExpiredSignatureError, TokenFailure.EXPIRED),
    (jwt.ImmatureSignatureError, TokenFailure.NOT_YET_VALID),
    (jwt.InvalidIssuerError, TokenFailure.WRONG_ISSUER),
    (jwt.InvalidAudienceError, TokenFailure.WRONG_AUDIENCE),
    (jwt.MissingRequiredClaimError, TokenFailure.WRONG_CLAIMS),
    (jwt.InvalidSignatureError, TokenFailure.WRONG_SIGNATURE),
    (jwt.InvalidKeyError, TokenFailure.WRONG_SIGNATURE),
)
"""What the library's errors mean; whatever else it raises is about the form of the token."""


@dataclass(frozen=True, slots=True)
class _ReadToken:
    algorithm: str
    key_id: str
    expires_s: int
    caller: Caller


def scope_challenge(scope: str) -> str:
    """The value of `WWW-Authenticate` for a caller whose token lacks this scope."""
    return f'Bearer realm="{_REALM}", error="insufficient_scope", scope="{scope}"'


class TokenVerifier:
    """Verifies tokens, and remembers those verified by their digest for a minute or until they expire.

    A verification costs about 0.1 ms of the core, as much as judging tens of events.
    """

    def __init__(
        self,
        settings: TokenSettings,
        keys: SigningKeys,
        clock: Clock = SYSTEM_CLOCK,
        *,
        on_failure: Callable[[TokenFailure], None] | None = None,
    ) -> None:
        self._settings = settings
        self._on_failure = on_failure
        self._algorithms = frozenset(settings.token_algorithms)
        self._keys = keys
        self._clock = clock
        self._remembered: dict[bytes, tuple[int, Caller]] = {}

    async def verify(self, authorization: str | None) -> Caller | TokenFailure:
        """The caller that the value of an Authorization header speaks for; a failure is also told to `on_failure`."""
        caller = await self._caller(authorization)
        if self._on_failure is not None and isinstance(caller, TokenFailure):
            self._on_failure(caller)
        return caller

    async def _caller(self, authorization: str | None) -> Caller | TokenFailure:
        if authorization is None:
            return TokenFailure.MISSING
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != _SCHEME:
            return TokenFailure.MISSING
        token = token.strip(" ")
        if len(token) > MOST_TOKEN_BYTES:
            return TokenFailure.TOO_LARGE
        if not token.isascii():
            return TokenFailure.MALFORMED
        digest = hashlib.sha256(token.encode("ascii")).digest()
        now_us = self._clock.now_us()
        remembered = self._remembered.get(digest)
        if remembered is not None:
            until_us, caller = remembered
            if now_us < until_us:
                return caller
            del self._remembered[digest]
        return await self._verify_anew(token, digest)

    async def _verify_anew(self, token: str, digest: bytes) -> Caller | TokenFailure:
        read = self._read(token)
        if isinstance(read, TokenFailure):
            return read
        key = await self._keys.find(read.key_id, read.algorithm)
        if isinstance(key, NoKey):
            return TokenFailure.KEYS_UNAVAILABLE if key is NoKey.UNAVAILABLE else TokenFailure.UNKNOWN_KEY
        failure = self._failure(token, key, read.algorithm)
        if failure is not None:
            return failure
        self._remember(digest, read.caller, read.expires_s)
        return read.caller

    def _read(self, token: str) -> "_ReadToken | TokenFailure":
        """What the token says, its form and header judged; nothing of it may be believed yet."""
        parts = token.split(".")
        header = _json_object(parts[0]) if len(parts) == 3 else None  # noqa: PLR2004 - header, payload, signature
        if header is None:
            return TokenFailure.MALFORMED
        claims = _json_object(parts[1])
        if claims is None or not _has_needed_claims(claims):
            return TokenFailure.WRONG_CLAIMS
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in self._algorithms:
            return TokenFailure.WRONG_ALGORITHM
        if not self._is_right_type(header.get("typ")):
            return TokenFailure.WRONG_TYPE
        if not isinstance(key_id, str) or "crit" in header:
            return TokenFailure.MALFORMED
        scopes, organisations = frozenset(claims.get("scope", "").split()), frozenset(claims.get("organisations", ()))
        caller = Caller(claims["client_id"], claims["sub"], scopes, organisations)
        return _ReadToken(algorithm, key_id, int(claims["exp"]), caller)

    def _is_right_type(self, found: object) -> bool:
        wanted = self._settings.token_type.lower()
        return wanted == _ANY_TYPE or (isinstance(found, str) and found.lower() in {wanted, f"application/{wanted}"})

    def _failure(self, token: str, key: jwt.PyJWK, algorithm: str) -> TokenFailure | None:
        try:
            jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._settings.token_audience,
                issuer=self._settings.token_issuer,
                leeway=self._settings.token_leeway_seconds,
                # iat is only a statement: an issuer's clock that runs ahead of ours makes no token invalid.
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    "verify_iat": False,
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.PyJWTError as error:
            return next((failure for kind, failure in _FAILURES if isinstance(error, kind)), TokenFailure.MALFORMED)
        return None

    def _remember(self, digest: bytes, caller: Caller, expires_s: int) -> None:
        while len(self._remembered) >= MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        until_us = self._clock.now_us() + self._settings.token_memory_seconds * 1_000_000
        self._remembered[digest] = (min(until_us, expires_s * 1_000_000), caller)


def _has_needed_claims(claims: dict[str, Any]) -> bool:
    """Whether the claims that we read have their form; the library judges what they say."""
    organisations = claims.get("organisations", [])
    return (
        isinstance(claims.get("client_id"), str)
        and isinstance(claims.get("sub"), str)
        and isinstance(claims.get("scope", ""), str)
        and isinstance(organisations, list)
        and all(isinstance(oid, str) for oid in organisations)
        and _is_moment(claims.get("exp"))
        and ("nbf" not in claims or _is_moment(claims["nbf"]))
    )


def _is_moment(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _LATEST_S


def _json_object(part: str) -> dict[str, Any] | None:
    """The JSON object in a base64url part; None when it is none, or a member stands twice."""
    try:
        text = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        value = json.loads(text, object_pairs_hook=_each_once, parse_constant=_refuse)
    except (binascii.Error, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member stands twice")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
