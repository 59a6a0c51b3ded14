"""In which partition a provider lives. Pure: collector and aggregator must agree on it without asking Kafka."""

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, cast

_EVENTS: Final = "feedback.events.v1"
_WORD: Final = 0xFFFF_FFFF
_SEED: Final = 0x9747_B28C
_MULTIPLIER: Final = 0x5BD1_E995


@cache
def declared_partitions() -> int:
    """How many partitions the events' topic has for ever, as schemas/topics.toml declares it.

    A deployment may give the topic another name, never another shape.
    """
    return int(_declared()["partitions"])


def declared_settings() -> dict[str, str]:
    """The settings that the events' topic should have on its brokers, in Kafka's own names and texts."""
    return dict(_declared()["settings"])


def _declared() -> Mapping[str, Any]:
    topics = tomllib.loads(files("schemas").joinpath("topics.toml").read_text("utf-8"))["topics"]
    return cast("Mapping[str, Any]", topics[_EVENTS])


@lru_cache(maxsize=65_536)
def partition_of(provider: str, partitions: int) -> int:
    """The partition of a provider's events, where Kafka's own default would put a record with this key.

    Remembered, because the hash in pure Python costs more than encoding the event. The memory is bounded, since a
    record in a log may name any provider.
    """
    return (_murmur2(provider.encode()) & 0x7FFF_FFFF) % partitions


def _murmur2(data: bytes) -> int:
    """MurmurHash2 in the 32-bit form that Kafka's clients use, with their seed."""
    whole = len(data) & ~3
    value = _SEED ^ len(data)
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _MULTIPLIER & _WORD
        value = (value * _MULTIPLIER ^ (word ^ word >> 24) * _MULTIPLIER) & _WORD
    if whole < len(data):
        value = (value ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _WORD
    value = (value ^ value >> 13) * _MULTIPLIER & _WORD
    return value ^ value >> 15
