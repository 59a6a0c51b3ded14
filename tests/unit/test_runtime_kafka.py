import ssl

import pytest
from aiokafka.partitioner import DefaultPartitioner

from services.runtime.kafka import client_options, declared_partitions, partition_of
from services.runtime.settings import KafkaSettings


def test_a_provider_lives_where_kafkas_default_partitioner_puts_its_key() -> None:
    partitions = list(range(16))
    for number in range(200):
        provider = f"1.2.246.562.10.1000000{number:04d}"
        assert partition_of(provider, 16) == DefaultPartitioner()(provider.encode(), partitions, partitions)


def test_providers_keep_their_partitions_for_ever() -> None:
    assert partition_of("1.2.246.562.10.10000000001", 16) == 8
    assert declared_partitions() == 16


def test_a_plain_connection_carries_no_credentials() -> None:
    options = client_options(KafkaSettings(kafka_bootstrap="a:1"))
    assert options == {"bootstrap_servers": "a:1", "security_protocol": "PLAINTEXT"}


def test_an_encrypted_connection_verifies_the_broker_and_names_the_user() -> None:
    options = client_options(
        KafkaSettings.from_environ(
            {
                "KAFKA_BOOTSTRAP": "a:1",
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
                "KAFKA_SASL_USERNAME": "collector",
                "KAFKA_SASL_PASSWORD": "hunter2",
            }
        )
    )
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert options["ssl_context"].check_hostname is True
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("collector", "hunter2")


def test_a_missing_certificate_is_told_when_options_are_made() -> None:
    settings = KafkaSettings.from_environ(
        {"KAFKA_BOOTSTRAP": "a:1", "KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CA_FILE": "/nowhere/ca.pem"}
    )
    with pytest.raises(FileNotFoundError):
        client_options(settings)
