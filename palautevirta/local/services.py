"""Our services as the local stack starts them: which there are, and the environment that each one gets."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

import palautevirta
from palautevirta.local.directory import LOOPBACK, DataDirectory
from palautevirta.local.issuer import AUDIENCE, ISSUER
from palautevirta.local.postgres import AGGREGATOR_ROLE, REPORTING_ROLE, Database
from palautevirta.local.process import Program

_PROJECT_ROOT: Final = Path(palautevirta.__file__).parents[1]
_SERVERS: Final = ("DATABASE_URL", "KAFKA_BOOTSTRAP")
_PROBE_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One process of ours: a module, and what it needs to know.

    Two instances of a module have two names; `settings` adds to the environment or overrides it.
    """

    name: str
    module: str
    serves_http: bool = False
    """It listens on an HTTP port of its own and checks bearer tokens."""
    uses_kafka: bool = False
    database_role: str | None = None
    keeps_digests: bool = False
    """It keys the digests it stores, and owns partitions under its name."""
    settings: Mapping[str, str] = field(default_factory=dict)


COLLECTOR: Final = Service(name="collector", module="services.collector", serves_http=True, uses_kafka=True)
AGGREGATOR: Final = Service(
    name="aggregator",
    module="services.aggregator",
    uses_kafka=True,
    database_role=AGGREGATOR_ROLE,
    keeps_digests=True,
)
REPORTING: Final = Service(
    name="reporting", module="services.reporting", serves_http=True, database_role=REPORTING_ROLE
)
SERVICES: Final = (COLLECTOR, AGGREGATOR, REPORTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the services of one stack share."""

    kafka: str
    database: Database
    jwks_url: str
    digest_key: str
    environment: Mapping[str, str]


def service_program(
    service: Service, surroundings: Surroundings, directory: DataDirectory, *, http_port: int | None = None
) -> tuple[Program, str | None, str]:
    """The program of a service, the URL of its HTTP port if it has one, and that of its operations port."""
    operations_port = directory.port(f"{service.name}-operations")
    operations_url = f"http://{LOOPBACK}:{operations_port}"
    http_url = None
    environment = {
        "LOG_FORMAT": "console",
        "LOG_LEVEL": "info",
        # Where the stack itself was told to find its servers is nothing that every service may know.
        **{name: value for name, value in surroundings.environment.items() if name not in _SERVERS},
        "OPERATIONS_HOST": LOOPBACK,
        "OPERATIONS_PORT": str(operations_port),
    }
    if service.serves_http:
        http_port = directory.port(service.name, http_port)
        http_url = f"http://{LOOPBACK}:{http_port}"
        environment |= {
            "HTTP_HOST": LOOPBACK,
            "HTTP_PORT": str(http_port),
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": AUDIENCE,
            "TOKEN_JWKS_URL": surroundings.jwks_url,
        }
    if service.uses_kafka:
        environment["KAFKA_BOOTSTRAP"] = surroundings.kafka
    if service.database_role is not None:
        environment["DATABASE_URL"] = surroundings.database.dsn_of(service.database_role)
    if service.keeps_digests:
        environment |= {"DIGEST_KEYS": f"1:{surroundings.digest_key}", "OWNER": service.name}
    program = Program(
        name=service.name,
        argv=(sys.executable, "-m", service.module),
        log=directory.log(service.name),
        environment={**environment, **service.settings},
        directory=_PROJECT_ROOT,
        ready=lambda: _answers_ok(f"{operations_url}/readyz"),
    )
    return program, http_url, operations_url


async def _answers_ok(url: str) -> bool:
    try:
        async with aiohttp.ClientSession(timeout=_PROBE_TIMEOUT) as session, session.get(url) as response:
            return response.ok
    except (aiohttp.ClientError, TimeoutError):
        return False
