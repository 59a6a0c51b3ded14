"""`palautevirta export`: the national data set of an edition as a file."""

import asyncio
import os
from contextlib import aclosing
from pathlib import Path

import asyncpg
import click

from palautevirta.commands.edge import edge
from schemas.national.model import load_models
from services.reporting import edition_store, national_store
from services.reporting.national_files import MEDIA_TYPES
from services.reporting.store import Snapshot
from services.runtime.postgres import connect_options
from services.runtime.settings import PostgresSettings

_CLOSE_TIMEOUT_S = 5.0
_STATEMENT_TIMEOUT_S = 600.0


@click.command("export")
@click.option("--edition", "number", type=click.IntRange(min=1), required=True, help="The edition's number.")
@click.option("--format", "format_name", type=click.Choice(list(MEDIA_TYPES)), default="csv", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
def command(*, number: int, format_name: str, output: Path) -> None:
    """Write the national data set of an edition; two files of one edition have the same bytes.

    DATABASE_URL is that of the role palautevirta_reporting. The file appears only once it is whole.
    """
    unfinished = output.with_name(f"{output.name}.unfinished")

    async def running() -> None:
        await _export(PostgresSettings.from_environ(os.environ), number, format_name, unfinished)

    try:
        with edge("reporting", lambda: "Nothing was written."):
            asyncio.run(running())
            unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
    click.echo(f"edition {number} stands in {output}")


async def _export(settings: PostgresSettings, number: int, format_name: str, file: Path) -> None:
    connection = await asyncpg.connect(**connect_options(settings), command_timeout=_STATEMENT_TIMEOUT_S)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = Snapshot(connection, load_models())
            edition = await edition_store.edition(snapshot, number)
            if edition is None:
                raise click.ClickException(f"there is no edition {number}")
            lacking = await national_store.unnamed(snapshot, edition)
            if lacking:
                told = ", ".join(f"{oid} ({code})" for code, oid in lacking)
                raise click.ClickException(f"its organisation table lacks codes that the data set needs: {told}")
            async with aclosing(national_store.national_file(snapshot, edition, format_name)) as pieces:
                with file.open("wb") as stream:
                    async for piece in pieces:
                        await asyncio.to_thread(stream.write, piece)
    finally:
        await connection.close(timeout=_CLOSE_TIMEOUT_S)
