"""The session's Postgres and Kafka, as every other integration test gets them."""

import asyncio

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from palautevirta.local.postgres import Database
from palautevirta.topics import TopicRefused, create_topics, declared_topics


async def fetchval(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_database_is_migrated_and_reached_by_the_services_roles(database: Database) -> None:
    assert await fetchval(database.aggregator_dsn, "SELECT count(*) FROM feedback.request") == 0
    assert await fetchval(database.reporting_dsn, "SELECT current_user") == "palautevirta_reporting"


async def test_the_reading_role_may_not_write(database: Database) -> None:
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
        await fetchval(database.reporting_dsn, "DELETE FROM feedback.request")


@pytest.mark.parametrize("run", ["first", "second"])
async def test_each_test_has_a_database_of_its_own(database: Database, run: str) -> None:
    exists = "SELECT to_regclass('public.left_behind') IS NOT NULL"
    assert await fetchval(database.dsn, exists) is False, run
    await fetchval(database.dsn, "CREATE TABLE public.left_behind ()")
    assert await fetchval(database.dsn, exists) is True, run


async def test_a_topic_has_the_declared_partitions_and_settings(kafka: str, topic: str) -> None:
    (declared,) = declared_topics()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    (described,) = await admin.describe_topics([topic])
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    await admin.close()
    assert len(described["partitions"]) == declared.partitions == 16
    settings = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    # One local broker holds the only replica and cannot ask for a second.
    assert {name: settings[name] for name in declared.settings} == {**declared.settings, "min.insync.replicas": "1"}


async def test_a_topic_with_another_number_of_partitions_is_refused(kafka: str, topic: str) -> None:
    other = type(declared_topics()[0])(name=topic, key="k", partitions=3, replication_factor=1, settings={})
    with pytest.raises(TopicRefused, match="16 partitions instead of 3"):
        await create_topics(kafka, [other])


async def test_what_is_produced_is_consumed(kafka: str, topic: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await producer.start()
    sent = await producer.send_and_wait(topic, b"event", partition=7)
    await producer.stop()
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="none")
    await consumer.start()
    consumer.assign([TopicPartition(topic, 7)])
    consumer.seek(TopicPartition(topic, 7), sent.offset)
    async with asyncio.timeout(30):
        record = await consumer.getone()
    await consumer.stop()
    assert (record.value, record.offset) == (b"event", 0)
