"""How to reach the brokers, for every Kafka client of the house."""

import ssl
from typing import Any

from services.runtime.settings import KafkaSettings


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
