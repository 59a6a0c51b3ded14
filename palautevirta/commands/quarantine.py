"""`palautevirta quarantine`: what couldn't be applied, and what an operator does about it."""

import asyncio
import getpass
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import click

from palautevirta.commands.edge import edge
from schemas.events.personal import holds_personal_identifier
from schemas.national.model import load_models
from services.aggregator.consumer import KafkaLog
from services.aggregator.contribution import Rulebook
from services.aggregator.decode import Decoder, DigestKeys
from services.aggregator.replay import REASONS, Quarantine, replay_each
from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import DigestKeyMissing, connect
from services.runtime.kafka import client_options
from services.runtime.partitioning import declared_partitions
from services.runtime.postgres import connect_options
from services.runtime.receipts import Receipt, read_receipt
from services.runtime.settings import PostgresSettings

_LONGEST_TEXT: Final = 500
_PAGE: Final = 500
_AGAIN: Final = "Do it again: what was done already isn't done twice."
_LEFT: Final = frozenset({"distinct", "duplicate", "closed", "already_replayed", "already_closed"})

_Result = TypeVar("_Result")


def _receipt(text: str) -> Receipt:
    receipt = read_receipt(text)
    if receipt is None:
        raise click.BadParameter(f"{text} is no receipt, such as 7-1042: partition, hyphen, offset")
    return receipt


def _receipts(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> list[Receipt]:
    return sorted({_receipt(text) for text in given})


def impersonal(_: click.Context, __: click.Parameter, text: str) -> str:
    """One line without what names a person. Raises click.BadParameter."""
    if not text.strip() or len(text) > _LONGEST_TEXT or not text.isprintable():
        raise click.BadParameter(f"write one line of 1 to {_LONGEST_TEXT} characters")
    if holds_personal_identifier(text):
        raise click.BadParameter("it holds a personal identity code or a learner OID: say it without")
    return text


def _known(_: click.Context, __: click.Parameter, reason: str | None) -> str | None:
    if reason is not None and reason not in REASONS:
        raise click.BadParameter(f"{reason} is none of {', '.join(sorted(REASONS))}")
    return reason


ACTOR: Final = click.option(
    "--actor", default=getpass.getuser, callback=impersonal, show_default="your login", help="Who does this."
)
_REASON: Final = click.option(
    "--reason", metavar="CODE", callback=_known, help="Records that stand with this reason code."
)
_SOME: Final = click.argument("receipts", nargs=-1, metavar="[PARTITION-OFFSET]...", callback=_receipts)


@click.group("quarantine")
def command() -> None:
    """List, show, replay or close what couldn't be applied.

    Takes the aggregator's DATABASE_URL; replay all of its environment variables.
    """


@command.command("list")
@_REASON
@click.option("--all", "settled", is_flag=True, help="Also those that were replayed or closed, and of former logs.")
@click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many at most.")
def list_command(*, reason: str | None, settled: bool, most: int) -> None:
    """Name the records in quarantine: receipt, reason, provider, when it was received, what became of it.

    Of a conflict also the kind of event that wasn't applied, such as response.withdrawn.
    """

    async def ask(store: Quarantine) -> None:
        found = await store.listed(reason, settled=settled, most=most + 1)
        for row in found[:most]:
            click.echo("  ".join(_facts(row)))
        if len(found) > most:
            click.echo(f"there are more than these {most}: ask with a greater --most, or a --reason", err=True)

    _with_store(ask)


@command.command("show")
@click.argument("receipt", metavar="PARTITION-OFFSET")
def show_command(receipt: str) -> None:
    """Say why a record stands in quarantine and what was done about it; never what the record says.

    After a log was lost, two records may have one receipt: that of the present log is shown first.
    """
    name = _receipt(receipt)

    async def ask(store: Quarantine) -> None:
        found = await store.shown(name)
        if not found:
            raise click.ClickException(f"{receipt} isn't in quarantine")
        for row, steps in found:
            for line in _described(row, steps):
                click.echo(line)

    _with_store(ask)


@command.command("replay")
@_SOME
@_REASON
@ACTOR
def replay_command(*, receipts: list[Receipt], reason: str | None, actor: str) -> None:
    """Judge records as arriving now, with this release; exit 1 when one of them still stands afterwards."""
    _one_way(receipts, reason)

    async def running() -> dict[Receipt, str]:
        return await _replay(AggregatorSettings.from_environ(os.environ), receipts, reason, actor)

    with edge(lambda: _AGAIN):
        _end(_told_key(running()))


@command.command("close")
@_SOME
@_REASON
@click.option(
    "--because", "remark", required=True, metavar="TEXT", callback=impersonal, help="Why nothing more is to be done."
)
@ACTOR
def close_command(*, receipts: list[Receipt], reason: str | None, remark: str, actor: str) -> None:
    """Close records for good; the books still count them as rejected or in conflict."""
    _one_way(receipts, reason)

    async def close(store: Quarantine) -> dict[Receipt, str]:
        chosen = receipts if reason is None else await _all_of(store, reason)
        return {receipt: _told(receipt, await store.close_record(receipt, remark, actor)) for receipt in chosen}

    _end(_with_store(close))


def _one_way(receipts: list[Receipt], reason: str | None) -> None:
    if bool(receipts) == (reason is not None):
        raise click.UsageError("name receipts, or a reason with --reason")


async def _replay(
    settings: AggregatorSettings, receipts: list[Receipt], reason: str | None, actor: str
) -> dict[Receipt, str]:
    log = KafkaLog(settings.kafka_topic, client_options(settings))
    decoder = Decoder(load_models(), settings.keys(), declared_partitions())
    results: dict[Receipt, str] = {}
    try:
        await log.start()
        async with _store(settings, settings.keys()) as store:
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
        row["reason"] if row["event"] is None else f"{row['reason']} ({row['event']})",
        row["provider"] or "no provider",
        row["received_at"].isoformat(timespec="seconds"),
        (row["outcome"] or "standing") + _of_log(row),
    )


