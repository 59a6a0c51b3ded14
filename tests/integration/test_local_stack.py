"""Whole stacks over data directories of their own, with a small service instead of ours."""

import asyncio
import json
import os
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

import aiohttp
import asyncpg
import jwt
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from builders.command import run_command

from palautevirta.local.directory import DataDirectory, DirectoryInUse
from palautevirta.local.issuer import AUDIENCE
from palautevirta.local.postgres import postgres_is_ready, postgres_program
from palautevirta.local.process import ChildFailed, ChildProcess, Program
from palautevirta.local.services import AGGREGATOR, COLLECTOR, Service
from palautevirta.local.stack import LocalStack

TOPIC = "feedback.events.v1"
STAND_IN = """
import os
from aiohttp import web

async def answer(request):
    return web.json_response(dict(os.environ))

app = web.Application()
app.router.add_get("/readyz", answer)
web.run_app(app, host=os.environ["OPERATIONS_HOST"], port=int(os.environ["OPERATIONS_PORT"]))
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> dict[str, str]:
    """The settings with which a service's module is a small server that answers with its environment."""
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    return {"PYTHONPATH": str(tmp_path)}


def instance(service: Service, stand_in: dict[str, str], *, name: str) -> Service:
    return replace(service, name=name, module="stand_in", settings=stand_in)


def bare(data_dir: Path) -> LocalStack:
    return LocalStack(data_dir, environment=os.environ, services=())


async def answer_of(stack: LocalStack, name: str) -> dict[str, str]:
    url = stack.endpoints.metrics[name].removesuffix("/metrics") + "/readyz"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return dict(await response.json())


async def produce(stack: LocalStack) -> int:
    producer = AIOKafkaProducer(bootstrap_servers=stack.endpoints.kafka, acks="all")
    await producer.start()
    sent = await producer.send_and_wait(TOPIC, b"event", partition=3)
    await producer.stop()
    return int(sent.offset)


