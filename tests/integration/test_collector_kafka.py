"""The sink that is Kafka, against a real broker: what makes it give up a producer, and that the next one works."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from palautevirta.topics import create_topics, declared_topics
from services.collector.kafka import KafkaSink
from services.collector.settings import CollectorSettings
from services.collector.telemetry import Telemetry

RECORD = (b"1.2.246.562.10.10000000001", b"{}")
REPLACED = "collector_producer_replacements_total"


class Site:
    """A started sink and what it counted."""

    def __init__(self, kafka: str, topic: str) -> None:
        self.registry = CollectorRegistry()
        settings = CollectorSettings(
            kafka_bootstrap=kafka,
            kafka_topic=topic,
            kafka_request_timeout_ms=500,
            acknowledgement_timeout_ms=500,
            token_issuer="issuer",
            token_audience="audience",
            token_jwks_url="http://127.0.0.1/",
        )
        telemetry = Telemetry(self.registry, 16)
        self.sink = KafkaSink(settings, telemetry, partitions=16, headers={"model": b"1"})

    async def until_ready(self) -> None:
        async with asyncio.timeout(20):
            while self.sink.unready() is not None:  # noqa: ASYNC110 - readiness is asked, not told
                await asyncio.sleep(0.01)

    def replaced(self) -> float | None:
        return self.registry.get_sample_value(REPLACED)


@asynccontextmanager
async def sinking(kafka: str, topic: str) -> AsyncIterator[Site]:
    site = Site(kafka, topic)
    site.sink.start()
    try:
        yield site
    finally:
        async with asyncio.timeout(15):
            await site.sink.close()


async def test_offsets_of_a_partition_are_dense_and_in_order(kafka: str, topic: str) -> None:
    async with sinking(kafka, topic) as site:
        await site.until_ready()
        assert await site.sink.send(3, [RECORD, RECORD, RECORD]) == 0
        assert await site.sink.send(3, [RECORD]) == 3
        assert await site.sink.send(4, [RECORD]) == 0
        assert site.replaced() == 0


async def test_a_batch_that_the_broker_refuses_doesnt_poison_the_next(kafka: str) -> None:
    (declared,) = declared_topics()
    name = f"test.{secrets.token_hex(6)}"
    settings = {**declared.settings, "max.message.bytes": "2000"}
    await create_topics(kafka, [replace(declared, name=name, settings=settings)])
    async with sinking(kafka, name) as site:
        await site.until_ready()
        assert await site.sink.send(3, [RECORD]) == 0
        assert await site.sink.send(3, [(RECORD[0], b"x" * 5_000)]) is None
        assert await site.sink.send(3, [RECORD]) == 1
        assert await site.sink.send(5, [RECORD]) == 0
        assert site.replaced() == 1


async def test_a_send_that_is_cancelled_at_its_deadline_is_followed_by_one_that_works(kafka: str, topic: str) -> None:
    async with sinking(kafka, topic) as site:
        await site.until_ready()
        sending = asyncio.create_task(site.sink.send(3, [RECORD]))
        await asyncio.wait({sending}, timeout=0)
        sending.cancel()
        await asyncio.wait({sending}, timeout=5)
        assert sending.cancelled()
        assert site.replaced() == 1
        offset = await site.sink.send(3, [RECORD])
        assert offset in {0, 1}  # the cancelled batch may have become durable all the same


async def test_a_sender_task_that_dies_is_noticed_without_a_send(kafka: str, topic: str) -> None:
    async with sinking(kafka, topic) as site:
        await site.until_ready()
        producer = site.sink._producer  # noqa: SLF001 - only a defect of the library makes it die
        assert producer is not None
        producer._sender.sender_task.cancel()  # noqa: SLF001 - see above
        async with asyncio.timeout(20):
            while site.replaced() != 1:  # noqa: ASYNC110 - counters are asked, not told
                await asyncio.sleep(0.01)
        assert await site.sink.send(3, [RECORD]) == 0
        assert site.sink.failing() is None


async def test_a_topic_of_another_shape_is_never_written(kafka: str) -> None:
    (declared,) = declared_topics()
    name = f"test.{secrets.token_hex(6)}"
    await create_topics(kafka, [replace(declared, name=name, partitions=4)])
    async with sinking(kafka, name) as site:
        async with asyncio.timeout(20):
            while "4 partitions instead of 16" not in str(site.sink.unready()):  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.01)
        assert await site.sink.send(3, [RECORD]) is None


async def test_a_missing_topic_is_waited_for(kafka: str) -> None:
    (declared,) = declared_topics()
    name = f"test.{secrets.token_hex(6)}"
    async with sinking(kafka, name) as site:
        async with asyncio.timeout(20):
            while "can't be found" not in str(site.sink.unready()):  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.01)
        await create_topics(kafka, [replace(declared, name=name)])
        await site.until_ready()
        assert await site.sink.send(3, [RECORD]) == 0


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no-such-host.invalid:9092"])
async def test_closing_is_bounded_when_there_never_was_a_broker(address: str) -> None:
    async with sinking(address, "nowhere") as site:
        assert await site.sink.send(3, [RECORD]) is None
        assert site.sink.unready() is not None
        assert site.sink.failing() is None
