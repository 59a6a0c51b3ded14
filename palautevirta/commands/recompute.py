"""`palautevirta recompute`: every request counted anew under today's rules."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import click
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from palautevirta.commands.edge import edge
from schemas.national.model import load_models
from services.aggregator.contribution import Rulebook
from services.aggregator.recompute import OutOfBalance, Provider, Recompute, Recomputed
from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import connect
from services.runtime.partitioning import declared_partitions
from services.runtime.postgres import connect_options

_LINE_EVERY_S: Final = 5.0


class _Account(Struct):
    """What was done so far."""

    providers: int = 0
    requests: int = 0
    changed: int = 0
    wrong: int = 0


@click.command("recompute")
@click.option("--provider", "providers", multiple=True, metavar="OID", help="Only this provider; may stand repeatedly.")
def command(*, providers: tuple[str, ...]) -> None:
    """Bring what every request adds to the figures to this release's rules, provider by provider.

    Takes the aggregator's environment variables. Nothing has to be stopped; interrupted, it may be started again.
    Exit code 1 when a provider was left as it was, 2 when something couldn't be asked.
    """
    account = _Account()

    async def running() -> int:
        return await _recompute(AggregatorSettings.from_environ(os.environ), sorted(set(providers)), account)

    try:
        with edge("aggregator", lambda: f"Done so far: {_told(account)}. Run it again."):
            left = asyncio.run(running())
    except OutOfBalance as error:
        raise click.ClickException(f"{error}. Done so far: {_told(account)}.") from error
    click.echo(_told(account))
    if left:
        click.echo(
            f"left as they were, because a newer release counted them: {_of(left, 'provider')}. Recompute with that one"
        )
        raise SystemExit(1)


async def _recompute(settings: AggregatorSettings, asked: Sequence[str], account: _Account) -> int:
    """Recompute everybody, or those asked for; how many were left as they were, because newer rules counted them."""
    connection = await connect(connect_options(settings))
    store = Recompute(connection, Rulebook(load_models()), settings.keys(), declared_partitions())
    try:
        await store.register_questionnaires()  # as an aggregator of this release would
        providers = await store.providers(asked or None)
        unknown = sorted(set(asked) - {provider.oid for provider in providers})
        if unknown:
            raise click.UsageError(f"nothing was ever posted for {', '.join(unknown)}")
        left = 0
        with _progress(providers) as (looked_at, say):
            for provider in providers:
                done = await store.recompute(provider, looked_at)
                if done is None:
                    left += 1
                    say(f"{provider.oid}  left as it was: it was counted under newer rules")
                else:
                    _add(account, done)
                    if done.wrong:
                        say(f"{provider.oid}  {done.wrong} month rows weren't the sum of what was counted, and now are")
        return left
    finally:
        await store.close()


def _add(account: _Account, done: Recomputed) -> None:
    account.providers += 1
    account.requests += done.requests
    account.changed += done.changed
    account.wrong += done.wrong


def _told(account: _Account) -> str:
    return (
        f"{_of(account.providers, 'provider')}, {_of(account.requests, 'request')} looked at, "
        f"{_of(account.changed, 'contribution')} changed, {_of(account.wrong, 'month row')} healed"
    )


def _of(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextmanager
def _progress(providers: Sequence[Provider]) -> Iterator[tuple[Callable[[int], None], Callable[[str], None]]]:
    """How far it is, on stderr: a bar in a terminal, else a line every few seconds; and how to say a sentence there."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    requests = sum(provider.requests for provider in providers)
    if not console.is_terminal:
        lines = _Lines(requests)
        yield lines, lambda sentence: click.echo(sentence, err=True)
        return
    columns = (TextColumn("recomputing"), BarColumn(bar_width=None), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("recomputing", total=requests)
        yield (
            lambda looked_at: progress.advance(task, looked_at),
            lambda sentence: progress.console.print(sentence, markup=False),
        )


class _Lines:
    """Progress where nothing can be drawn over."""

    def __init__(self, requests: int) -> None:
        self._requests = requests
        self._looked_at = 0
        self._last_line = time.monotonic()

    def __call__(self, looked_at: int) -> None:
        self._looked_at += looked_at
        now = time.monotonic()
        if now - self._last_line >= _LINE_EVERY_S:
            self._last_line = now
            click.echo(f"{self._looked_at:,} of about {self._requests:,} requests looked at", err=True)
