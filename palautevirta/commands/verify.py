"""`palautevirta verify`: does the record agree with itself?"""

import asyncio

import asyncpg
import click

from palautevirta.verification import Finding, verify


@click.command("verify")
@click.option("--database-url", envvar="DATABASE_URL", required=True, help="DSN of the database's owner.")
def command(database_url: str) -> None:
    """Check that stored contributions are the figures and that the books balance; exit 1 naming what differs."""
    try:
        findings = asyncio.run(verify(database_url))
    except (asyncpg.PostgresError, OSError) as error:
        raise click.ClickException(f"the database can't be asked: {error}") from error
    for finding in findings:
        click.echo(_sentence(finding))
        for row in finding.broken_by:
            click.echo("    " + ", ".join(f"{column}={value}" for column, value in row.items() if value is not None))
    if any(finding.broken_by for finding in findings):
        raise SystemExit(1)


def _sentence(finding: Finding) -> str:
    return f"{'BROKEN' if finding.broken_by else 'holds '}  {finding.name}: {finding.holds}"
