import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from services.runtime.clock import Clock
from services.runtime.settings import TokenSettings
from services.runtime.signing_keys import FetchFailed, SigningKeys
from services.runtime.tokens import Caller, TokenFailure, TokenVerifier

PROVIDER = "1.2.246.562.10.10000000001"
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
SETTINGS = TokenSettings(
    token_issuer="https://issuer.example", token_audience="palautevirta", token_jwks_url="https://issuer.example/keys"
)


def jwks() -> bytes:
    elliptic = jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    modular = jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)
    return json.dumps({"keys": [{**elliptic, "kid": "ec", "alg": "ES256"}, {**modular, "kid": "rsa"}]}).encode()


class HandSetClock:
    def __init__(self) -> None:
        self.seconds = time.time()

    def clock(self) -> Clock:
        return Clock(now_us=lambda: int(self.seconds * 1e6), monotonic=lambda: self.seconds)


def verifier(
    settings: TokenSettings = SETTINGS, clock: Clock | None = None, keys: bytes | None = None
) -> TokenVerifier:
    async def fetch() -> bytes:
        return jwks() if keys is None else keys

    return TokenVerifier(settings, SigningKeys(fetch, settings.token_algorithms), clock or Clock())


def claims(**changes: object) -> dict[str, Any]:
    now = int(time.time())
    all_claims = {
        "iss": "https://issuer.example",
        "aud": "palautevirta",
        "iat": now,
        "exp": now + 600,
        "sub": "school",
        "client_id": "school-system",
        "scope": "feedback:write figures:read",
        "organisations": [PROVIDER],
    } | changes
    return {name: value for name, value in all_claims.items() if value is not None}


def minted(header: dict[str, Any] | None = None, key: Any = KEY, algorithm: str = "ES256", **changes: object) -> str:
    return jwt.encode(claims(**changes), key, algorithm, headers={"typ": "at+jwt", "kid": "ec", **(header or {})})


def part(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def signed(header: str, payload: str) -> str:
    """A token of exactly these texts, with a good ES256 signature."""
    signing_input = f"{part(header)}.{part(payload)}"
    es256 = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
    signature = base64.urlsafe_b64encode(es256.sign(signing_input.encode(), KEY)).rstrip(b"=").decode()
    return f"{signing_input}.{signature}"


async def test_a_good_token_gives_the_caller() -> None:
    expected = Caller("school-system", "school", frozenset({"feedback:write", "figures:read"}), frozenset({PROVIDER}))
    assert await verifier().verify(f"Bearer {minted()}") == expected
    assert await verifier().verify(f"bearer {minted()}") == expected
    by_rsa = minted({"kid": "rsa"}, RSA_KEY, "RS256")
    assert await verifier().verify(f"Bearer {by_rsa}") == expected
    assert await verifier().verify(f"Bearer {minted({'typ': 'application/AT+JWT'})}") == expected


async def test_without_scope_and_organisations_a_token_allows_nothing() -> None:
    caller = await verifier().verify(f"Bearer {minted(scope=None, organisations=None)}")
    assert isinstance(caller, Caller)
    assert (caller.scopes, caller.organisations) == (frozenset(), frozenset())


@pytest.mark.parametrize("header", [None, "", "Basic c2Nob29sOnB3", "Bearertoken"])
async def test_without_a_bearer_token_there_is_no_error_code(header: str | None) -> None:
    failure = await verifier().verify(header)
    assert failure is TokenFailure.MISSING
    assert failure.challenge == 'Bearer realm="palautevirta"'


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"exp": int(time.time()) - 1}, TokenFailure.EXPIRED),
        ({"nbf": int(time.time()) + 100_000}, TokenFailure.NOT_YET_VALID),
        ({"iss": "https://other.example"}, TokenFailure.WRONG_ISSUER),
        ({"aud": "another-service"}, TokenFailure.WRONG_AUDIENCE),
        ({"aud": None}, TokenFailure.WRONG_CLAIMS),
        ({"iss": None}, TokenFailure.WRONG_CLAIMS),
        ({"exp": None}, TokenFailure.WRONG_CLAIMS),
        ({"exp": "4102444800"}, TokenFailure.WRONG_CLAIMS),
        ({"exp": True}, TokenFailure.WRONG_CLAIMS),
        ({"exp": 10**300}, TokenFailure.WRONG_CLAIMS),
        ({"sub": None}, TokenFailure.WRONG_CLAIMS),
        ({"client_id": None}, TokenFailure.WRONG_CLAIMS),
        ({"client_id": 7}, TokenFailure.WRONG_CLAIMS),
        ({"scope": ["feedback:write"]}, TokenFailure.WRONG_CLAIMS),
        ({"organisations": PROVIDER}, TokenFailure.WRONG_CLAIMS),
        ({"organisations": [PROVIDER, 1]}, TokenFailure.WRONG_CLAIMS),
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(changes: dict[str, object], failure: TokenFailure) -> None:
    assert await verifier().verify(f"Bearer {minted(**changes)}") is failure
    assert 'error="invalid_token"' in failure.challenge


