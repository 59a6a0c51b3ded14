"""Settings as one frozen model a service, read from a mapping of environment variables that is passed in.

A service composes its settings from the mix-ins here and its own fields. A variable's name is its field's name in
upper case, and an empty variable counts as absent, because deployment files can rarely leave one out. Only a
service's `__main__` may read the real environment.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

Port = Annotated[int, Field(ge=0, le=65535)]  # 0 lets the system choose, for tests

AsymmetricAlgorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]  # fmt: skip
"""Every algorithm that can be allowed: with a symmetric one, who can verify a token can also mint one."""

# Who, if anybody, and one or more hosts, each with a port or without.
_TO_65535: Final = r"0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HOST: Final = rf"(\[[0-9a-fA-F:.]+\]|[^\[\]/?#:@,]*)(:{_TO_65535})?"
_DSN: Final = re.compile(rf"postgres(ql)?://([^/]*@)?{_HOST}(,{_HOST})*(/|\?|$)", re.ASCII)
_BROKER: Final = r" *(\[[0-9a-fA-F:.]+\]|[^\[\],:]+)(:[0-9]{1,5})? *"


class SettingsError(Exception):
    """The environment doesn't give settings that a service can start with.

    `problems` holds one sentence a problem. None repeats a value, since any of them may be a secret.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseModel):
    """The base of every service's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """The settings that these variables give. Raises SettingsError with all problems at once."""
        given = {field: environ[field.upper()] for field in cls.model_fields if environ.get(field.upper())}
        try:
            return cls.model_validate(given)
        except ValidationError as invalid:
            errors = invalid.errors(include_url=False, include_input=False)
            raise SettingsError(tuple(line for error in errors for line in _sentences(error, cls))) from None

    def conflicts(self) -> Iterator[str]:
        """What is wrong between fields that are right by themselves, a sentence each that names the variables."""
        yield from ()

    @model_validator(mode="after")
    def _without_conflicts(self) -> Self:
        found = "\n".join(self.conflicts())
        if found:
            raise PydanticCustomError("conflict", "{found}", {"found": found})
        return self


def _sentences(error: ErrorDetails, settings: type[Settings]) -> list[str]:
    if not error["loc"]:
        return error["msg"].splitlines()
    field = str(error["loc"][0])
    if error["type"] == "missing":
        return [f"{field.upper()} is not set; it is needed: {settings.model_fields[field].description}."]
    return [f"{field.upper()} is not usable: {error['msg'][:1].lower()}{error['msg'][1:]}."]


def _listed(value: object) -> object:
    return [item.strip() for item in value.split(",")] if isinstance(value, str) else value


def _lower_case(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class KafkaSettings(Settings):
    """Where Kafka is and how to speak to it."""

    kafka_bootstrap: str = Field(
        description="host:port of one or more brokers, separated by commas", pattern=rf"^{_BROKER}(,{_BROKER})*$"
    )
    kafka_topic: str = Field(default="feedback.events.v1", description="the topic of the events")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="Kafka's security.protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_ca_file: Path | None = Field(
        default=None,
        description="PEM file of the authorities that brokers' certificates are checked against; none: the system's",
    )
    kafka_cert_file: Path | None = Field(
        default=None, description="PEM file of our own certificate, for brokers that ask for one"
    )
    kafka_key_file: Path | None = Field(default=None, description="PEM file of its key")
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        default=None, description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_sasl_username: str | None = Field(default=None, description="the name to log in with")
    kafka_sasl_password: SecretStr | None = Field(default=None, description="its password")

    def conflicts(self) -> Iterator[str]:
        """SASL needs its three variables, and they mean nothing without it; a certificate needs its key."""
        yield from super().conflicts()
        sasl: dict[str, object | None] = {
            "KAFKA_SASL_MECHANISM": self.kafka_sasl_mechanism,
            "KAFKA_SASL_USERNAME": self.kafka_sasl_username,
            "KAFKA_SASL_PASSWORD": self.kafka_sasl_password,
        }
        tls: dict[str, object | None] = {
            "KAFKA_CA_FILE": self.kafka_ca_file,
            "KAFKA_CERT_FILE": self.kafka_cert_file,
            "KAFKA_KEY_FILE": self.kafka_key_file,
        }
        protocol = self.kafka_security_protocol
        unused = {} if protocol.startswith("SASL") else sasl
        if not unused:
            for variable, value in sasl.items():
                if value is None:
                    yield f"{variable} is not set; KAFKA_SECURITY_PROTOCOL={protocol} needs it."
        if not protocol.endswith("SSL"):
            unused = unused | tls
        for variable, value in unused.items():
            if value is not None:
                yield f"{variable} is set, but KAFKA_SECURITY_PROTOCOL={protocol} doesn't use it."
        if (self.kafka_cert_file is None) != (self.kafka_key_file is None):
            yield "KAFKA_CERT_FILE and KAFKA_KEY_FILE belong together: set both or neither."


def _is_dsn(secret: SecretStr) -> SecretStr:
    """Such that the driver can at least read it; what it raises for a wrong port is no error of its own."""
    if not _DSN.match(secret.get_secret_value()):
        raise ValueError("write postgresql://user:password@host:5432/database")
    return secret


class PostgresSettings(Settings):
    """Where Postgres is and how to speak to it."""

    database_url: Annotated[SecretStr, AfterValidator(_is_dsn)] = Field(
        description="a URL such as postgresql://user:password@host:5432/database"
    )
    database_ssl_mode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] | None = Field(
        default=None, description="libpq's sslmode; none: what the URL says"
    )
    database_ca_file: Path | None = Field(
        default=None,
        description="PEM file of the authorities that Postgres' certificate is checked against; none: the system's",
    )
    database_cert_file: Path | None = Field(
        default=None, description="PEM file of our own certificate, for a Postgres that asks for one"
    )
    database_key_file: Path | None = Field(default=None, description="PEM file of its key")
    database_connect_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        default=10.0, description="how long a connection may take to come about"
    )

    def conflicts(self) -> Iterator[str]:
        """Files mean nothing without TLS, and verification needs the authority that it trusts."""
        yield from super().conflicts()
        encrypted = self.database_ssl_mode in {"require", "verify-ca", "verify-full"}
        files = (self.database_ca_file, self.database_cert_file, self.database_key_file)
        if not encrypted and any(file is not None for file in files):
            yield (
                "DATABASE_CA_FILE, DATABASE_CERT_FILE and DATABASE_KEY_FILE are used only "
                "with DATABASE_SSL_MODE=require, verify-ca or verify-full."
            )
        if (self.database_cert_file is None) != (self.database_key_file is None):
            yield "DATABASE_CERT_FILE and DATABASE_KEY_FILE belong together: set both or neither."


class OperationsSettings(Settings):
    """The operations port, never reachable from outside, and the log."""

    operations_host: str = Field(default="127.0.0.1", description="where /livez, /readyz and /metrics listen")
    operations_port: Port = Field(default=9100, description="their port; 0 lets the system choose")
    log_format: Literal["json", "console"] = Field(default="json", description="json or console")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower_case)] = Field(
        default="info", description="debug, info, warning or error"
    )


class HttpSettings(Settings):
    """The public port."""

    http_host: str = Field(default="127.0.0.1", description="where the public port listens")
    http_port: Port = Field(default=8080, description="the public port; 0 lets the system choose")


class TokenSettings(Settings):
    """Whose tokens are trusted (RFC 9068)."""

    token_issuer: str = Field(description="the iss that tokens carry")
    token_audience: str = Field(description="the aud that tokens carry for this service")
    token_jwks_url: str = Field(description="where the issuer's public keys are", pattern="^https?://")
    token_algorithms: Annotated[tuple[AsymmetricAlgorithm, ...], BeforeValidator(_listed), Field(min_length=1)] = Field(
        default=("ES256", "RS256"), description="the signatures that are accepted, asymmetric ones only"
    )
    token_type: str = Field(default="at+jwt", description="the typ of a token's header; `any` takes every type")
    token_leeway_seconds: Annotated[int, Field(ge=0, le=60)] = Field(
        default=0, description="how far the issuer's clock may be from ours"
    )
    token_memory_seconds: Annotated[int, Field(ge=0, le=60)] = Field(
        default=60, description="how long a verified token is remembered"
    )
    token_jwks_timeout_seconds: Annotated[float, Field(gt=0, le=30)] = Field(
        default=5.0, description="how long the issuer may take to give its keys"
    )
