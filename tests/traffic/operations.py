"""What people do to a stack: clients post all that they have, an operator adopts a log or makes the topic anew."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition
from builders.command import run_command
from recount.ledger import Arrival

from palautevirta.local.stack import LocalStack
from palautevirta.topics import create_topics, declared_topics
from traffic.aftermath import TOPIC, until
from traffic.campaign import campaign
from traffic.load import ClientLoad

_TOPIC_DEADLINE_S: Final = 20.0


async def post(stack: LocalStack, clients: Sequence[ClientLoad]) -> list[Arrival]:
    """Post everything without being disturbed; what was acknowledged, by receipt."""
    async with campaign(stack, clients) as running:
        await running.gate.open_for(running.postings)
    assert [line for client in running.told for line in client.mistakes] == []
    return [arrival for client in running.told for arrival in client.accepted]


async def adopt(stack: LocalStack, *arguments: str) -> tuple[int | None, list[str]]:
    """Run `palautevirta log adopt` as an operator does; its exit status and what it said."""
    servers = {"DATABASE_URL": stack.endpoints.postgres, "KAFKA_BOOTSTRAP": stack.endpoints.kafka}
    status, said = await run_command("log", "adopt", "--yes", *arguments, settings=servers)
    return status, said.splitlines()


async def make_topic_anew(kafka: str, topic: str = TOPIC) -> None:
    """Delete the topic of a running cluster and create it again."""
    async with _administration(kafka) as admin:
        await admin.delete_topics([topic])

        async def gone() -> bool:
            return topic not in await admin.list_topics()

        await until(gone, deadline_s=_TOPIC_DEADLINE_S)
    (declared,) = declared_topics()
    await create_topics(kafka, [replace(declared, name=topic)])


async def truncate(kafka: str, ends: Mapping[int, int]) -> None:
    """Delete the records of these partitions before these offsets."""
    async with _administration(kafka) as admin:
        await admin.delete_records(
            {TopicPartition(TOPIC, partition): RecordsToDelete(before_offset=end) for partition, end in ends.items()}
        )


@asynccontextmanager
async def _administration(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        async with asyncio.timeout(_TOPIC_DEADLINE_S):
            await admin.start()
            yield admin
    finally:
        await admin.close()
