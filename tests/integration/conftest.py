"""What the integration tests share."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from builders.thread import Thread

from palautevirta.local.postgres import Database


@pytest.fixture
async def thread(kafka: str, topic: str, database: Database) -> AsyncIterator[Thread]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    thread = Thread(kafka, topic, database, producer)
    thread.connection = await asyncpg.connect(database.dsn)
    yield thread
    await thread.connection.close()
    await producer.stop()
