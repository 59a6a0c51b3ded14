"""Brings a database to the tables of this release: plain SQL files, in order, forward only.

Each file of schemas/sql/migrations runs in one transaction together with the row that remembers it, behind one
advisory lock, so several processes may try at once and a failure leaves the database at the last whole step.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

import schemas

MIGRATIONS_FOLDER: Final = Path(schemas.__file__).parent / "sql" / "migrations"

_FILE_NAME: Final = re.compile(r"([0-9]{4})_([a-z0-9_]+)\.sql")
# Any number, only the same for all who migrate.
_LOCK: Final = 7_245_288_346_378
_CONNECT_TIMEOUT_S: Final = 10.0
# Another process may be in the middle of its migrations.
_WAIT_FOR_OTHERS: Final = "120s"
# A statement that waits for a lock makes everybody who comes later wait behind it: rather give up and try again.
_LOCK_TIMEOUT: Final = "5s"
_STATEMENT_TIMEOUT: Final = "60s"

_REMEMBER: Final = """
    CREATE SCHEMA IF NOT EXISTS feedback;
    CREATE TABLE IF NOT EXISTS feedback.schema_migration (
        number integer PRIMARY KEY,
        name text NOT NULL,
        sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    );
"""


class MigrationRefused(Exception):
    """The files or the database are not such that one follows from the other; nothing was changed."""


class MigrationFailed(Exception):
    """The database refused a migration, which left nothing behind; the steps before it stand."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number (from 1, without gaps), its name and its text."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Digest of the text, in hexadecimal digits."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Applied:
    """What a database remembers of one migration."""

    number: int
    name: str
    sha256: str


def load_migrations(folder: Path = MIGRATIONS_FOLDER) -> tuple[Migration, ...]:
    """The migrations of a folder in order; raise MigrationRefused when their numbers aren't 1, 2, 3 …."""
    migrations = []
    for expected, file in enumerate(sorted(folder.glob("*.sql")), start=1):
        match = _FILE_NAME.fullmatch(file.name)
        if match is None or int(match[1]) != expected:
            raise MigrationRefused(f"{file.name} stands where {expected:04}_<name>.sql is expected: rename it.")
        migrations.append(Migration(expected, match[2], file.read_text()))
    return tuple(migrations)


def pending(known: Sequence[Migration], applied: Sequence[Applied]) -> tuple[Migration, ...]:
    """The known migrations that a database with these applied ones still needs.

    Both come in the order of their numbers. Raises MigrationRefused when they contradict each other.
    """
    if len(applied) > len(known):
        newest = applied[-1]
        raise MigrationRefused(
            f"The database is ahead of this release: it has migration {newest.number:04}_{newest.name}, "
            f"this release ends at {len(known):04}. Run the release that made it, or a newer one."
        )
    for migration, row in zip(known, applied, strict=False):
        if (row.number, row.sha256) != (migration.number, migration.sha256):
            raise MigrationRefused(
                f"{migration.number:04}_{migration.name}.sql is not the text that was applied as "
                f"{row.number:04}_{row.name}. Restore it and put the change into a new migration."
            )
    return tuple(known[len(applied) :])


async def migrate(dsn: str, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
    """Apply what is pending, as the database's owner; what was applied, in order.

    Raises MigrationRefused, MigrationFailed; OSError or asyncpg.PostgresError when the database can't be reached.
    """
    connection = await asyncpg.connect(dsn, timeout=_CONNECT_TIMEOUT_S)
    try:
        await connection.execute(f"SET lock_timeout = '{_WAIT_FOR_OTHERS}'; SELECT pg_advisory_lock({_LOCK})")
        await connection.execute(
            f"SET lock_timeout = '{_LOCK_TIMEOUT}'; SET statement_timeout = '{_STATEMENT_TIMEOUT}'"
        )
        todo = pending(migrations, await _applied(connection))
        for migration in todo:
            await _apply(connection, migration)
    finally:
        await connection.close(timeout=_CONNECT_TIMEOUT_S)  # The advisory lock ends with its session.
    return todo


async def _applied(connection: Any) -> tuple[Applied, ...]:
    async with connection.transaction():
        await connection.execute(_REMEMBER)
    rows = await connection.fetch("SELECT number, name, sha256 FROM feedback.schema_migration ORDER BY number")
    return tuple(Applied(*row) for row in rows)


async def _apply(connection: Any, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO feedback.schema_migration (number, name, sha256) VALUES ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.sha256,
            )
    except asyncpg.PostgresError as error:
        raise MigrationFailed(f"{migration.number:04}_{migration.name}.sql was rolled back: {error}") from error
