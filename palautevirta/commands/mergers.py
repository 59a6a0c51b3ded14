"""`palautevirta mergers load` and `show`: whose history belongs to whom."""

import click

from palautevirta.reference_data.command import load_command, show_command
from palautevirta.reference_data.loading import MERGERS


@click.group("mergers")
def command() -> None:
    """The mergers of providers; they are applied when figures are read, and rewrite nothing."""


command.add_command(load_command(MERGERS))
command.add_command(show_command(MERGERS))
