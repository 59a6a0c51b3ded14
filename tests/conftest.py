"""Real servers for the tests that ask for them: one Postgres and one Kafka for the whole session, nothing in memory."""

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient

from palautevirta.local.directory import DataDirectory
from palautevirta.local.kafka import kafka_program
from palautevirta.local.postgres import ROLES, Database, create_database, drop_database, postgres_program
from palautevirta.local.process import ChildProcess
from palautevirta.local.stack import cache_folder
from palautevirta.migrations import load_migrations, migrate
from palautevirta.topics import create_topics, declared_topics

TEMPLATE = "palautevirta_template"


@pytest.fixture(scope="session")
def servers_directory(tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    return DataDirectory(tmp_path_factory.mktemp("servers") / "data")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(servers_directory: DataDirectory) -> AsyncIterator[str]:
    """The superuser's DSN of a Postgres without fsync; tests about durability start a stack of their own."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    async with AsyncExitStack() as exit_stack:
        dsn, program = await postgres_program(servers_directory, environment=os.environ, fsync=False)
        child = ChildProcess(program)
        exit_stack.push_async_callback(child.stop)
        await child.start()
        yield dsn


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka(servers_directory: DataDirectory) -> AsyncIterator[str]:
    """The address of a broker."""
    if given := os.environ.get("KAFKA_BOOTSTRAP"):
        yield given
        return
    async with AsyncExitStack() as exit_stack:
        address, program = await kafka_program(
            servers_directory, cache=cache_folder(os.environ), environment=os.environ, say=print
        )
        child = ChildProcess(program)
        exit_stack.push_async_callback(child.stop)
        await child.start()
        yield address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def role_passwords(postgres: str, servers_directory: DataDirectory) -> dict[str, str]:
    """The migrated template stands and the services' roles may log in with these passwords."""
    passwords = {role: servers_directory.secret(role) for role in ROLES}
    await drop_database(postgres, TEMPLATE)
    template = Database(await create_database(postgres, TEMPLATE), passwords)
    await migrate(template.dsn, load_migrations())
    await template.let_roles_log_in()
    return passwords


@asynccontextmanager
async def empty_database(postgres: str, role_passwords: dict[str, str]) -> AsyncIterator[Database]:
    """An empty, migrated database, dropped in the end: `.dsn`, `.aggregator_dsn`, `.reporting_dsn`."""
    name = f"test_{secrets.token_hex(6)}"
    database = Database(await create_database(postgres, name, template=TEMPLATE), role_passwords)
    await database.let_roles_log_in()  # roles are the cluster's, and a stack over this server gives them its own
    yield database
    await drop_database(postgres, name)


@pytest.fixture
async def database(postgres: str, role_passwords: dict[str, str]) -> AsyncIterator[Database]:
    """A database of the test's own."""
    async with empty_database(postgres, role_passwords) as database:
        yield database


@pytest.fixture
async def second_database(postgres: str, role_passwords: dict[str, str]) -> AsyncIterator[Database]:
    """Another one, for tests that compare two."""
    async with empty_database(postgres, role_passwords) as database:
        yield database


@pytest.fixture
async def third_database(postgres: str, role_passwords: dict[str, str]) -> AsyncIterator[Database]:
    """And a third."""
    async with empty_database(postgres, role_passwords) as database:
        yield database


@pytest.fixture
async def topic(kafka: str) -> AsyncIterator[str]:
    """An empty topic of the test's own, with the partitions and settings of feedback.events.v1."""
    (declared,) = declared_topics()
    name = f"test.{secrets.token_hex(6)}"
    await create_topics(kafka, [replace(declared, name=name)])
    yield name
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_topics([name])
    await admin.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory of the test's own."""
    return tmp_path / "data"


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever connects or listens fails; an event loop's own socket pair does neither."""

    def refuse(*_: object) -> NoReturn:
        pytest.fail("This test may not open sockets: move it to tests/integration.")

    for method in ("bind", "connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, method, refuse)
