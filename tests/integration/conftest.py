"""Reporting over a database of the test's own, and somebody who asks it with tokens."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer
from builders.reporting import Asking, Client, SettingsOf
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client import CollectorRegistry

from palautevirta.local.issuer import AUDIENCE, ISSUER, JWKS_PATH, Issuer
from palautevirta.local.postgres import Database
from schemas.national.model import load_models
from services.reporting.app import build_app
from services.reporting.settings import ReportingSettings


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
async def settings_of(issuer: Issuer) -> AsyncIterator[SettingsOf]:
    """Settings for a database, by an issuer whose keys are served."""
    keys = await issuer.serve(0)
    host, port = keys.addresses[0][:2]
    yield lambda database: ReportingSettings.model_validate(
        {
            "database_url": database.reporting_dsn,
            "token_issuer": ISSUER,
            "token_audience": AUDIENCE,
            "token_jwks_url": f"http://{host}:{port}{JWKS_PATH}",
        }
    )
    await keys.cleanup()


@pytest.fixture
async def client(database: Database, settings_of: SettingsOf) -> AsyncIterator[Client]:
    app = build_app(settings_of(database), load_models(), CollectorRegistry())
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
def ask(client: Client, issuer: Issuer) -> Asking:
    return Asking(client, issuer)
