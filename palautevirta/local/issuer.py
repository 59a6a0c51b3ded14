"""The stack's own OAuth 2.0 issuer: mints bearer tokens (RFC 9068) and serves the keys that verify them.

For a developer's machine and tests only. Whoever reads its data directory can speak for every organisation.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from palautevirta.local.directory import LOOPBACK, DataDirectory, write_private

# A name rather than an address: the port changes between runs and the tokens stay good.
ISSUER: Final = "https://issuer.palautevirta.local"
AUDIENCE: Final = "palautevirta"
JWKS_PATH: Final = "/.well-known/jwks.json"
_ALGORITHM: Final = "ES256"
_KEY_FILE: Final = "issuer.pem"


class Issuer:
    """One ES256 key pair, kept in a data directory, and the tokens it signs."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        public: dict[str, Any] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self._key_id = _thumbprint(public)
        self.jwks: Final = {"keys": [{**public, "kid": self._key_id, "alg": _ALGORITHM, "use": "sig"}]}

    @classmethod
    def of(cls, directory: DataDirectory) -> "Issuer":
        """The issuer of a data directory; a new one gets a key."""
        file = directory.path / _KEY_FILE
        if not file.exists():
            write_private(
                file,
                ec.generate_private_key(ec.SECP256R1()).private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                ),
            )
        return cls.load(directory.path)

    @classmethod
    def load(cls, data_dir: Path) -> "Issuer":
        """The issuer that a stack left in this data directory; FileNotFoundError when none did."""
        key = serialization.load_pem_private_key((data_dir / _KEY_FILE).read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return cls(key)

    def mint(
        self,
        *,
        organisations: Sequence[str],
        scope: str,
        client_id: str = "local",
        expires_in_s: int = 3600,
        **changes: object,
    ) -> str:
        """A signed token for these provider OIDs and this scope (names separated by spaces).

        `changes` replaces claims, or leaves one out when it is None: for tests of what must be refused.
        """
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + expires_in_s,
            "sub": client_id,
            "client_id": client_id,
            "jti": secrets.token_hex(16),
            "scope": scope,
            "organisations": list(organisations),
            **changes,
        }
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None},
            self._key,
            algorithm=_ALGORITHM,
            headers={"typ": "at+jwt", "kid": self._key_id},
        )

    async def serve(self, port: int) -> web.AppRunner:
        """Serve the keys on loopback until the returned runner is cleaned up."""

        async def answer(_: web.Request) -> web.Response:
            return web.json_response(self.jwks)

        app = web.Application()
        app.router.add_get(JWKS_PATH, answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, port).start()
        return runner


def _thumbprint(public: dict[str, Any]) -> str:
    """The key's name, by RFC 7638: the same key has the same name in every run."""
    required = {name: public[name] for name in ("crv", "kty", "x", "y")}
    digest = hashlib.sha256(json.dumps(required, sort_keys=True, separators=(",", ":")).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
