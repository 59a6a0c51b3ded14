"""`palautevirta quarantine`: what couldn't be applied, and what an operator does about it."""

import asyncio
import getpass
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import click

from schemas.events.personal import holds_personal_identifier
from schemas.national.model import load_models
from services.aggregator.consumer import KafkaLog, LogUnavailable, LogUnreadable
from services.aggregator.contribution import Rulebook
from services.aggregator.decode import Decoder
from services.aggregator.replay import Quarantine, Receipt, replay_each
from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import DigestKeyMissing, StoreUnavailable, connect
from services.runtime.kafka import client_options
from services.runtime.partitioning import declared_partitions
from services.runtime.postgres import connect_options
from services.runtime.settings import SettingsError

_RECEIPT: Final = re.compile(r"([0-9]{1,4})-([0-9]{1,18})", re.ASCII)
_LONGEST_TEXT: Final = 500
_PAGE: Final = 500
_DONE: Final = frozenset({"distinct", "duplicate", "conflict", "closed", "already_replayed", "already_closed"})

_Result = TypeVar("_Result")


def _receipt(text: str) -> Receipt:
    match = _RECEIPT.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"{text} is no receipt, such as 7-1042: partition, hyphen, offset")
    return int(match[1]), int(match[2])


def _receipts(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> list[Receipt]:
    return sorted({_receipt(text) for text in given})


def _impersonal(_: click.Context, __: click.Parameter, text: str) -> str:
    if not text.strip() or len(text) > _LONGEST_TEXT or not text.isprintable():
        raise click.BadParameter(f"write one line of 1 to {_LONGEST_TEXT} characters")
    if holds_personal_identifier(text):
        raise click.BadParameter("it holds a personal identity code or a learner OID: say it without")
    return text


_ACTOR: Final = click.option(
    "--actor", default=getpass.getuser, callback=_impersonal, show_default="your login", help="Who does this."
)


@click.group("quarantine")
def command() -> None:
    """List, show, replay or close what couldn't be applied. Takes the aggregator's environment variables."""


@command.command("list")
@click.option("--reason", help="Only records with this reason code.")
@click.option("--all", "settled", is_flag=True, help="Also those that were replayed or closed.")
@click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many at most.")
def list_command(*, reason: str | None, settled: bool, most: int) -> None:
    """Name the records in quarantine: receipt, reason, provider, when it was received, what became of it."""

    async def ask(store: Quarantine) -> None:
        for row in await store.listed(reason, settled=settled, most=most):
            click.echo("  ".join(_facts(row)))

    _run(lambda settings: _with_store(settings, ask))


@command.command("show")
@click.argument("receipt", metavar="PARTITION-OFFSET")
def show_command(receipt: str) -> None:
    """Say why a record stands in quarantine and what was done about it; never what the record says."""
    name = _receipt(receipt)

    async def ask(store: Quarantine) -> None:
        found = await store.shown(name)
        if found is None:
            raise click.ClickException(f"{receipt} isn't in quarantine")
        row, steps = found
        for title, fact in zip(("receipt", "reason", "provider", "received", "outcome"), _facts(row), strict=True):
            click.echo(f"{title:9} {fact}")
        for pointer in row["pointers"]:
            click.echo(f"pointer   {pointer}")
        for step in steps:
            remark = "" if step["remark"] is None else f": {step['remark']}"
            told = f"{step['at'].isoformat(timespec='seconds')}  {step['action']} by {step['actor']}"
            click.echo(f"step {step['step']:<4} {told}, {step['result']}{remark}")

    _run(lambda settings: _with_store(settings, ask))


@command.command("replay")
@click.argument("receipts", nargs=-1, metavar="[PARTITION-OFFSET]...", callback=_receipts)
@click.option("--reason", help="Every record that stands with this reason code.")
@_ACTOR
def replay_command(*, receipts: list[Receipt], reason: str | None, actor: str) -> None:
    """Judge records as arriving now, with this release; exit 1 when one of them still can't be applied."""
    if bool(receipts) == (reason is not None):
        raise click.UsageError("name receipts, or a reason with --reason")
    results = _run(lambda settings: _replay(settings, receipts, reason, actor))
    _end(results)


@command.command("close")
@click.argument("receipts", nargs=-1, required=True, metavar="PARTITION-OFFSET...", callback=_receipts)
@click.option("--reason", "remark", required=True, callback=_impersonal, help="Why nothing more is to be done.")
@_ACTOR
def close_command(*, receipts: list[Receipt], remark: str, actor: str) -> None:
    """Close records for good; the books still count them as rejected or in conflict."""

    async def close(store: Quarantine) -> dict[Receipt, str]:
        return {receipt: _told(receipt, await store.close_record(receipt, remark, actor)) for receipt in receipts}

    _end(_run(lambda settings: _with_store(settings, close)))


async def _replay(
    settings: AggregatorSettings, receipts: list[Receipt], reason: str | None, actor: str
) -> dict[Receipt, str]:
    log = KafkaLog(settings.kafka_topic, client_options(settings))
    decoder = Decoder(load_models(), settings.keys(), declared_partitions())
    results: dict[Receipt, str] = {}
    try:
        await log.start()
        async with _store(settings) as store:
            await store.register_questionnaires()  # as an aggregator of this release would
            if reason is not None:
                receipts = await _all_of(store, reason)
            replaying = replay_each(
                receipts, log=log, topic=settings.kafka_topic, store=store, decoder=decoder, actor=actor
            )
            async for receipt, result in replaying:
                results[receipt] = _told(receipt, result)
    finally:
        await log.stop()
    return results


async def _all_of(store: Quarantine, reason: str) -> list[Receipt]:
    found: list[Receipt] = []
    while True:
        page = await store.listed(reason, settled=False, most=_PAGE, after=found[-1] if found else (-1, -1))
        found += [(row["partition"], row["log_offset"]) for row in page]
        if len(page) < _PAGE:
            return found


def _facts(row: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    return (
        f"{row['partition']}-{row['log_offset']}",
        row["reason"],
        row["provider"] or "no provider",
        row["received_at"].isoformat(timespec="seconds"),
        row["outcome"] or "stands",
    )


def _told(receipt: Receipt, result: str) -> str:
    click.echo(f"{receipt[0]}-{receipt[1]}  {result}")
    return result


def _end(results: Mapping[Receipt, str]) -> None:
    if any(result not in _DONE for result in results.values()):
        raise SystemExit(1)


def _run(work: Callable[[AggregatorSettings], Awaitable[_Result]]) -> _Result:
    async def running() -> _Result:
        return await work(AggregatorSettings.from_environ(os.environ))

    try:
        return asyncio.run(running())
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    except DigestKeyMissing as error:
        raise click.ClickException(f"{error}; nothing was changed about this record and those behind it.") from error
    except (StoreUnavailable, LogUnavailable, LogUnreadable) as error:
        raise click.ClickException(f"{error}. Do it again: what was done already isn't done twice.") from error


async def _with_store(settings: AggregatorSettings, work: Callable[[Quarantine], Awaitable[_Result]]) -> _Result:
    async with _store(settings) as store:
        return await work(store)


@asynccontextmanager
async def _store(settings: AggregatorSettings) -> AsyncIterator[Quarantine]:
    connection = await connect(connect_options(settings))
    store = Quarantine(connection, Rulebook(load_models()), settings.keys(), declared_partitions())
    try:
        yield store
    finally:
        await store.close()