@pytest.mark.parametrize(
    ("header", "failure"),
    [
        ({"typ": "JWT"}, TokenFailure.WRONG_TYPE),
        ({"typ": "id+jwt"}, TokenFailure.WRONG_TYPE),
        ({"kid": "unknown"}, TokenFailure.UNKNOWN_KEY),
        ({"kid": "rsa"}, TokenFailure.UNKNOWN_KEY),
        ({"kid": None}, TokenFailure.MALFORMED),
    ],
)
async def test_a_token_with_a_wrong_header_is_refused(header: dict[str, Any], failure: TokenFailure) -> None:
    token = signed(json.dumps({"alg": "ES256", "typ": "at+jwt", "kid": "ec", **header}), json.dumps(claims()))
    assert await verifier().verify(f"Bearer {token}") is failure


async def test_a_setting_takes_tokens_of_every_type() -> None:
    relaxed = verifier(SETTINGS.model_copy(update={"token_type": "any"}))
    assert isinstance(await relaxed.verify(f"Bearer {minted({'typ': 'JWT'})}"), Caller)


async def test_an_unsigned_token_is_refused() -> None:
    header = part(json.dumps({"alg": "none", "typ": "at+jwt", "kid": "ec"}))
    token = f"{header}.{part(json.dumps(claims()))}."
    assert await verifier().verify(f"Bearer {token}") is TokenFailure.WRONG_ALGORITHM


async def test_the_public_key_is_no_secret_to_sign_with() -> None:
    jws = jwt.api_jws.PyJWS()
    jws.unregister_algorithm("HS256")

    class Careless(jwt.algorithms.HMACAlgorithm):
        def prepare_key(self, key: str | bytes) -> bytes:
            return key if isinstance(key, bytes) else key.encode()

    jws.register_algorithm("HS256", Careless(jwt.algorithms.HMACAlgorithm.SHA256))
    token = jws.encode(
        json.dumps(claims()).encode(), PUBLIC_PEM, algorithm="HS256", headers={"typ": "at+jwt", "kid": "ec"}
    )
    assert await verifier().verify(f"Bearer {token}") is TokenFailure.WRONG_ALGORITHM


async def test_a_token_that_another_key_signed_is_refused_even_when_it_brings_that_key_along() -> None:
    own = jwt.algorithms.ECAlgorithm.to_jwk(OTHER_KEY.public_key(), as_dict=True)
    token = minted({"jwk": own, "jku": "https://evil.example/keys"}, OTHER_KEY)
    assert await verifier().verify(f"Bearer {token}") is TokenFailure.WRONG_SIGNATURE


async def test_a_token_changed_after_signing_is_refused() -> None:
    header, _, signature = minted().split(".")
    payload = part(json.dumps(claims(organisations=[PROVIDER, "1.2.246.562.10.10000000002"])))
    assert await verifier().verify(f"Bearer {header}.{payload}.{signature}") is TokenFailure.WRONG_SIGNATURE


