"""`palautevirta up`: the whole stack on loopback until it is told to stop."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import click

from palautevirta.local.directory import DirectoryInUse
from palautevirta.local.jars import JarsRefused, ToolMissing
from palautevirta.local.process import ChildFailed
from palautevirta.local.services import SERVICES
from palautevirta.local.stack import LocalStack
from palautevirta.migrations import MigrationFailed, MigrationRefused
from palautevirta.topics import TopicRefused

_EXPECTED = (DirectoryInUse, ToolMissing, JarsRefused, ChildFailed, MigrationRefused, MigrationFailed, TopicRefused)


@click.command("up")
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path(".local"), show_default=True)
@click.option("--collector-port", type=int, help="A fixed port; each is free by default and remembered.")
@click.option("--reporting-port", type=int)
@click.option("--kafka-port", type=int)
@click.option("--postgres-port", type=int)
@click.option("--jwks-port", type=int)
@click.option("--no-services", is_flag=True, help="Only Postgres, Kafka and the issuer.")
def command(data_dir: Path, no_services: bool, **fixed_ports: int | None) -> None:
    """Start everything and print one line of JSON on standard output when all of it is ready.

    Ends on SIGTERM or Ctrl-C, and stops everything it started. KAFKA_BOOTSTRAP or DATABASE_URL in the environment
    names a server to use instead of starting one.
    """
    stack = LocalStack(
        data_dir,
        environment=os.environ,
        services=() if no_services else SERVICES,
        ports={name.removesuffix("_port"): port for name, port in fixed_ports.items() if port is not None},
        keep_running=True,
        say=lambda sentence: click.echo(sentence, err=True),
    )
    try:
        asyncio.run(_up(stack))
    except _EXPECTED as failure:
        raise click.ClickException(str(failure)) from failure


async def _up(stack: LocalStack) -> None:
    """Run until a signal; one that comes while the stack still starts ends it too."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        async with stack:
            click.echo(stack.endpoints.as_json())
            await asyncio.Event().wait()
