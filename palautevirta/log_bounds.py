"""What an operator's command asks of the log that is there now: which it is, and where its partitions begin and end."""

from collections.abc import Mapping

from msgspec import Struct

from services.aggregator.consumer import KafkaLog, LogUnavailable
from services.runtime.kafka import client_options
from services.runtime.partitioning import declared_partitions
from services.runtime.settings import KafkaSettings


class Found(Struct, frozen=True):
    """The log that is there now: its cluster, its topic's id, and the first and next offset of each partition."""

    log_id: str
    topic_id: bytes
    bounds: Mapping[int, tuple[int, int]]


async def look_at_log(settings: KafkaSettings) -> Found:
    """Ask Kafka, in bounded time. Raises LogUnavailable."""
    log = KafkaLog(settings.kafka_topic, client_options(settings))
    try:
        await log.start()
        partitions = range(declared_partitions())
        generation = await log.generation(partitions)
        bounds = await log.bounds(partitions)
        if missing := sorted(set(partitions) - bounds.keys()):
            raise LogUnavailable(f"no broker leads the partitions {missing}: bring them back first")
        return Found(generation.cluster, generation.topic, bounds)
    finally:
        await log.stop()
