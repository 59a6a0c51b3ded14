"""`palautevirta env`: what an operator's command needs to know of a local stack, as lines for a shell."""

import shlex
from pathlib import Path
from typing import Final

import click

from palautevirta.local.directory import LOOPBACK, DataDirectory, is_held
from palautevirta.local.postgres import AGGREGATOR_ROLE, EDITIONS_ROLE, REPORTING_ROLE, SUPERUSER
from palautevirta.local.stack import DATABASE, DIGEST_KEY

_ROLES: Final = {
    "owner": SUPERUSER,
    "aggregator": AGGREGATOR_ROLE,
    "reporting": REPORTING_ROLE,
    "editions": EDITIONS_ROLE,
}


@click.command("env")
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path(".local"), show_default=True)
@click.option(
    "--role",
    type=click.Choice(list(_ROLES)),
    default="owner",
    show_default=True,
    help="verify, log adopt, load: owner; quarantine, recompute: aggregator; publish: editions; export: reporting.",
)
def command(data_dir: Path, role: str) -> None:
    """Print the environment variables with which operators' commands reach a local stack, for `eval "$(…)"`.

    They hold secrets. Of a stack over servers that it didn't start itself, ask whoever did.
    """
    known = DataDirectory.remembered(data_dir)
    name = _ROLES[role]
    try:
        variables = {
            "DATABASE_URL": f"postgresql://{name}:{known.secrets[name]}@{LOOPBACK}:{known.ports['postgres']}/{DATABASE}",
            "KAFKA_BOOTSTRAP": f"{LOOPBACK}:{known.ports['kafka']}",
        }
        if role == "aggregator":
            variables["DIGEST_KEYS"] = f"1:{known.secrets[DIGEST_KEY]}"
    except KeyError as error:
        raise click.ClickException(
            f"No stack ever started its own servers over {data_dir}: run `palautevirta up --data-dir {data_dir}` "
            "first, or give --data-dir."
        ) from error
    if not is_held(data_dir):
        click.echo(f"warning: no stack runs over {data_dir} now: nothing answers at these addresses", err=True)
    for variable, value in variables.items():
        click.echo(f"export {variable}={shlex.quote(value)}")
