"""The whole of Palautevirta on loopback: Postgres, Kafka, the issuer and the services, over one data directory."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import palautevirta
from palautevirta.local.directory import LOOPBACK, DataDirectory, require_free
from palautevirta.local.issuer import JWKS_PATH, Issuer
from palautevirta.local.kafka import kafka_program
from palautevirta.local.postgres import ROLES, Database, create_database, postgres_program
from palautevirta.local.process import ChildProcess, Say
from palautevirta.local.services import COLLECTOR, REPORTING, SERVICES, Service, Surroundings, service_program
from palautevirta.migrations import load_migrations, migrate
from palautevirta.topics import create_topics, declared_topics

DATABASE: Final = "palautevirta"
DIGEST_KEY: Final = "digest-key-1"
"""The name under which the data directory keeps the aggregators' key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where a running stack is reached; `postgres` is the DSN of its owner, `metrics` has a URL a service."""

    collector: str | None
    reporting: str | None
    kafka: str
    postgres: str
    metrics: Mapping[str, str]
    jwks: str

    def as_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where jars are kept between runs: $PALAUTEVIRTA_CACHE, else .cache beside the packages."""
    given = environment.get("PALAUTEVIRTA_CACHE")
    return Path(given).absolute() if given else Path(palautevirta.__file__).parents[1] / ".cache"


@contextlib.asynccontextmanager
async def _at_once() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose first failure is raised as it is: one sentence for whoever started the stack."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from failures


def _silent(_: str) -> None:
    """Tell nobody."""


class LocalStack:
    """A stack over a data directory, running inside `async with`.

    Every part is a ChildProcess that tests may stop, kill, pause and start on its own: `postgres` and `kafka` (None
    when the environment names servers to use instead, by DATABASE_URL and KAFKA_BOOTSTRAP) and `services`, by name.
    `database` is where its owner and the services' roles reach the store, `issuer` mints tokens.
    Ports not given in `ports` (names: kafka, postgres, jwks, and those of the services) are free ones, remembered. With
    `keep_running` a part that dies is started again. `kafka_lines` are further listeners of the broker, each with the
    port that whoever comes through it is told to use.

    Entering raises DirectoryInUse, PortTaken, ToolMissing, JarsRefused, MigrationRefused, MigrationFailed, TopicRefused
    or ChildFailed, each with a sentence on what to do; whatever had been started is stopped by then.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        environment: Mapping[str, str],
        services: Sequence[Service] = SERVICES,
        ports: Mapping[str, int] | None = None,
        fsync: bool = True,
        keep_running: bool = False,
        kafka_lines: Mapping[int, int] | None = None,
        say: Say = _silent,
    ) -> None:
        self.directory = DataDirectory(data_dir)
        self.issuer: Issuer
        self.database: Database
        self.postgres: ChildProcess | None = None
        self.kafka: ChildProcess | None = None
        self.services: dict[str, ChildProcess] = {}
        self._surroundings: Surroundings
        self._http_urls: dict[str, str] = {}
        self._metrics_urls: dict[str, str] = {}
        self._environment = environment
        self._wanted = services
        self._ports = ports or {}
        self._fsync = fsync
        self._kafka_lines = kafka_lines
        self._say = say
        self._keep_running = say if keep_running else None
        self._exit = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as exit_stack:
            exit_stack.enter_context(self.directory.held())
            for name, port in self._ports.items():
                require_free(name, port)
            self.issuer = Issuer.of(self.directory)
            # Left in the opposite order: services first, then both servers at once, then the issuer.
            jwks_url = await self._serve_keys(exit_stack)
            exit_stack.push_async_callback(self._stop_servers)
            async with _at_once() as group:
                database = group.create_task(self._start_postgres())
                kafka = group.create_task(self._start_kafka())
            self.database = database.result()
            self._surroundings = Surroundings(
                kafka=kafka.result(),
                database=self.database,
                jwks_url=jwks_url,
                digest_key=self.directory.secret(DIGEST_KEY),
                environment=self._environment,
            )
            exit_stack.push_async_callback(self._stop_services)
            async with _at_once() as group:
                for service in self._wanted:
                    group.create_task(self.add(service))
            self._exit = exit_stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    @property
    def endpoints(self) -> Endpoints:
        """Where everything that was started is reached."""
        return Endpoints(
            collector=self._http_urls.get(COLLECTOR.name),
            reporting=self._http_urls.get(REPORTING.name),
            kafka=self._surroundings.kafka,
            postgres=self.database.dsn,
            metrics=dict(self._metrics_urls),
            jwks=self._surroundings.jwks_url,
        )

    async def add(self, service: Service) -> ChildProcess:
        """Start one more service, or a second one of its kind under a name of its own, and wait until it is ready."""
        began = time.monotonic()
        program, http_url, operations_url = service_program(
            service, self._surroundings, self.directory, http_port=self._ports.get(service.name)
        )
        child = ChildProcess(program, keep_running=self._keep_running)
        self.services[service.name] = child
        self._metrics_urls[service.name] = f"{operations_url}/metrics"
        if http_url is not None:
            self._http_urls[service.name] = http_url
        await child.start()
        self._say(f"{service.name} is ready after {time.monotonic() - began:.1f} s")
        return child

    async def _serve_keys(self, exit_stack: contextlib.AsyncExitStack) -> str:
        port = self.directory.port("jwks", self._ports.get("jwks"))
        runner = await self.issuer.serve(port)
        exit_stack.push_async_callback(runner.cleanup)
        return f"http://{LOOPBACK}:{port}{JWKS_PATH}"

    async def _start_postgres(self) -> Database:
        """The migrated database."""
        began = time.monotonic()
        dsn = self._environment.get("DATABASE_URL")
        if not dsn:
            admin_dsn, program = await postgres_program(
                self.directory,
                environment=self._environment,
                port=self._ports.get("postgres"),
                fsync=self._fsync,
            )
            self.postgres = ChildProcess(program, keep_running=self._keep_running)
            await self.postgres.start()
            dsn = await create_database(admin_dsn, DATABASE)
        applied = await migrate(dsn, load_migrations())
        database = Database(dsn, {role: self.directory.secret(role) for role in ROLES})
        await database.let_roles_log_in()
        self._say(f"Postgres is ready after {time.monotonic() - began:.1f} s, {len(applied)} migrations applied")
        return database

    async def _start_kafka(self) -> str:
        """The address of the broker, on which the topics stand."""
        began = time.monotonic()
        address = self._environment.get("KAFKA_BOOTSTRAP")
        if not address:
            address, program = await kafka_program(
                self.directory,
                cache=cache_folder(self._environment),
                environment=self._environment,
                say=self._say,
                port=self._ports.get("kafka"),
                lines=self._kafka_lines,
            )
            self.kafka = ChildProcess(program, keep_running=self._keep_running)
            await self.kafka.start()
        await create_topics(address, declared_topics())
        self._say(f"Kafka is ready after {time.monotonic() - began:.1f} s")
        return address

    async def _stop_services(self) -> None:
        await asyncio.gather(*(child.stop() for child in self.services.values()))

    async def _stop_servers(self) -> None:
        await asyncio.gather(*(child.stop() for child in (self.kafka, self.postgres) if child is not None))
