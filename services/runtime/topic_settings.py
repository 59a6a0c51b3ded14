"""Whether the events' topic stands on the brokers as schemas/topics.toml declares it; services ask when they start.

A difference is told and nothing is refused for it: events are worth taking also where a setting is wrong, and whoever
may change the topic reads the log lines.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from services.runtime.logging import logger
from services.runtime.partitioning import declared_settings
from services.runtime.waiting import set_within

_IN_SYNC: Final = "min.insync.replicas"
_PROMISED: Final = frozenset({_IN_SYNC, "cleanup.policy", "message.timestamp.type"})
"""What promises rest on: an acknowledged event is on more than one broker, is kept, and has the broker's time."""

_TIMEOUT_S: Final = 10.0
_AGAIN_S: Final = 30.0

_LOG: Final = logger(__name__)


def differences(
    declared: Mapping[str, str], found: Mapping[str, str], brokers: int
) -> dict[str, tuple[str, str | None]]:
    """The settings that stand otherwise than declared: what was declared, and what was found. Pure.

    A cluster with fewer brokers than replicas declared needs as many in sync as it has.
    """
    expected = dict(declared)
    if _IN_SYNC in expected:
        expected[_IN_SYNC] = str(min(int(expected[_IN_SYNC]), brokers))
    return {
        name: (value, found.get(name))
        for name, value in expected.items()
        if found.get(name) != value and not (name == _IN_SYNC and int(found.get(name, "0")) > int(value))
    }


async def tell_differences(options: Mapping[str, Any], topic: str, stopping: asyncio.Event) -> None:
    """Ask the brokers until they answer, and log what stands otherwise: an error where a promise rests on it."""
    while not stopping.is_set():
        try:
            found, brokers = await _ask(options, topic)
        except (KafkaError, OSError, TimeoutError) as error:
            _LOG.warning("topic_settings_not_known", topic=topic, reason=type(error).__name__)
            if isinstance(error, KafkaError) and not error.retriable:
                return  # we may not ask
            await set_within(stopping, _AGAIN_S)
            continue
        for name, (declared, stands) in differences(declared_settings(), found, brokers).items():
            tell = _LOG.error if name in _PROMISED else _LOG.warning
            tell("topic_setting_differs", topic=topic, setting=name, declared=declared, found=stands)
        return


async def _ask(options: Mapping[str, Any], topic: str) -> tuple[dict[str, str], int]:
    """The topic's settings as they apply, and how many brokers there are."""
    admin = AIOKafkaAdminClient(**options)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await admin.start()
            brokers = len((await admin.describe_cluster())["brokers"])
            (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    finally:
        async with asyncio.timeout(_TIMEOUT_S):
            await admin.close()
    ((code, _, _, _, entries),) = answer.resources
    if code:
        raise for_code(code)
    return {name: value for name, value, *_ in entries}, brokers
