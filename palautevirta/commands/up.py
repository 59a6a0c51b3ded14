"""`palautevirta up`: the whole stack on loopback until it is told to stop."""

import asyncio
import os
from pathlib import Path

import click

from palautevirta.commands.foreground import in_foreground
from palautevirta.local.services import SERVICES
from palautevirta.local.stack import LocalStack


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
    in_foreground(_up(stack))


async def _up(stack: LocalStack) -> None:
    async with stack:
        click.echo(stack.endpoints.as_json())
        await asyncio.Event().wait()
