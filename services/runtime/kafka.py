"""What every Kafka client of the house needs: how to reach the brokers, and in which partition a provider lives."""

import ssl
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from aiokafka.partitioner import murmur2

from services.runtime.settings import KafkaSettings

_EVENTS: Final = "feedback.events.v1"


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """The options that every aiokafka client takes: addresses and security.

    Raises OSError when a file of certificates can't be read, ssl.SSLError when it holds something else.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        context = ssl.create_default_context(cafile=settings.kafka_ca_file)
        if settings.kafka_cert_file is not None:
            context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file)
        options["ssl_context"] = context
    if settings.kafka_sasl_mechanism is not None and settings.kafka_sasl_password is not None:
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password.get_secret_value(),
        }
    return options


@cache
def declared_partitions() -> int:
    """How many partitions the events' topic has for ever, as schemas/topics.toml declares it.

    A deployment may give the topic another name, never another shape.
    """
    declared = tomllib.loads(files("schemas").joinpath("topics.toml").read_text("utf-8"))
    return int(declared["topics"][_EVENTS]["partitions"])


@lru_cache(maxsize=65_536)
def partition_of(provider: str, partitions: int) -> int:
    """The partition of a provider's events: Kafka's own default, murmur2 of the key modulo the number of partitions.

    Remembered, because the hash in pure Python costs more than encoding the event. The memory is bounded, since a
    record in a log may name any provider.
    """
    positive: int = murmur2(provider.encode()) & 0x7FFF_FFFF
    return positive % partitions
