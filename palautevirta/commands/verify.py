"""`palautevirta verify`: does the record agree with itself?"""

import asyncio
import os
from pathlib import Path

import asyncpg
import click

from palautevirta.receipts import MalformedReceipt
from palautevirta.verification import Finding, verify, verify_receipts
from services.aggregator.consumer import LogUnavailable
from services.runtime.settings import KafkaSettings, SettingsError


@click.command("verify")
@click.option("--database-url", envvar="DATABASE_URL", required=True, help="DSN of the database's owner.")
@click.option(
    "--receipts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Receipts, one a line, or what collectors answer to /metrics; held against the log's end (KAFKA_…).",
)
def command(database_url: str, receipts: Path | None) -> None:
    """Check that stored contributions are the figures and that the books balance; exit 1 naming what differs."""
    try:
        findings = asyncio.run(_findings(database_url, receipts.read_text() if receipts else None))
    except (asyncpg.PostgresError, OSError) as error:
        raise click.ClickException(f"the database can't be asked: {error}") from error
    except (SettingsError, MalformedReceipt, LogUnavailable) as error:
        raise click.ClickException(str(error)) from error
    for finding in findings:
        click.echo(_sentence(finding))
        for row in finding.broken_by:
            click.echo("    " + ", ".join(f"{column}={value}" for column, value in row.items() if value is not None))
    if any(finding.broken_by for finding in findings):
        raise SystemExit(1)


async def _findings(database_url: str, told: str | None) -> list[Finding]:
    findings = await verify(database_url)
    if told is not None:
        findings.append(await verify_receipts(told, KafkaSettings.from_environ(os.environ)))
    return findings


def _sentence(finding: Finding) -> str:
    return f"{'BROKEN' if finding.broken_by else 'holds '}  {finding.name}: {finding.holds}"
