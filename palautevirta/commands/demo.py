"""`palautevirta demo`: a year of the nation over HTTP, and its figures beside the published ones."""

import asyncio
import os
import time
from pathlib import Path

import click
from rich.console import Console

from palautevirta.commands.foreground import in_foreground
from palautevirta.demo import present
from palautevirta.demo.comparison import Comparison
from palautevirta.demo.counts import WHOLE_PERCENT, published_counts, share_of
from palautevirta.demo.demonstration import invite, perform
from palautevirta.demo.nation import Nation
from palautevirta.demo.patience import DemoFailed
from palautevirta.local.stack import LocalStack
from schemas.national.model import load_models


@click.command("demo")
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path(".local"), show_default=True)
@click.option("--exit", "leave", is_flag=True, help="End after the table; exit code 1 when anything is unequal.")
@click.option(
    "--share",
    "percent",
    type=click.IntRange(1, WHOLE_PERCENT),
    default=WHOLE_PERCENT,
    metavar="PERCENT",
    help="Post this share of every provider's counts. A larger share may follow over the same data directory.",
)
def command(data_dir: Path, leave: bool, percent: int) -> None:
    """Replay the student counts of 2020-2021 as events and compare the figures with what was published.

    Starts the stack as `palautevirta up` does. Posts a request for each target and a response for each respondent of
    154 providers, and seeded ones of employers. A second run over the same data directory sends the same events.
    """
    progress = present.console(stderr=True)
    stack = LocalStack(
        data_dir, environment=os.environ, keep_running=True, say=lambda sentence: present.say(progress, sentence)
    )
    nation = Nation(share_of(published_counts(), percent), load_models())
    shown: list[Comparison] = []
    in_foreground(_demo(stack, nation, shown, percent=percent, leave=leave, progress=progress), DemoFailed)
    if not shown:
        raise click.ClickException("Stopped before there was anything to compare.")
    if not shown[0].equal:
        raise SystemExit(1)


async def _demo(
    stack: LocalStack, nation: Nation, shown: list[Comparison], *, percent: int, leave: bool, progress: Console
) -> None:
    """Perform and show; the comparison is put into `shown`, because without `leave` only a signal ends this."""
    async with stack:
        comparison = await perform(nation, stack.endpoints, stack.issuer, progress)
        _show(comparison, nation, percent)
        shown.append(comparison)
        if not leave:
            # A name of its own for every run, so that the figure changes each time.
            subject = f"one-more:{int(time.time())}"
            for line in await invite(nation, stack.endpoints, stack.issuer, subject=subject):
                click.echo(line)
            await asyncio.Event().wait()


def _show(comparison: Comparison, nation: Nation, percent: int) -> None:
    out = present.console()
    names = {year.oid: year.provider.name for year in nation.years}
    for table in present.comparison_tables(comparison, names, percent=percent):
        out.print(table)
    for line in present.verdict(comparison):
        present.say(out, line)