async def records(stack: LocalStack) -> int:
    """How many records the partition holds that `produce` writes to."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.endpoints.kafka, enable_auto_commit=False)
    await consumer.start()
    ends = await consumer.end_offsets([TopicPartition(TOPIC, 3)])
    await consumer.stop()
    return int(ends[TopicPartition(TOPIC, 3)])


async def test_a_second_run_continues_with_the_same_addresses_and_data(data_dir: Path) -> None:
    async with bare(data_dir) as stack:
        first = stack.endpoints
        await produce(stack)
        connection = await asyncpg.connect(first.postgres)
        await connection.execute("CREATE TABLE public.kept ()")
        await connection.close()
        token = stack.issuer.mint(organisations=["1.2.246.562.10.1"], scope="feedback:write")
    async with bare(data_dir) as stack:
        assert stack.endpoints == first
        assert await records(stack) == 1
        connection = await asyncpg.connect(first.postgres)
        assert await connection.fetchval("SELECT to_regclass('public.kept') IS NOT NULL") is True
        await connection.close()
        async with aiohttp.ClientSession() as session, session.get(first.jwks) as response:
            keys = jwt.PyJWKSet.from_dict(await response.json())
        key = keys[jwt.get_unverified_header(token)["kid"]]
        assert jwt.decode(token, key, algorithms=["ES256"], audience=AUDIENCE)["scope"] == "feedback:write"


async def test_a_port_that_is_taken_is_said_before_anything_starts(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        told = await run_command("up", "--data-dir", str(data_dir), "--collector-port", str(port), settings={})
    sentence = f"Error: Port {port} of collector is taken by another program: end that one, or choose another port.\n"
    assert told == (1, sentence)
    assert not (data_dir / "postgres").exists()


async def test_killed_servers_come_back_with_what_they_had_acknowledged(data_dir: Path) -> None:
    async with bare(data_dir) as stack:
        assert stack.kafka is not None
        assert stack.postgres is not None
        await produce(stack)
        connection = await asyncpg.connect(stack.endpoints.postgres)
        await connection.execute("CREATE TABLE public.kept ()")
        for server in (stack.postgres, stack.kafka):
            server.kill()
            assert await server.wait() == -signal.SIGKILL
            await server.start()
        connection.terminate()
        assert await records(stack) == 1
        connection = await asyncpg.connect(stack.endpoints.postgres)
        assert await connection.fetchval("SELECT to_regclass('public.kept') IS NOT NULL") is True
        await connection.close()


async def test_a_lock_file_with_the_number_of_a_stranger_does_not_keep_postgres_from_starting(data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    _, program = await postgres_program(directory, environment=os.environ)
    postgres = ChildProcess(program)
    await postgres.start()
    postgres.kill()
    await postgres.wait()
    lock_file = directory.path / "postgres" / "data" / "postmaster.pid"
    _, *rest = lock_file.read_text().splitlines(keepends=True)
    lock_file.write_text("".join([f"{os.getpid()}\n", *rest]))
    dsn, program = await postgres_program(directory, environment=os.environ)
    postgres = ChildProcess(program)
    await postgres.start()
    assert await postgres_is_ready(dsn)
    await postgres.stop()


async def test_a_paused_postgres_answers_nobody_until_it_goes_on(data_dir: Path) -> None:
    async with bare(data_dir) as stack:
        assert stack.postgres is not None
        connection = await asyncpg.connect(stack.endpoints.postgres)
        stack.postgres.kill(signal.SIGSTOP)
        question = asyncio.create_task(connection.fetchval("SELECT 1"))
        _, waiting = await asyncio.wait([question], timeout=0.3)
        assert waiting == {question}
        stack.postgres.kill(signal.SIGCONT)
        assert await question == 1
        await connection.close()


async def test_services_start_in_numbers_and_each_dies_and_comes_back_alone(
    data_dir: Path, stand_in: dict[str, str]
) -> None:
    services = [
        instance(COLLECTOR, stand_in, name="collector"),
        instance(AGGREGATOR, stand_in, name="aggregator-1"),
    ]
    async with LocalStack(data_dir, environment=os.environ, services=services) as stack:
        await stack.add(instance(AGGREGATOR, stand_in, name="aggregator-2"))
        assert stack.endpoints.metrics.keys() == stack.services.keys() == {"collector", "aggregator-1", "aggregator-2"}
        assert stack.endpoints.reporting is None
        first, second = await answer_of(stack, "aggregator-1"), await answer_of(stack, "aggregator-2")
        assert first["DIGEST_KEYS"] == second["DIGEST_KEYS"]
        assert (first["OWNER"], second["OWNER"]) == ("aggregator-1", "aggregator-2")
        collector = await answer_of(stack, "collector")
        assert stack.endpoints.collector == f"http://127.0.0.1:{collector['HTTP_PORT']}"
        assert await postgres_is_ready(first["DATABASE_URL"])

        stack.services["aggregator-1"].kill()
        await stack.services["aggregator-1"].wait()
        with pytest.raises(aiohttp.ClientConnectionError):
            await answer_of(stack, "aggregator-1")
        assert await answer_of(stack, "aggregator-2") == second
        await stack.services["aggregator-1"].start()
        assert await answer_of(stack, "aggregator-1") == first


async def test_a_service_that_cannot_start_is_named_and_nothing_is_left_running(
    data_dir: Path, stand_in: dict[str, str]
) -> None:
    stack = LocalStack(
        data_dir,
        environment=os.environ,
        services=[
            instance(COLLECTOR, stand_in, name="collector"),
            Service(name="broken", module="no_such_module"),
        ],
    )
    with pytest.raises(ChildFailed, match=r"(?s)broken ended with status 1.*No module named no_such_module"):
        await stack.__aenter__()
    children = [stack.postgres, stack.kafka, *stack.services.values()]
    assert len(children) == 4
    assert not any(child.running for child in children if child is not None)


async def test_two_stacks_run_side_by_side_but_not_over_one_directory(data_dir: Path, tmp_path: Path) -> None:
    async with bare(data_dir) as one:
        with pytest.raises(DirectoryInUse):
            await bare(data_dir).__aenter__()
        async with bare(tmp_path / "other") as other:
            assert one.endpoints.kafka != other.endpoints.kafka
            await produce(one)
            assert (await records(one), await records(other)) == (1, 0)


async def test_given_servers_are_used_instead(data_dir: Path, postgres: str, kafka: str) -> None:
    given = {**os.environ, "DATABASE_URL": postgres, "KAFKA_BOOTSTRAP": kafka}
    async with LocalStack(data_dir, environment=given, services=()) as stack:
        assert (stack.postgres, stack.kafka) == (None, None)
        assert (stack.endpoints.postgres, stack.endpoints.kafka) == (postgres, kafka)


async def test_up_prints_one_line_when_ready_and_stops_everything_on_sigterm(data_dir: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"

    async def printed() -> bool:
        return bool(await asyncio.to_thread(output.read_text))

    script = 'exec "$0" -m palautevirta up --no-services --data-dir "$1" 2> "$2"'
    up = ChildProcess(
        Program(
            name="up",
            argv=("sh", "-c", script, sys.executable, str(data_dir), str(tmp_path / "told")),
            log=output,
            environment=os.environ,
            directory=Path(__file__).parents[2],
            ready=printed,
        )
    )
    await up.start()
    (line,) = (await asyncio.to_thread(output.read_text)).splitlines()
    endpoints = json.loads(line)
    assert endpoints.keys() == {"collector", "reporting", "kafka", "postgres", "metrics", "jwks"}
    assert await postgres_is_ready(endpoints["postgres"])
    await up.stop()
    assert await up.wait() == 0
    assert not await postgres_is_ready(endpoints["postgres"])
