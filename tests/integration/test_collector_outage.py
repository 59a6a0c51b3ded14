"""The collector as a process, with a broker of its own that goes away and comes back."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from builders.events import PROVIDER, body, recorded

from palautevirta.local.directory import DataDirectory
from palautevirta.local.issuer import AUDIENCE, ISSUER, JWKS_PATH, Issuer
from palautevirta.local.kafka import kafka_program
from palautevirta.local.process import ChildProcess, Program
from palautevirta.local.stack import cache_folder
from palautevirta.topics import create_topics, declared_topics

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Site:
    """A broker that doesn't run yet, a collector that does, and a client."""

    broker: ChildProcess
    broker_address: str
    collector: ChildProcess
    url: str
    operations: str
    session: aiohttp.ClientSession
    token: str

    async def start_broker(self) -> None:
        await self.broker.start()
        await create_topics(self.broker_address, declared_topics())

    async def post(self, **attributes: Any) -> tuple[int, Any, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/cloudevents+json"}
        url = f"{self.url}/v1/events"
        async with self.session.post(url, data=body(recorded(**attributes)), headers=headers) as response:
            return response.status, response.headers, json.loads(await response.read())

    async def operation(self, path: str) -> tuple[int, Any]:
        async with self.session.get(self.operations + path) as response:
            return response.status, json.loads(await response.read())

    async def until_ready(self) -> None:
        async with asyncio.timeout(30):
            while (await self.operation("/readyz"))[0] != 200:  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.02)


@pytest.fixture
async def site(data_dir: Path) -> AsyncIterator[Site]:
    directory = DataDirectory(data_dir)
    issuer = Issuer.of(directory)
    async with AsyncExitStack() as opened:
        keys = await issuer.serve(0)
        opened.push_async_callback(keys.cleanup)
        address, program = await kafka_program(
            directory, cache=cache_folder(os.environ), environment=os.environ, say=print
        )
        broker = ChildProcess(program)
        opened.push_async_callback(broker.stop)
        http_port, operations_port = directory.port("collector"), directory.port("collector-operations")
        operations = f"http://127.0.0.1:{operations_port}"
        session = await opened.enter_async_context(aiohttp.ClientSession())

        async def lives() -> bool:
            try:
                async with session.get(f"{operations}/livez") as response:
                    return response.ok
            except aiohttp.ClientError:
                return False

        collector = ChildProcess(
            Program(
                name="collector",
                argv=(sys.executable, "-m", "services.collector"),
                log=directory.log("collector"),
                directory=ROOT,
                environment={
                    **os.environ,
                    "HTTP_HOST": "127.0.0.1",
                    "HTTP_PORT": str(http_port),
                    "OPERATIONS_HOST": "127.0.0.1",
                    "OPERATIONS_PORT": str(operations_port),
                    "KAFKA_BOOTSTRAP": address,
                    "TOKEN_ISSUER": ISSUER,
                    "TOKEN_AUDIENCE": AUDIENCE,
                    "TOKEN_JWKS_URL": f"http://127.0.0.1:{keys.addresses[0][1]}{JWKS_PATH}",
                    "ACKNOWLEDGEMENT_TIMEOUT_MS": "1000",
                    "KAFKA_REQUEST_TIMEOUT_MS": "500",
                },
                ready=lives,
            )
        )
        opened.push_async_callback(collector.stop)
        await collector.start()
        token = issuer.mint(organisations=[PROVIDER], scope="feedback:write")
        yield Site(broker, address, collector, f"http://127.0.0.1:{http_port}", operations, session, token)


async def test_a_collector_starts_without_kafka_says_so_and_recovers_by_itself(site: Site) -> None:
    status, reasons = await site.operation("/readyz")
    assert (status, list(reasons["reasons"])) == (503, ["kafka"])
    status, headers, answer = await site.post(id="e-1")
    assert status == 503
    assert int(headers["Retry-After"]) >= 1
    assert headers["Content-Type"] == "application/problem+json"
    assert answer["type"] == "/problems/events_unconfirmed"
    assert answer["results"] == [{"index": 0, "id": "e-1", "status": "retry"}]

    await site.start_broker()
    await site.until_ready()
    status, _, answer = await site.post(id="e-1")
    assert (status, answer["accepted"]) == (202, 1)


async def test_a_broker_that_freezes_makes_the_outcome_unknown_and_sending_again_is_safe(site: Site) -> None:
    await site.start_broker()
    await site.until_ready()
    assert (await site.post(id="before"))[0] == 202

    site.broker.kill(signal.SIGSTOP)
    async with asyncio.timeout(10):
        status, _, answer = await site.post(id="during")
    assert (status, answer["results"][0]["status"]) == (503, "retry")
    assert (await site.operation("/readyz"))[0] == 503
    assert (await site.operation("/livez"))[0] == 200

    site.broker.kill(signal.SIGCONT)
    await site.until_ready()
    assert (await site.post(id="during"))[0] == 202


async def test_a_killed_broker_that_comes_back_is_found_again(site: Site) -> None:
    await site.start_broker()
    await site.until_ready()
    site.broker.kill(signal.SIGKILL)
    await site.broker.wait()
    assert (await site.post(id="during"))[0] == 503
    await site.broker.start()
    await site.until_ready()
    status, _, answer = await site.post(id="after")
    assert (status, answer["accepted"]) == (202, 1)


async def test_a_collector_that_is_asked_to_stop_answers_what_is_in_flight_and_ends_well(site: Site) -> None:
    await site.start_broker()
    await site.until_ready()
    assert (await site.post())[0] == 202
    site.broker.kill(signal.SIGSTOP)
    waiting = asyncio.create_task(site.post(id="in-flight"))
    async with asyncio.timeout(10):
        while b"collector_in_flight_requests 1.0" not in await _metrics(site):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.01)
    os.kill(site.collector.pid, signal.SIGTERM)
    async with asyncio.timeout(15):
        status, _, answer = await waiting
        assert (status, answer["results"][0]["status"]) == (503, "retry")
        assert await site.collector.wait() == 0
    site.broker.kill(signal.SIGCONT)


async def _metrics(site: Site) -> bytes:
    async with site.session.get(f"{site.operations}/metrics") as response:
        return await response.read()
