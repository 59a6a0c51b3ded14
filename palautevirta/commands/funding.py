"""`palautevirta funding inputs load` and `show`: what funding takes from outside."""

import click

from palautevirta.reference_data.command import load_command, show_command
from palautevirta.reference_data.loading import FUNDING_INPUTS


@click.group("funding")
def command() -> None:
    """The providers' shares of the appropriation."""


@command.group("inputs")
def inputs() -> None:
    """The shares of the years before, which this service can't compute."""


inputs.add_command(load_command(FUNDING_INPUTS))
inputs.add_command(show_command(FUNDING_INPUTS))
