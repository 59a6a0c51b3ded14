"""The topics of schemas/topics.toml, created on a broker."""

import asyncio
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

import schemas

TOPICS_FILE: Final = Path(schemas.__file__).with_name("topics.toml")
_MIN_IN_SYNC: Final = "min.insync.replicas"
_TIMEOUT_S: Final = 30.0


class TopicRefused(Exception):
    """A topic cannot be created, or stands on the broker with another number of partitions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic as declared: its settings are Kafka's own names and texts."""

    name: str
    key: str
    partitions: int
    replication_factor: int
    settings: Mapping[str, str]


def declared_topics(file: Path = TOPICS_FILE) -> tuple[Topic, ...]:
    """All topics of the file."""
    return tuple(Topic(name=name, **fields) for name, fields in tomllib.loads(file.read_text())["topics"].items())


async def create_topics(
    bootstrap: str, topics: Sequence[Topic], options: Mapping[str, Any] | None = None
) -> tuple[Topic, ...]:
    """Create those topics that are missing and return them once every partition has a leader; else raise TopicRefused.

    A topic that exists keeps its settings; only its number of partitions is compared. `options` are what a Kafka client
    takes beside the address. Raises KafkaError and TimeoutError too.
    """
    admin = AIOKafkaAdminClient(**{**(options or {}), "bootstrap_servers": bootstrap})
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await admin.start()
            brokers = len((await admin.describe_cluster())["brokers"])
            wanted = [for_cluster(topic, brokers) for topic in topics]
            answer = await admin.create_topics([_new_topic(topic) for topic in wanted])
            for name, code, message in answer.topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise TopicRefused(f"{name} was not created: {message or error.__name__}")
            await _until_led(admin, topics)
            there = {name for name, code, _ in answer.topic_errors if code}
            return tuple(topic for topic in wanted if topic.name not in there)
    finally:
        await admin.close()


def for_cluster(topic: Topic, brokers: int) -> Topic:
    """The topic as this many brokers can hold it: one local broker holds the only replica and needs no other."""
    settings = dict(topic.settings)
    if _MIN_IN_SYNC in settings:
        settings[_MIN_IN_SYNC] = str(min(int(settings[_MIN_IN_SYNC]), brokers))
    return replace(topic, replication_factor=min(topic.replication_factor, brokers), settings=settings)


def _new_topic(topic: Topic) -> NewTopic:
    return NewTopic(
        name=topic.name,
        num_partitions=topic.partitions,
        replication_factor=topic.replication_factor,
        topic_configs=dict(topic.settings),
    )


async def _until_led(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    while True:
        described: list[dict[str, Any]] = await admin.describe_topics([topic.name for topic in topics])
        stand = {one["topic"]: one["partitions"] for one in described}
        if all(stand.get(topic.name) and all(not p["error_code"] for p in stand[topic.name]) for topic in topics):
            break
        await asyncio.sleep(0.02)
    for topic in topics:
        if len(stand[topic.name]) != topic.partitions:
            raise TopicRefused(
                f"{topic.name} stands with {len(stand[topic.name])} partitions instead of {topic.partitions}. "
                "Their number is fixed for the life of a topic: use another data directory or broker."
            )
