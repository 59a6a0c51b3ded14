"""What the integration tests share."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiokafka import AIOKafkaProducer
from builders.reporting import Asking, Client, SettingsOf
from builders.thread import Thread
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client import CollectorRegistry

from palautevirta.local.issuer import AUDIENCE, ISSUER, JWKS_PATH, Issuer
from palautevirta.local.postgres import Database
from schemas.national.model import load_models
from services.reporting.app import build_app
from services.reporting.settings import ReportingSettings


@pytest.fixture
async def thread(kafka: str, topic: str, database: Database) -> AsyncIterator[Thread]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    thread = Thread(kafka, topic, database, producer)
    thread.connection = await asyncpg.connect(database.dsn)
    yield thread
    await thread.connection.close()
    await producer.stop()


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
    """Reporting over that database."""
    app = build_app(settings_of(database), load_models(), CollectorRegistry())
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
def ask(client: Client, issuer: Issuer) -> Asking:
    return Asking(client, issuer)
