"""A log and a database with an aggregator between them: the thread that integration tests pull at."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from palautevirta.local.postgres import Database
from palautevirta.verification import verify
from services.aggregator.app import serve
from services.aggregator.settings import AggregatorSettings
from services.runtime.partitioning import partition_of

from .events import PROVIDER, body
from .process import aggregator_environ

HOME = partition_of(PROVIDER, 16)

BREAK = """
import asyncio, sys
from aiokafka import AIOKafkaProducer

class Name(str):
    def encode(self, *_):
        return bytes([255, 254])

async def main(bootstrap, topic, partition):
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait(topic, b"{}", partition=int(partition), headers=[(Name("ab"), b"x")])

asyncio.run(main(*sys.argv[1:]))
"""
"""Writes a record whose header's name is no UTF-8, which only aiokafka's builder in pure Python can be brought to."""


class Thread:
    """A log and a database with an aggregator between them."""

    def __init__(self, kafka: str, topic: str, database: Database, producer: AIOKafkaProducer) -> None:
        self._kafka = kafka
        self._topic = topic
        self._database = database
        self._producer = producer
        self.settings = aggregator_environ(kafka, topic, database)
        """As an aggregator takes them."""
        self.connection: asyncpg.Connection[asyncpg.Record]

    async def post(self, *values: dict[str, Any] | bytes, partition: int = HOME, model: int = 2) -> None:
        """Write records as a collector would, or worse."""
        for value in values:
            await self._producer.send_and_wait(
                self._topic,
                value if isinstance(value, bytes) else body(value),
                partition=partition,
                headers=[("model", str(model).encode())],
            )

    async def post_with_headers(self, value: dict[str, Any], headers: list[tuple[str, bytes | None]]) -> None:
        """Write a record with headers that no collector would write."""
        await self._producer.send_and_wait(self._topic, body(value), partition=HOME, headers=headers)

    async def post_with_a_broken_header_name(self) -> None:
        """Write a record that no consumer of aiokafka can take apart."""
        writing = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", BREAK, self._kafka, self._topic, str(HOME)),
            env=os.environ | {"AIOKAFKA_NO_EXTENSIONS": "1"},
        )
        assert await writing.wait() == 0

    @asynccontextmanager
    async def aggregator(self, **settings: str) -> AsyncIterator[None]:
        """An aggregator that runs while the context is open."""
        stopping = asyncio.Event()
        serving = asyncio.create_task(serve(AggregatorSettings.from_environ(self.settings | settings), stopping))
        try:
            yield
        finally:
            stopping.set()
            async with asyncio.timeout(20):
                await serving

    async def count(self, *values: dict[str, Any] | bytes, partition: int = HOME, model: int = 2) -> None:
        """Write the first records of a partition and let an aggregator count them."""
        await self.post(*values, partition=partition, model=model)
        async with self.aggregator():
            await self.read_up_to(len(values), partition)

    async def until(self, sql: str, holds: Callable[[Any], bool], *arguments: Any) -> Any:
        """Ask the database until its answer is as expected."""
        value = None
        try:
            async with asyncio.timeout(20):
                while True:
                    value = await self.connection.fetchval(sql, *arguments)
                    if holds(value):
                        return value
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pytest.fail(f"still {value!r} after 20 s: {sql}")

    async def read_up_to(self, offset: int, partition: int = HOME) -> None:
        await self.until(
            "SELECT next_offset FROM feedback.fence WHERE partition = $1", lambda value: value == offset, partition
        )

    async def broken(self) -> list[str]:
        return [finding.name for finding in await verify(self._database.dsn) if finding.broken_by]
