import asyncio
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from services.runtime.clock import Clock
from services.runtime.signing_keys import KEPT_S, PAUSE_S, FetchFailed, NoKey, SigningKeys

ALGORITHMS = ("ES256", "RS256")


def elliptic(kid: str, **members: object) -> dict[str, object]:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return {**jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True), "kid": kid, **members}


class Issuer:
    """An issuer by hand: what it lists, whether it is away, and how often it was asked."""

    def __init__(self, *keys: dict[str, object]) -> None:
        self.keys = list(keys)
        self.away = False
        self.asked = 0
        self.now_s = 1000.0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def fetch(self) -> bytes:
        self.asked += 1
        await self.may_answer.wait()
        if self.away:
            raise FetchFailed("away")
        return json.dumps({"keys": self.keys}).encode()

    def signing_keys(self) -> SigningKeys:
        return SigningKeys(self.fetch, ALGORITHMS, Clock(monotonic=lambda: self.now_s))


async def test_the_set_is_fetched_once_for_all_who_wait() -> None:
    issuer = Issuer(elliptic("a"))
    keys = issuer.signing_keys()
    issuer.may_answer.clear()
    waiting = [asyncio.create_task(keys.find("a", "ES256")) for _ in range(20)]
    await asyncio.wait(waiting, timeout=0)
    issuer.may_answer.set()
    found = await asyncio.gather(*waiting)
    assert issuer.asked == 1
    assert all(isinstance(key, jwt.PyJWK) for key in found)


async def test_unknown_ids_ask_the_issuer_at_most_every_half_minute() -> None:
    issuer = Issuer(elliptic("a"))
    keys = issuer.signing_keys()
    for number in range(50):
        assert await keys.find(f"made-up-{number}", "ES256") is NoKey.UNKNOWN
    assert issuer.asked == 1
    issuer.now_s += PAUSE_S
    issuer.keys.append(elliptic("new"))
    assert isinstance(await keys.find("new", "ES256"), jwt.PyJWK)
    assert issuer.asked == 2


async def test_the_last_good_set_is_kept_for_a_day_while_the_issuer_is_away() -> None:
    issuer = Issuer(elliptic("a"))
    keys = issuer.signing_keys()
    assert isinstance(await keys.find("a", "ES256"), jwt.PyJWK)
    issuer.away = True
    issuer.now_s += KEPT_S - 1
    assert isinstance(await keys.find("a", "ES256"), jwt.PyJWK)
    await keys.find("unknown", "ES256")
    assert keys.available
    issuer.now_s += PAUSE_S + 2
    assert await keys.find("a", "ES256") is NoKey.UNAVAILABLE
    assert not keys.available


async def test_a_key_that_the_issuer_withdrew_loses_its_force_in_the_background() -> None:
    issuer = Issuer(elliptic("a"), elliptic("b"))
    keys = issuer.signing_keys()
    await keys.find("a", "ES256")
    del issuer.keys[0]
    issuer.now_s += 601
    assert isinstance(await keys.find("a", "ES256"), jwt.PyJWK)
    await keys.find("c", "ES256")
    assert await keys.find("a", "ES256") is NoKey.UNKNOWN


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"keys":[]}', b'{"keys":[{"kty":"EC","kid":"a","crv":"P-256"}]}']
)
async def test_a_document_without_usable_keys_replaces_nothing(document: bytes) -> None:
    answers = [json.dumps({"keys": [elliptic("a")]}).encode(), document]
    now = [1000.0]

    async def fetch() -> bytes:
        return answers.pop(0)

    keys = SigningKeys(fetch, ALGORITHMS, Clock(monotonic=lambda: now[0]))
    assert isinstance(await keys.find("a", "ES256"), jwt.PyJWK)
    now[0] += PAUSE_S
    assert await keys.find("b", "ES256") is NoKey.UNKNOWN
    assert answers == []
    assert isinstance(await keys.find("a", "ES256"), jwt.PyJWK)


async def test_a_key_serves_only_the_algorithms_that_it_is_for() -> None:
    modular = jwt.algorithms.RSAAlgorithm.to_jwk(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key(), as_dict=True
    )
    issuer = Issuer(
        {**modular, "kid": "any-rsa"},
        {**modular, "kid": "only-384", "alg": "RS384"},
        {**modular, "kid": "encryption", "use": "enc"},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0", "alg": "HS256"},
        elliptic("curve"),
    )
    keys = issuer.signing_keys()
    assert isinstance(await keys.find("any-rsa", "RS256"), jwt.PyJWK)
    assert isinstance(await keys.find("curve", "ES256"), jwt.PyJWK)
    for kid, algorithm in [
        ("any-rsa", "ES256"), ("only-384", "RS256"), ("encryption", "RS256"), ("secret", "HS256"), ("curve", "RS256"),
    ]:  # fmt: skip
        assert await keys.find(kid, algorithm) is NoKey.UNKNOWN
