"""`palautevirta organisations load` and `show`: who the organisations are."""

import click

from palautevirta.reference_data.command import load_command, show_command
from palautevirta.reference_data.loading import ORGANISATIONS


@click.group("organisations")
def command() -> None:
    """The organisation table: business ids, institution codes, names, and who is funded when."""


command.add_command(load_command(ORGANISATIONS))
command.add_command(show_command(ORGANISATIONS))
