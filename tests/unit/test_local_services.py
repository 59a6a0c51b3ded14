from dataclasses import replace
from pathlib import Path

import pytest

from palautevirta.local.directory import DataDirectory
from palautevirta.local.postgres import ROLES, Database
from palautevirta.local.services import AGGREGATOR, COLLECTOR, REPORTING, Service, Surroundings, service_program


@pytest.fixture
def surroundings() -> Surroundings:
    return Surroundings(
        kafka="127.0.0.1:9092",
        database=Database("postgresql://postgres:owner@127.0.0.1:5432/palautevirta", dict.fromkeys(ROLES, "word")),
        jwks_url="http://127.0.0.1:8000/.well-known/jwks.json",
        digest_key="ab" * 32,
        environment={"PATH": "/bin", "LOG_LEVEL": "debug", "DATABASE_URL": "postgresql://given"},
    )


def environment_of(service: Service, surroundings: Surroundings, data_dir: Path) -> dict[str, str]:
    directory = DataDirectory(data_dir)
    directory.port = lambda name, fixed=None: fixed or 7000 + len(name)  # type: ignore[method-assign]
    return dict(service_program(service, surroundings, directory)[0].environment)


def test_the_collector_knows_the_broker_and_the_issuer_but_no_database(
    surroundings: Surroundings, data_dir: Path
) -> None:
    environment = environment_of(COLLECTOR, surroundings, data_dir)
    assert environment["KAFKA_BOOTSTRAP"] == "127.0.0.1:9092"
    assert environment["TOKEN_JWKS_URL"] == surroundings.jwks_url
    assert not {"DATABASE_URL", "DIGEST_KEYS", "OWNER"} & environment.keys()


def test_each_service_reaches_the_database_as_its_own_role(surroundings: Surroundings, data_dir: Path) -> None:
    assert (
        environment_of(AGGREGATOR, surroundings, data_dir)["DATABASE_URL"]
        == "postgresql://palautevirta_aggregator:word@127.0.0.1:5432/palautevirta"
    )
    assert (
        environment_of(REPORTING, surroundings, data_dir)["DATABASE_URL"]
        == "postgresql://palautevirta_reporting:word@127.0.0.1:5432/palautevirta"
    )


def test_a_second_aggregator_owns_under_a_name_of_its_own(surroundings: Surroundings, data_dir: Path) -> None:
    second = environment_of(replace(AGGREGATOR, name="aggregator-2"), surroundings, data_dir)
    assert second["OWNER"] == "aggregator-2"
    assert (
        second["DIGEST_KEYS"] == environment_of(AGGREGATOR, surroundings, data_dir)["DIGEST_KEYS"] == "1:" + "ab" * 32
    )


def test_the_settings_of_a_service_win_over_the_environment_and_that_over_the_defaults(
    surroundings: Surroundings, data_dir: Path
) -> None:
    environment = environment_of(replace(COLLECTOR, settings={"LOG_LEVEL": "error"}), surroundings, data_dir)
    assert environment["LOG_LEVEL"] == "error"
    assert environment_of(COLLECTOR, surroundings, data_dir)["LOG_LEVEL"] == "debug"
    assert environment_of(COLLECTOR, surroundings, data_dir)["LOG_FORMAT"] == "console"