@pytest.mark.parametrize("twice", ['"sub":"school",', '"organisations":[],', '"iss":"https://issuer.example",'])
async def test_a_claim_that_stands_twice_is_refused(twice: str) -> None:
    payload = "{" + twice + json.dumps(claims())[1:]
    token = signed('{"alg":"ES256","typ":"at+jwt","kid":"ec"}', payload)
    assert await verifier().verify(f"Bearer {token}") is TokenFailure.WRONG_CLAIMS


async def test_a_header_member_that_stands_twice_is_refused() -> None:
    token = signed('{"alg":"ES256","alg":"ES256","typ":"at+jwt","kid":"ec"}', json.dumps(claims()))
    assert await verifier().verify(f"Bearer {token}") is TokenFailure.MALFORMED


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "....",
        "é.b.c",
        f"{part('[1]')}.{part('{}')}.x",
        f"{part('[' * 4000)}.{part('{}')}.x",
    ],
)
async def test_what_is_no_token_is_malformed(token: str) -> None:
    assert await verifier().verify(f"Bearer {token}") is TokenFailure.MALFORMED


async def test_a_critical_header_that_we_dont_know_is_refused() -> None:
    token = signed('{"alg":"ES256","typ":"at+jwt","kid":"ec","crit":["b64"]}', json.dumps(claims()))
    assert await verifier().verify(f"Bearer {token}") is TokenFailure.MALFORMED


async def test_a_token_of_more_than_eight_kibibytes_isnt_even_read() -> None:
    token = minted(organisations=[PROVIDER] * 400)
    assert await verifier().verify(f"Bearer {token}") is TokenFailure.TOO_LARGE


async def test_without_any_keys_nothing_can_be_said_of_a_token() -> None:
    async def fetch() -> bytes:
        raise FetchFailed("away")

    away = TokenVerifier(SETTINGS, SigningKeys(fetch, SETTINGS.token_algorithms))
    assert await away.verify(f"Bearer {minted()}") is TokenFailure.KEYS_UNAVAILABLE


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was verified, in order."""
    verified: list[str] = []
    really = jwt.decode

    def watched(token: str, *arguments: Any, **options: Any) -> Any:
        verified.append(token)
        return really(token, *arguments, **options)

    monkeypatch.setattr(jwt, "decode", watched)
    return verified


async def test_a_verified_token_is_remembered_for_a_minute_at_most(verifications: list[str]) -> None:
    hand = HandSetClock()
    subject, token = verifier(clock=hand.clock()), minted()
    caller = await subject.verify(f"Bearer {token}")
    hand.seconds += 59
    assert await subject.verify(f"Bearer {token}") == caller
    assert verifications == [token]
    hand.seconds += 2
    assert await subject.verify(f"Bearer {token}") == caller
    assert verifications == [token, token]


async def test_a_token_is_not_remembered_past_its_expiry(verifications: list[str]) -> None:
    hand = HandSetClock()
    subject, token = verifier(clock=hand.clock()), minted(exp=int(time.time()) + 30)
    await subject.verify(f"Bearer {token}")
    hand.seconds += 31
    await subject.verify(f"Bearer {token}")
    assert verifications == [token, token]


async def test_the_memory_is_bounded(verifications: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.runtime.tokens.MOST_REMEMBERED", 2)
    subject = verifier()
    first, second, third = (minted(sub=name) for name in ("first", "second", "third"))
    for token in (first, second, third, third, second, first):
        assert isinstance(await subject.verify(f"Bearer {token}"), Caller)
    assert verifications == [first, second, third, first]


async def test_failures_are_told_to_whoever_counts_them() -> None:
    told: list[TokenFailure] = []

    async def fetch() -> bytes:
        return jwks()

    subject = TokenVerifier(SETTINGS, SigningKeys(fetch, SETTINGS.token_algorithms), on_failure=told.append)
    await subject.verify(None)
    await subject.verify(f"Bearer {minted()}")
    assert told == [TokenFailure.MISSING]
