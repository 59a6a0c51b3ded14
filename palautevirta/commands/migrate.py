"""`palautevirta migrate`: bring a database to this release."""

import asyncio

import asyncpg
import click

from palautevirta.migrations import MigrationFailed, MigrationRefused, load_migrations, migrate


@click.command("migrate")
@click.option("--database-url", envvar="DATABASE_URL", required=True, help="DSN of the database's owner.")
def command(database_url: str) -> None:
    """Apply the migrations that the database still needs; forward only."""
    try:
        applied = asyncio.run(migrate(database_url, load_migrations()))
    except (MigrationRefused, MigrationFailed, asyncpg.PostgresError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for migration in applied:
        click.echo(f"applied {migration.number:04}_{migration.name}")
    if not applied:
        click.echo("nothing to apply")
