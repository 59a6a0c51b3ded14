"""`palautevirta token`: a bearer token of a local stack's issuer."""

import re
from pathlib import Path
from typing import Final

import click

from palautevirta.local.issuer import Issuer
from schemas.events import types

SCOPES: Final = ("feedback:write", "figures:read", "figures:funding", "figures:national", "operations")
"""What a token may allow."""

_OF_PROVIDERS: Final = frozenset({"feedback:write", "figures:read", "figures:funding"})
"""Scopes that allow something only for the organisations that a token names."""

_OID: Final = re.compile(types.whole(types.OID_PATTERN))


def _oids(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for oid in given:
        if not _OID.match(oid):
            raise click.BadParameter(f"{oid} is not an organisation OID such as 1.2.246.562.99.12345678901")
    return given


def _scopes(_: click.Context, __: click.Parameter, given: str) -> str:
    if not given.split():
        raise click.BadParameter(f"give at least one of {', '.join(SCOPES)}")
    for scope in given.split():
        if scope not in SCOPES:
            raise click.BadParameter(f"{scope} is none of {', '.join(SCOPES)}")
    return given


@click.command("token")
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path(".local"), show_default=True)
@click.option(
    "--provider",
    "providers",
    multiple=True,
    callback=_oids,
    metavar="OID",
    help="Speak for this provider; may be repeated.",
)
@click.option(
    "--scope", required=True, callback=_scopes, help='Scopes, separated by spaces, as in "feedback:write figures:read".'
)
@click.option("--client-id", default="local", show_default=True)
@click.option(
    "--expires-in", "expires_in_s", type=click.IntRange(min=1), default=3600, show_default=True, metavar="SECONDS"
)
def command(data_dir: Path, providers: tuple[str, ...], scope: str, client_id: str, expires_in_s: int) -> None:
    """Print a token that the services of this data directory's stack accept."""
    try:
        issuer = Issuer.load(data_dir)
    except FileNotFoundError as error:
        raise click.ClickException(
            f"No stack was ever started over {data_dir}: run `palautevirta up --data-dir {data_dir}` first, "
            "or give --data-dir."
        ) from error
    if not providers and (own := sorted(_OF_PROVIDERS & set(scope.split()))):
        click.echo(f"warning: without --provider the token speaks for nobody with {', '.join(own)}", err=True)
    click.echo(issuer.mint(organisations=providers, scope=scope, client_id=client_id, expires_in_s=expires_in_s))
