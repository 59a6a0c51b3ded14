"""`palautevirta migrate`: bring a database to this release."""

import asyncio

import click

from palautevirta.commands.edge import database_url, edge
from palautevirta.migrations import MigrationFailed, MigrationRefused, load_migrations, migrate


@click.command("migrate")
@click.option("--database-url", envvar="DATABASE_URL", callback=database_url, help="DSN of the database's owner.")
def command(database_url: str) -> None:
    """Apply the migrations that the database still needs; forward only."""
    try:
        with edge("owner"):
            applied = asyncio.run(migrate(database_url, load_migrations()))
    except (MigrationRefused, MigrationFailed) as error:
        raise click.ClickException(str(error)) from error
    for migration in applied:
        click.echo(f"applied {migration.number:04}_{migration.name}")
    if not applied:
        click.echo("nothing to apply")