def _of_log(row: Mapping[str, Any]) -> str:
    return "" if row["former_log"] is None else f", of former log {row['former_log']}"


def _described(row: Mapping[str, Any], steps: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for title, fact in zip(("receipt", "reason", "provider", "received", "outcome"), _facts(row), strict=True):
        yield f"{title:9} {fact}"
    if row["standing_offset"] is not None:
        yield f"stands    {row['partition']}-{row['standing_offset']}, the event that came first under this id"
    for pointer in row["pointers"]:
        yield f"pointer   {pointer}"
    for step in steps:
        remark = "" if step["remark"] is None else f": {step['remark']}"
        told = f"{step['at'].isoformat(timespec='seconds')}  {step['action']} by {step['actor']}"
        yield f"step {step['step']:<4} {told}, {step['result']}{remark}"


def _told(receipt: Receipt, result: str) -> str:
    click.echo(f"{receipt[0]}-{receipt[1]}  {result}")
    return result


def _end(results: Mapping[Receipt, str]) -> None:
    if any(result not in _LEFT for result in results.values()):
        raise SystemExit(1)


def _told_key(replaying: Coroutine[Any, Any, _Result]) -> _Result:
    try:
        return asyncio.run(replaying)
    except DigestKeyMissing as error:
        raise click.ClickException(f"{error}; nothing was changed about this record and those behind it.") from error


def _with_store(work: Callable[[Quarantine], Awaitable[_Result]]) -> _Result:
    """Work that only the database is needed for: neither Kafka nor a digest key."""

    async def running() -> _Result:
        async with _store(PostgresSettings.from_environ(os.environ), DigestKeys({})) as store:
            return await work(store)

    with edge(lambda: _AGAIN):
        return asyncio.run(running())


@asynccontextmanager
async def _store(settings: PostgresSettings, keys: DigestKeys) -> AsyncIterator[Quarantine]:
    connection = await connect(connect_options(settings))
    store = Quarantine(connection, Rulebook(load_models()), keys, declared_partitions())
    try:
        yield store
    finally:
        await store.close()
