"""A service as a process: event loop, signals, exit codes."""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final

import uvloop
from prometheus_client import disable_created_metrics

from services.runtime.settings import SettingsError

EXIT_FAILED: Final = 1
EXIT_SETTINGS: Final = 2
_CANCEL_SECONDS: Final = 5.0
"""How long a cancelled service may still take."""

Main = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""The service: it serves until the event is set, then drains and returns."""


def run(main: Main, *, stop_within_seconds: float = 25.0) -> int:
    """Run the service until SIGTERM or SIGINT sets its event and it returns; gives the exit code.

    Settings that can't be used are printed whole, with exit code 2. A service that hasn't returned
    `stop_within_seconds` after the signal is cancelled; one that survives even that ends at once, because a process
    that hangs while it is replaced holds up its successor. Any other exception is a defect and ends the process with
    its traceback.
    """
    stopping = asyncio.Event()
    watchdog = threading.Timer(stop_within_seconds + _CANCEL_SECONDS, os._exit, (EXIT_FAILED,))
    watchdog.daemon = True
    # They would be one more series for each counter, and nobody reads them.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    try:
        service = main(stopping)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_stopped(service, stopping, stop_within_seconds, watchdog))
    except SettingsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - there are no settings for a log yet
        return EXIT_SETTINGS
    finally:
        watchdog.cancel()
    return 0 if stopping.is_set() else EXIT_FAILED


def settle_garbage_collector() -> None:
    """Call once after start: what lives for ever is never looked at again, and young objects less often.

    Events are trees without cycles and die by reference count, so the collector finds next to nothing in them; with
    its usual threshold it would still walk them hundreds of times a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def _until_stopped(
    service: Coroutine[Any, Any, None], stopping: asyncio.Event, stop_within_s: float, watchdog: threading.Timer
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    serving = asyncio.create_task(service, name="service")
    signalled = asyncio.create_task(stopping.wait(), name="signal")
    await asyncio.wait({serving, signalled}, return_when=asyncio.FIRST_COMPLETED)
    signalled.cancel()
    if not serving.done():
        watchdog.start()
        async with asyncio.timeout(stop_within_s):
            await serving
    await serving
