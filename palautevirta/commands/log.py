"""`palautevirta log adopt`: go on with another log after Kafka was lost."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import click

from palautevirta.adoption import Adoption, account, missing, to_adopt
from palautevirta.commands.edge import CouldNotAsk, edge
from palautevirta.log_bounds import look_at_log
from palautevirta.receipts import MalformedReceipt
from services.runtime.postgres import connect_options
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
        with edge("owner", lambda: "Nothing was adopted."):
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
    partitions = "1 partition goes" if len(given_up) == 1 else f"{len(given_up)} partitions go"
    click.echo(f"{partitions} on with log {found.log_id}")
