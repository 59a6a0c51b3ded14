"""`load` and `show`, the commands that all kinds of reference data have."""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from palautevirta.commands.edge import database_url, edge
from palautevirta.reference_data.loading import Loaded, ReferenceKind, Refused, load, show
from schemas.national.rules.periods import helsinki_date
from services.runtime.clock import now_us


def _day(_: click.Context, __: click.Parameter, given: datetime | None) -> date:
    return helsinki_date(now_us()) if given is None else given.date()


_DATABASE_URL = click.option(
    "--database-url", envvar="DATABASE_URL", callback=database_url, help="DSN of the database's owner."
)


def load_command(kind: ReferenceKind[Any]) -> click.Command:
    """`load FILE` for one kind."""
    columns = ", ".join(name if field.is_required() else f"[{name}]" for name, field in kind.row.model_fields.items())

    @click.command("load", help=f"Load FILE, CSV with the columns {columns}, as a new version, or say what is wrong.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option(
        "--day",
        type=click.DateTime(["%Y-%m-%d"]),
        callback=_day,
        help="The day that the table is of; today by default.",
    )
    @click.option("--empty", is_flag=True, help="The table is to have no rows: FILE is a header and nothing else.")
    @_DATABASE_URL
    def command(file: Path, day: date, database_url: str, *, empty: bool) -> None:
        with edge("owner", lambda: "Nothing was loaded."):
            outcome = asyncio.run(load(database_url, kind, file.read_bytes(), day, empty=empty))
        _tell(kind.name.replace("_", " "), outcome)

    return command


def show_command(kind: ReferenceKind[Any]) -> click.Command:
    """`show` for one kind."""
    name = kind.name.replace("_", " ")

    @click.command("show", help=f"Print the newest {name} as the CSV that `load` takes; version and day on stderr.")
    @_DATABASE_URL
    def command(database_url: str) -> None:
        with edge("owner"):
            shown = asyncio.run(show(database_url, kind))
        if shown is None:
            raise click.ClickException(f"no {name} were ever loaded")
        click.echo(f"{name} version {shown.version} of {shown.day}", err=True)
        click.echo(shown.file, nl=False)

    return command


def _tell(name: str, outcome: Loaded | Refused) -> None:
    if isinstance(outcome, Refused):
        for refusal in outcome.refusals:
            click.echo(str(refusal), err=True)
        number = len(outcome.refusals)
        raise click.ClickException(f"nothing was loaded: {number} refusal{'' if number == 1 else 's'}")
    told = f"{name} version {outcome.version} of {outcome.day}, {outcome.rows} rows"
    if outcome.funding_years:
        told += f", used for the transition of {', '.join(str(year + 1) for year in outcome.funding_years)}"
    click.echo(told if outcome.new else f"nothing new: the same rows stand as {told}")
    if outcome.changes is not None:
        click.echo(str(outcome.changes))
        if outcome.changes.day > outcome.day:
            click.echo("warning: the version before is of a later day; was --day meant?", err=True)
