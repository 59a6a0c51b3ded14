import pytest

from services.runtime.settings import KafkaSettings, PostgresSettings, SettingsError, TokenSettings

TOKENS = {
    "TOKEN_ISSUER": "https://issuer.example",
    "TOKEN_AUDIENCE": "palautevirta",
    "TOKEN_JWKS_URL": "https://k.example",
}


class ServiceSettings(KafkaSettings, TokenSettings):
    pass


def problems(settings: type[KafkaSettings | PostgresSettings | TokenSettings], environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as raised:
        settings.from_environ(environ)
    return "\n".join(raised.value.problems)


def test_variables_are_the_fields_in_upper_case_and_others_are_nobodys_business() -> None:
    settings = ServiceSettings.from_environ({**TOKENS, "KAFKA_BOOTSTRAP": "a:1,b:2", "PATH": "/bin", "TOKEN_TYPE": ""})
    assert settings.kafka_bootstrap == "a:1,b:2"
    assert settings.kafka_topic == "feedback.events.v1"
    assert settings.token_type == "at+jwt"
    assert settings.token_algorithms == ("ES256", "RS256")


def test_all_problems_are_told_at_once_and_name_their_variables() -> None:
    told = problems(ServiceSettings, {"TOKEN_JWKS_URL": "ftp://k", "TOKEN_LEEWAY_SECONDS": "soon"})
    for variable in ("KAFKA_BOOTSTRAP", "TOKEN_ISSUER", "TOKEN_AUDIENCE", "TOKEN_JWKS_URL", "TOKEN_LEEWAY_SECONDS"):
        assert variable in told


def test_no_problem_repeats_a_value() -> None:
    environ = {
        "DATABASE_URL": "postgresql://u:hunter2@h/d",
        "DATABASE_CONNECT_TIMEOUT_SECONDS": "hunter3",
        "DATABASE_SSL_MODE": "hunter4",
    }
    assert "hunter" not in problems(PostgresSettings, environ)


@pytest.mark.parametrize(("port", "usable"), [("65535", True), ("65536", False), ("99999", False), ("70000", False)])
def test_a_port_that_cannot_be_is_no_database(port: str, *, usable: bool) -> None:
    environ = {"DATABASE_URL": f"postgresql://u:p@h:{port}/d"}
    if usable:
        PostgresSettings.from_environ(environ)
    else:
        assert "DATABASE_URL" in problems(PostgresSettings, environ)


def test_conflicts_between_variables_are_told_all_at_once() -> None:
    told = problems(
        KafkaSettings,
        {
            "KAFKA_BOOTSTRAP": "a:1",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_USERNAME": "collector",
            "KAFKA_CERT_FILE": "/c.pem",
        },
    )
    assert "KAFKA_SASL_MECHANISM is not set" in told
    assert "KAFKA_SASL_PASSWORD is not set" in told
    assert "KAFKA_CERT_FILE and KAFKA_KEY_FILE belong together" in told


@pytest.mark.parametrize("variable", ["KAFKA_CA_FILE", "KAFKA_SASL_PASSWORD"])
def test_a_secret_or_certificate_that_would_silently_not_be_used_is_refused(variable: str) -> None:
    assert f"{variable} is set, but" in problems(KafkaSettings, {"KAFKA_BOOTSTRAP": "a:1", variable: "given"})


@pytest.mark.parametrize("algorithms", ["HS256", "none", "ES256,HS512", ","])
def test_only_asymmetric_algorithms_can_be_allowed(algorithms: str) -> None:
    assert "TOKEN_ALGORITHMS" in problems(TokenSettings, {**TOKENS, "TOKEN_ALGORITHMS": algorithms})


def test_secrets_dont_show_when_settings_are_printed() -> None:
    settings = PostgresSettings.from_environ({"DATABASE_URL": "postgresql://u:hunter2@h/d"})
    assert "hunter2" not in repr(settings)
    assert settings.database_url.get_secret_value() == "postgresql://u:hunter2@h/d"
