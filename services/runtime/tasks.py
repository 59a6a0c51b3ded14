"""Tasks that run as long as the process, whose end is always news."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from services.runtime.logging import logger

_log = logger(__name__)


def watched_task(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """A task whose failure is logged when it happens; whether it still runs is for a liveness check to ask."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_tell_failure)
    return task


def _tell_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("task_failed", task=task.get_name(), exc_info=task.exception())
