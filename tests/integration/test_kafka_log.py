"""The log's adapter on a real broker: what would otherwise make a lane begin again for ever."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from builders.events import recorded
from builders.thread import HOME, Thread

from services.aggregator.consumer import KafkaLog, LogUnavailable, LogUnreadable
from services.aggregator.decode import Record
from services.aggregator.offsets import GROUP
from services.runtime.partitioning import declared_settings, partition_of
from services.runtime.topic_settings import tell_differences

STOPPED = "SELECT stopped FROM feedback.fence WHERE partition = $1"
OTHERS = [f"1.2.246.562.10.100000{number:05}" for number in range(1, 200)]
NEIGHBOUR, OF_NEIGHBOUR = (HOME + 2) % 16, next(one for one in OTHERS if partition_of(one, 16) == (HOME + 2) % 16)


@pytest.fixture
async def admin(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    yield admin
    await admin.close()


async def fetched(log: KafkaLog, partition: int) -> Sequence[Record]:
    """What comes next of a partition."""
    async with asyncio.timeout(20):
        while True:
            found = await log.fetch(10, 200)
            if found:
                return found[partition]


async def reported(log: KafkaLog, positions: dict[int, int]) -> None:
    """Report them, as soon as the broker has made the topic of groups."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await log.report(positions)
            except LogUnavailable:
                await asyncio.sleep(0.05)


async def test_partitions_may_be_assigned_again_before_the_broker_of_the_group_is_known(
    thread: Thread, kafka: str, topic: str
) -> None:
    await thread.post(recorded())
    for _ in range(3):
        log = KafkaLog(topic, {"bootstrap_servers": kafka})
        try:
            await log.start()
            for _ in range(20):
                log.read_from({NEIGHBOUR: 0})
                await log.fetch(10, 1)
            log.read_from({HOME: 0})
            assert [record.offset for record in await fetched(log, HOME)] == [0]
        finally:
            await log.stop()


async def test_offsets_are_told_under_the_name_of_the_group(
    thread: Thread, kafka: str, topic: str, admin: AIOKafkaAdminClient
) -> None:
    await thread.post(recorded())
    log = KafkaLog(topic, {"bootstrap_servers": kafka})
    try:
        await log.start()
        await reported(log, {HOME: 7, NEIGHBOUR: 3})
        told = await admin.list_consumer_group_offsets(GROUP)
    finally:
        await log.stop()
    assert told[TopicPartition(topic, HOME)].offset == 7
    assert told[TopicPartition(topic, NEIGHBOUR)].offset == 3


async def test_a_compression_that_is_not_installed_stops_its_partition_alone_behind_what_comes_before_it(
    thread: Thread, kafka: str, topic: str, admin: AIOKafkaAdminClient
) -> None:
    log = KafkaLog(topic, {"bootstrap_servers": kafka})

    async def post_until_stored(compression: str, *, readable: bool) -> int:
        """Write records until one is stored so, which the broker does some time after it was told; its offset."""
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"compression.type": compression})])
        async with asyncio.timeout(20):
            while True:
                (offset,) = (await log.ends([HOME])).values()
                await thread.post(recorded(subject=f"s-{offset}"))
                log.read_from({HOME: offset})
                try:
                    await fetched(log, HOME)
                except LogUnreadable:
                    if not readable:
                        return offset
                else:
                    if readable:
                        return offset

    try:
        await log.start()
        packed = await post_until_stored("zstd", readable=False)
        await post_until_stored("uncompressed", readable=True)
    finally:
        await log.stop()
    await thread.post(recorded(providerid=OF_NEIGHBOUR), partition=NEIGHBOUR)
    async with thread.aggregator():
        assert await thread.until(STOPPED, lambda reason: reason is not None, HOME) == "unreadable_record"
        await thread.read_up_to(1, NEIGHBOUR)
    await thread.read_up_to(packed)


async def test_what_a_topic_has_otherwise_than_declared_is_told_once(
    kafka: str, topic: str, admin: AIOKafkaAdminClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await tell_differences({"bootstrap_servers": kafka}, topic, asyncio.Event())
    assert "topic_setting_differs" not in capsys.readouterr().out
    settings = declared_settings() | {"min.insync.replicas": "1", "cleanup.policy": "compact"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, settings)])
    async with asyncio.timeout(20):
        told = ""
        while "topic_setting_differs" not in told:
            await tell_differences({"bootstrap_servers": kafka}, topic, asyncio.Event())
            told = capsys.readouterr().out
    assert (told.count("topic_setting_differs"), "setting=cleanup.policy" in told) == (1, True), told
