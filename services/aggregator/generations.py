"""Which log of which topic a partition is, by what its brokers say: what changes when somebody works on it.

A topic has an id, which one that is made anew under its name doesn't have; a partition has the epoch of its leader,
and while that is the same its log only grows. aiokafka asks neither, so the question is put together here.

Whoever leads a partition applies what it hears of topics to its answers before it applies it to the logs. So when the
same is said after a fetch as before, what was fetched is of the log that was meant.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, Final

from aiokafka.errors import for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields
from msgspec import Struct

_METADATA: Final = 3
_VERSION: Final = 10
"""The first one with ids of topics: brokers since Kafka 2.8."""

_UNKNOWN: Final = -1


class Generation(Struct, frozen=True):
    """The ids of a cluster and a topic, and the epoch of the leader of each partition that was asked for."""

    cluster: str
    topic: bytes
    leaders: Mapping[int, int]


class _Uuid:
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


class _Described(Response):  # type: ignore[misc] # the driver has no types
    API_KEY = _METADATA
    API_VERSION = _VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString()),
                ("port", Int32),
                ("rack", CompactString()),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString()),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString()),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_operations", Int32),
        ("tags", TaggedFields),
    )


class _Describe(RequestStruct):  # type: ignore[misc] # the driver has no types
    API_KEY = _METADATA
    API_VERSION = _VERSION
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Described
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", CompactString()), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_operations", Boolean),
        ("include_topic_operations", Boolean),
        ("tags", TaggedFields),
    )


class GenerationRequest(Request[_Describe]):  # type: ignore[misc] # the driver has no types
    """Asks a broker about one topic."""

    API_KEY = _METADATA

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def build(self, request_struct_class: type[_Describe]) -> _Describe:
        """What goes over the line."""
        return request_struct_class([(bytes(16), self._topic, {})], False, False, False, {})


def generation(answer: Any, partitions: Sequence[int]) -> Generation:
    """What a broker answered about these partitions. Raises KafkaError when it doesn't know the topic."""
    ((error_code, _, topic_id, _, described, *_),) = answer.topics
    if error_code:
        raise for_code(error_code)
    epochs = {partition: epoch for _, partition, _, epoch, *_ in described}
    return Generation(
        answer.cluster_id, topic_id, {partition: epochs.get(partition, _UNKNOWN) for partition in partitions}
    )
