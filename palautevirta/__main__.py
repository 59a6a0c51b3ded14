"""The command line: `palautevirta COMMAND` or `python -m palautevirta COMMAND`."""

import importlib
from typing import Final

import click

# Each module holds a click command named `command`. It is imported only when it is asked for, so that printing a
# token does not wait for what the demonstration needs.
_COMMANDS: Final = {
    name: f"palautevirta.commands.{name}"
    for name in (
        "demo",
        "documents",
        "env",
        "export",
        "funding",
        "log",
        "mergers",
        "migrate",
        "organisations",
        "publish",
        "quarantine",
        "recompute",
        "token",
        "topics",
        "up",
        "verify",
    )
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(_COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_LazyGroup)
def main() -> None:
    """Feedback on vocational education, collected as events and turned into figures that a nation can trust."""


if __name__ == "__main__":
    main(prog_name="palautevirta")
