"""`palautevirta publish`: cut an edition, or compute the digest of one anew."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import click

from palautevirta.commands.edge import edge
from schemas.national.model import load_models
from services.editions.plan import Refusal
from services.editions.settings import EditionsSettings
from services.editions.store import check, publish

_Result = TypeVar("_Result")


@click.command("publish")
@click.option("--period", help="The reporting period, such as 2025-2026.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day for lag and structure.")
@click.option("--draft", is_flag=True, help="Say of the edition that it is a draft.")
@click.option(
    "--check", "number", type=click.IntRange(min=1), help="Cut nothing: hold this edition against its digest."
)
def command(*, period: str | None, as_of: datetime | None, draft: bool, number: int | None) -> None:
    """Freeze a numbered edition of a period that nothing changes any more.

    DATABASE_URL is that of the role palautevirta_editions. --as-of is the day by which months are out and mergers
    hold; the data are those of the moment in which the edition is cut.
    """
    if number is not None:
        _check(number)
        return
    if period is None or as_of is None:
        raise click.UsageError("say which --period, and --as-of which day")
    model = load_models().newest
    cut = _run(lambda settings: publish(settings, model, period=period, as_of=as_of.date(), draft=draft))
    if isinstance(cut, Refusal):
        raise click.ClickException(cut.detail)
    name = "draft edition" if draft else "edition"
    until = "an unknown moment" if cut.complete_until is None else cut.complete_until.isoformat(timespec="seconds")
    click.echo(f"{name} {cut.number} of {period} as of {as_of.date()}: {cut.cells} cells, complete until {until}")
    if cut.counted_otherwise:
        click.echo(
            f"{cut.counted_otherwise} requests of the record were counted by other rules than those of {model.version}"
        )
    click.echo(f"digest {cut.digest}")


def _check(number: int) -> None:
    found = _run(lambda settings: check(settings, number))
    if found is None:
        raise click.ClickException(f"there is no edition {number}")
    if found.sealed != found.stored:
        raise click.ClickException(
            f"edition {number} was sealed with {found.sealed}, but what is stored gives {found.stored}"
        )
    click.echo(f"edition {number} is what it was sealed as: {found.sealed}")


def _run(work: Callable[[EditionsSettings], Awaitable[_Result]]) -> _Result:
    async def running() -> _Result:
        return await work(EditionsSettings.from_environ(os.environ))

    with edge("editions", lambda: "Nothing was published; do it again."):
        return asyncio.run(running())
