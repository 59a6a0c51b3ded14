"""A stack in the foreground of a terminal: until a signal, and with every expected failure as one sentence."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import click

from palautevirta.local.directory import DirectoryInUse, PortTaken
from palautevirta.local.jars import JarsRefused, ToolMissing
from palautevirta.local.process import ChildFailed
from palautevirta.migrations import MigrationFailed, MigrationRefused
from palautevirta.topics import TopicRefused

T = TypeVar("T")

_STACK_FAILURES: Final[tuple[type[Exception], ...]] = (
    OSError, DirectoryInUse, PortTaken, ToolMissing, JarsRefused, ChildFailed, MigrationRefused, MigrationFailed,
    TopicRefused,
)  # fmt: skip


def in_foreground(work: Coroutine[Any, Any, T], *also_expected: type[Exception]) -> T | None:
    """What the work came to, None when SIGTERM or Ctrl-C ended it first; also while a stack is still starting.

    Raises click.ClickException for everything that a stack, or the work, is expected to fail with.
    """
    expected = (*_STACK_FAILURES, *also_expected)
    try:
        return asyncio.run(_until_signal(work))
    except expected as failure:
        raise click.ClickException(str(failure)) from failure


async def _until_signal(work: Coroutine[Any, Any, T]) -> T | None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        return await task
    return None
