import stat
import time
from pathlib import Path

import jwt
import pytest

from palautevirta.local.directory import DataDirectory
from palautevirta.local.issuer import AUDIENCE, ISSUER, Issuer

PROVIDER = "1.2.246.562.10.10000000001"


def verified(issuer: Issuer, token: str) -> dict[str, object]:
    keys = jwt.PyJWKSet.from_dict(issuer.jwks)
    claims: dict[str, object] = jwt.decode(
        token, keys[jwt.get_unverified_header(token)["kid"]], algorithms=["ES256"], audience=AUDIENCE, issuer=ISSUER
    )
    return claims


@pytest.fixture
def issuer(data_dir: Path) -> Issuer:
    return Issuer.of(DataDirectory(data_dir))


def test_a_token_carries_the_claims_of_the_contract_and_its_key_verifies_it(issuer: Issuer) -> None:
    token = issuer.mint(organisations=[PROVIDER], scope="feedback:write figures:read", client_id="school")
    claims = verified(issuer, token)
    assert claims["organisations"] == [PROVIDER]
    assert claims["scope"] == "feedback:write figures:read"
    assert claims["client_id"] == claims["sub"] == "school"
    assert claims["jti"]
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"


def test_the_key_set_holds_no_private_part(issuer: Issuer) -> None:
    (key,) = issuer.jwks["keys"]
    assert "d" not in key
    assert (key["kty"], key["crv"], key["alg"]) == ("EC", "P-256", "ES256")


def test_a_token_expires_when_asked(issuer: Issuer) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(issuer, issuer.mint(organisations=[], scope="", expires_in_s=-1))
    expires = verified(issuer, issuer.mint(organisations=[], scope="", expires_in_s=60))["exp"]
    assert isinstance(expires, int)
    assert 0 < expires - time.time() <= 61


def test_a_claim_can_be_replaced_or_left_out_for_tests_of_refusal(issuer: Issuer) -> None:
    with pytest.raises(jwt.InvalidAudienceError):
        verified(issuer, issuer.mint(organisations=[], scope="", aud="somebody-else"))
    with pytest.raises(jwt.MissingRequiredClaimError, match="aud"):
        verified(issuer, issuer.mint(organisations=[], scope="", aud=None))


def test_the_issuer_of_a_directory_stays_the_same_and_its_key_private(issuer: Issuer, data_dir: Path) -> None:
    assert Issuer.load(data_dir).jwks == issuer.jwks
    assert stat.S_IMODE((data_dir / "issuer.pem").stat().st_mode) == 0o600


def test_where_no_stack_ran_there_is_no_issuer(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Issuer.load(tmp_path)
