"""The reporting service as a process of its own."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from palautevirta.local.issuer import AUDIENCE, ISSUER, JWKS_PATH, Issuer
from palautevirta.local.postgres import Database

STARTED_WITHIN_S = 30


@pytest.fixture
async def issuer() -> AsyncIterator[tuple[Issuer, str]]:
    """An issuer and the address of its keys."""
    issuer = Issuer(ec.generate_private_key(ec.SECP256R1()))
    keys = await issuer.serve(0)
    host, port = keys.addresses[0][:2]
    yield issuer, f"http://{host}:{port}{JWKS_PATH}"
    await keys.cleanup()


async def started(environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.reporting",
        env={"PATH": os.environ["PATH"], **environment},
        stderr=asyncio.subprocess.PIPE,
    )


async def logged(process: asyncio.subprocess.Process, event: str) -> dict[str, object]:
    """The next record of this event."""
    assert process.stderr is not None
    async with asyncio.timeout(STARTED_WITHIN_S):
        async for line in process.stderr:
            record: dict[str, object] = json.loads(line)
            if record["event"] == event:
                return record
    pytest.fail(f"the process ended without {event}")


async def test_it_serves_until_it_is_told_to_stop(database: Database, issuer: tuple[Issuer, str]) -> None:
    process = await started(
        {
            "HTTP_PORT": "0",
            "OPERATIONS_PORT": "0",
            "DATABASE_URL": database.reporting_dsn,
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": AUDIENCE,
            "TOKEN_JWKS_URL": issuer[1],
        }
    )
    try:
        ports = await logged(process, "reporting_started")
        public, operations = (f"http://127.0.0.1:{ports[name]}" for name in ("http_port", "operations_port"))
        header = {"Authorization": f"Bearer {issuer[0].mint(organisations=[], scope='figures:national')}"}
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{public}/v1/figures?survey=start&period=2025-2026", headers=header) as answer:
                assert (answer.status, (await answer.json())["rows"]) == (200, [])
            async with session.get(f"{public}/no/such/call", headers=header) as answer:
                assert answer.status == 404
            async with session.get(f"{public}/metrics") as answer:
                assert answer.status == 404
            async with session.get(f"{operations}/livez") as answer:
                assert answer.status == 200
            async with session.get(f"{operations}/metrics") as answer:
                metrics = await answer.text()
        for line in (
            'reporting_request_duration_seconds_count{call="figures",status="200"} 1.0',
            'reporting_request_duration_seconds_count{call="other",status="404"} 2.0',
            'reporting_rows_total{call="figures"} 0.0',
            "reporting_as_of_timestamp_seconds 0.0",
        ):
            assert line in metrics.splitlines()
        process.terminate()
        await logged(process, "reporting_stopping")
        async with asyncio.timeout(STARTED_WITHIN_S):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_it_starts_without_a_database_and_is_not_ready(issuer: tuple[Issuer, str]) -> None:
    process = await started(
        {
            "HTTP_PORT": "0",
            "OPERATIONS_PORT": "0",
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": AUDIENCE,
            "TOKEN_JWKS_URL": issuer[1],
        }
    )
    try:
        port = (await logged(process, "reporting_started"))["operations_port"]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                assert answer.status == 503
                assert "database" in (await answer.json())["reasons"]
            async with session.get(f"http://127.0.0.1:{port}/livez") as answer:
                assert answer.status == 200
    finally:
        process.kill()
        await process.wait()


async def test_without_settings_it_says_all_that_is_missing_and_ends() -> None:
    process = await started({})
    async with asyncio.timeout(STARTED_WITHIN_S):
        _, told = await process.communicate()
    assert process.returncode == 2
    for variable in ("DATABASE_URL", "TOKEN_ISSUER", "TOKEN_AUDIENCE", "TOKEN_JWKS_URL"):
        assert f"{variable} is not set" in told.decode()
