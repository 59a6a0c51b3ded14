"""`palautevirta token`: a bearer token of a local stack's issuer."""

from pathlib import Path

import click

from palautevirta.local.issuer import Issuer


@click.command("token")
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path(".local"), show_default=True)
@click.option("--provider", "providers", multiple=True, metavar="OID", help="Speak for this provider; may be repeated.")
@click.option("--scope", required=True, help='Scopes, separated by spaces, as in "feedback:write figures:read".')
@click.option("--client-id", default="local", show_default=True)
@click.option("--expires-in", "expires_in_s", default=3600, show_default=True, metavar="SECONDS")
def command(data_dir: Path, providers: tuple[str, ...], scope: str, client_id: str, expires_in_s: int) -> None:
    """Print a token that the services of this data directory's stack accept."""
    try:
        issuer = Issuer.load(data_dir)
    except FileNotFoundError as error:
        raise click.ClickException(
            f"No stack was ever started over {data_dir}: run `palautevirta up --data-dir {data_dir}` first."
        ) from error
    click.echo(issuer.mint(organisations=providers, scope=scope, client_id=client_id, expires_in_s=expires_in_s))
