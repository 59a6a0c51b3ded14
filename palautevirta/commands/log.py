"""`palautevirta log adopt`: go on with another log after Kafka was lost; `log pass`: behind what can't be read."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import click

from palautevirta.adoption import Adoption, account, missing, to_adopt
from palautevirta.commands.edge import CouldNotAsk, edge
from palautevirta.commands.quarantine import ACTOR, impersonal
from palautevirta.log_bounds import look_at_log
from palautevirta.passing import Passing, why_not
from palautevirta.passing import account as account_of_passing
from palautevirta.receipts import MalformedReceipt, receipt_of
from services.runtime.partitioning import declared_partitions
from services.runtime.postgres import connect_options
from services.runtime.receipts import Receipt
from services.runtime.settings import KafkaSettings, PostgresSettings

_CLOSE_TIMEOUT_S = 2.0


class LogSettings(KafkaSettings, PostgresSettings):
    """Where the log and the record are; the database as its owner."""


@click.group("log")
def command() -> None:
    """The log in Kafka, as the record knows it."""


@command.command("adopt")
@click.option("--receipts", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="One receipt a line.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def adopt_command(receipts: Path | None, *, yes: bool) -> None:
    """Go on with the log that is there now, in place of one that was lost.

    Stop the aggregators first; one that still runs waits behind the fences and then finds itself shut out of them.
    DATABASE_URL is the database's owner; KAFKA_… as for the services. With --receipts it says which of them, as clients
    were told by the lost log, are not in the record and have to be sent again.
    """
    try:
        told = receipts.read_text().split() if receipts else []
        with edge(lambda: "Nothing was adopted."):
            asyncio.run(_adopt(LogSettings.from_environ(os.environ), told, yes=yes))
    except (MalformedReceipt, UnicodeDecodeError) as error:
        raise CouldNotAsk(f"{receipts}: {error}") from error


async def _adopt(settings: LogSettings, told: Sequence[str], *, yes: bool) -> None:
    connection = await asyncpg.connect(**connect_options(settings))
    try:
        async with connection.transaction():
            adoption = Adoption(connection)
            standing = await adoption.hold()
            # Only now: while the fences could move, an aggregator at work might have passed the end that was seen.
            found = await look_at_log(settings)
            given_up = to_adopt(standing, found)
            if not given_up:
                raise click.ClickException("The log is the one that the record knows: there is nothing to adopt.")
            for sentence in account(given_up, found, await adoption.standing_in_quarantine(given_up)):
                click.echo(sentence)
            for receipt in missing(told, standing):
                click.echo(f"not in the record, to be sent again: {receipt}")
            if not yes:
                # The fences are held while we wait for the answer, so what was shown is what is adopted.
                click.confirm("Go on with the new log?", abort=True)
            await adoption.adopt(given_up, found)
    finally:
        await connection.close(timeout=_CLOSE_TIMEOUT_S)
    click.echo(f"{len(given_up)} partitions go on with log {found.log_id}")


def _last(_: click.Context, __: click.Parameter, text: str) -> Receipt:
    try:
        return receipt_of(text, range(declared_partitions()))
    except MalformedReceipt as error:
        raise click.BadParameter(str(error)) from error


@command.command("pass")
@click.argument("last", metavar="PARTITION-OFFSET", callback=_last)
@click.option("--because", "remark", required=True, metavar="TEXT", callback=impersonal, help="What was found out.")
@ACTOR
@click.option("--yes", is_flag=True, help="Don't ask.")
def pass_command(*, last: Receipt, remark: str, actor: str, yes: bool) -> None:
    """Let a partition go on behind this offset when it stands still at a gap or at what can't be read or stored.

    Every offset from the partition's next one up to this one then stands in quarantine as `passed`, uncounted. Nothing
    has to be stopped. DATABASE_URL is the database's owner; KAFKA_… as for the services.
    """
    with edge(lambda: "Look at the partition's fence before you do it again."):
        asyncio.run(_pass(LogSettings.from_environ(os.environ), last, remark=remark, actor=actor, yes=yes))


async def _pass(settings: LogSettings, last: Receipt, *, remark: str, actor: str, yes: bool) -> None:
    partition, offset = last
    connection = await asyncpg.connect(**connect_options(settings))
    try:
        passing = Passing(connection)
        async with connection.transaction():
            shown = await passing.hold(partition)
        if shown is None:
            raise click.ClickException(f"partition {partition} was never read: there is nothing to pass over")
        reason = why_not(shown, offset, await look_at_log(settings))
        if reason is not None:
            raise click.ClickException(reason)
        click.echo(account_of_passing(shown, offset))
        if not yes:
            click.confirm("Pass over them?", abort=True)
        async with connection.transaction():
            # Not held while we wait for the answer: a lease that can't be prolonged takes its owner's others along.
            if await passing.hold(partition) != shown:
                raise click.ClickException("the partition has moved since it was looked at: nothing was passed over")
            await passing.go_on(shown, offset, actor=actor, remark=remark)
    finally:
        await connection.close(timeout=_CLOSE_TIMEOUT_S)
    click.echo(f"partition {partition} goes on with offset {offset + 1}")
