"""`palautevirta verify`: does the record agree with itself?"""

import asyncio
import os
from pathlib import Path

import click

from palautevirta.commands.edge import CouldNotAsk, database_url, edge
from palautevirta.receipts import MalformedReceipt
from palautevirta.verification import Finding, verify, verify_receipts
from services.runtime.settings import KafkaSettings


@click.command("verify")
@click.option("--database-url", envvar="DATABASE_URL", callback=database_url, help="DSN of the database's owner.")
@click.option(
    "--receipts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Receipts, one a line, or what collectors answer to /metrics; held against the log's end (KAFKA_…).",
)
def command(database_url: str, receipts: Path | None) -> None:
    """Check that stored contributions are the figures and that the books balance.

    Exit code 1 when something differs, with the rows; 2 when something couldn't be asked.
    """
    try:
        told = receipts.read_text() if receipts else None
        with edge("owner"):
            findings = asyncio.run(_findings(database_url, told))
    except (MalformedReceipt, UnicodeDecodeError, OSError) as error:
        raise CouldNotAsk(f"{receipts}: {error}") from error
    for finding in findings:
        click.echo(_sentence(finding))
        for row in finding.broken_by:
            click.echo("    " + ", ".join(f"{column}={value}" for column, value in row.items() if value is not None))
        if finding.more:
            click.echo(f"    and more: these are the first {len(finding.broken_by)}")
    if any(finding.broken_by for finding in findings):
        raise SystemExit(1)


async def _findings(database_url: str, told: str | None) -> list[Finding]:
    findings = await verify(database_url)
    if told is not None:
        findings.append(await verify_receipts(told, KafkaSettings.from_environ(os.environ)))
    return findings


def _sentence(finding: Finding) -> str:
    return f"{'BROKEN' if finding.broken_by else 'holds '}  {finding.name}: {finding.holds}"
