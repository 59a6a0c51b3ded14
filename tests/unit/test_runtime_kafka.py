import ssl

import pytest

from services.runtime.kafka import client_options
from services.runtime.settings import KafkaSettings


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
