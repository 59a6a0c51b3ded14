"""The only broker that leads a partition is killed: that partition waits for it, and those beside it don't."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from builders.events import recorded
from builders.thread import Thread
from prometheus_client import CollectorRegistry
from traffic.aftermath import PARTITIONS, until
from traffic.second_broker import SECOND, second_broker

from palautevirta.local.directory import DataDirectory
from palautevirta.local.kafka import kafka_program
from palautevirta.local.postgres import Database
from palautevirta.local.process import ChildProcess
from palautevirta.local.stack import cache_folder
from services.aggregator import app
from services.runtime.partitioning import declared_settings, partition_of

TOPIC = "test.leaders"
OFF, BESIDE = 15, 13
PROVIDERS = [f"1.2.246.562.10.100000000{number:02}" for number in range(10, 99)]
OF = {partition_of(provider, PARTITIONS): provider for provider in PROVIDERS}
"""A provider of each partition; these two are read by one lane."""

COMPLETE = "SELECT complete_until > $2 FROM feedback.fence WHERE partition = $1"
DEADLINE_S = 30.0


@pytest.fixture
async def brokers(tmp_path: Path) -> AsyncIterator[tuple[str, ChildProcess]]:
    """The address of one broker, and a second one that leads a single partition of the topic."""
    address, program = await kafka_program(
        DataDirectory(tmp_path / "first"), cache=cache_folder(os.environ), environment=os.environ, say=print
    )
    first = ChildProcess(program)
    await first.start()
    second = await second_broker(program, tmp_path / "second")
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    try:
        await second.start()
        await admin.start()

        async def joined() -> bool:
            return len((await admin.describe_cluster())["brokers"]) == SECOND

        await until(joined, deadline_s=DEADLINE_S)
        led = {partition: [SECOND] if partition == OFF else [1] for partition in range(PARTITIONS)}
        settings = declared_settings() | {"min.insync.replicas": "1"}
        await admin.create_topics([NewTopic(TOPIC, -1, -1, replica_assignments=led, topic_configs=settings)])
        yield address, second
    finally:
        await admin.close()
        await second.stop()
        await first.stop()


@pytest.mark.timeout(180)
async def test_a_partition_without_a_leader_does_not_hold_up_those_beside_it(
    brokers: tuple[str, ChildProcess], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, second = brokers
    registry = CollectorRegistry()
    monkeypatch.setattr(app, "CollectorRegistry", lambda: registry)

    async def left_out() -> bool:
        return registry.get_sample_value("aggregator_partition_without_leader", {"partition": str(OFF)}) == 1

    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all")
    await producer.start()
    thread = Thread(address, TOPIC, database, producer)
    thread.connection = await asyncpg.connect(database.dsn)
    try:
        async with thread.aggregator():
            for partition in (OFF, BESIDE):
                await thread.post(recorded(providerid=OF[partition]), partition=partition)
                await thread.read_up_to(1, partition)
            second.kill()
            assert await second.wait() == -signal.SIGKILL
            await until(left_out, deadline_s=DEADLINE_S)
            await thread.post(recorded(providerid=OF[BESIDE], subject="meanwhile"), partition=BESIDE)
            await thread.read_up_to(2, BESIDE)
            now = await thread.connection.fetchval("SELECT clock_timestamp()")
            await thread.until(COMPLETE, bool, BESIDE, now)
            await second.start()
            async with asyncio.timeout(DEADLINE_S):
                await thread.post(recorded(providerid=OF[OFF], subject="again"), partition=OFF)
            await thread.read_up_to(2, OFF)
            assert await thread.connection.fetchval("SELECT count(*) FROM feedback.fence WHERE stopped <> ''") == 0
        assert await thread.broken() == []
    finally:
        await thread.connection.close()
        await producer.stop()
