"""Looks every few seconds whether the database answers and how far its figures are, for readiness and metrics."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.reporting.store import Snapshot, Store, StoreUnavailable, TooSlow
from services.reporting.telemetry import Telemetry
from services.runtime.logging import logger

_log = logger(__name__)


class Freshness:
    """What the last look saw. Made by `watch_freshness`, whose task keeps it up to date."""

    def __init__(self) -> None:
        self._reason: str | None = "the database has not answered yet"
        self.task: asyncio.Task[None] | None = None

    def is_ready(self) -> str | None:
        """None while the database answers, else why not."""
        return self._reason

    def is_alive(self) -> str | None:
        """None while somebody looks, else what happened."""
        return "nobody watches the database any more" if self.task is None or self.task.done() else None

    async def look(self, store: Store, telemetry: Telemetry) -> None:
        """Look once."""
        try:
            as_of, _ = await store.read(_nothing_more)
        except (StoreUnavailable, TooSlow) as failure:
            reason = f"the database doesn't answer: {failure}"
            if self._reason != reason:
                _log.warning("database_not_answering", reason=str(failure))
            self._reason = reason
            return
        telemetry.counted_until(as_of)
        if self._reason is not None:
            _log.info("database_answered", as_of=as_of.isoformat() if as_of else None)
        self._reason = None


@asynccontextmanager
async def watch_freshness(store: Store, telemetry: Telemetry, *, every_s: float) -> AsyncIterator[Freshness]:
    """Keep looking while the context is open."""
    freshness = Freshness()

    async def keep_looking() -> None:
        while True:
            await freshness.look(store, telemetry)
            await asyncio.sleep(every_s)

    freshness.task = asyncio.create_task(keep_looking(), name="freshness")
    try:
        yield freshness
    finally:
        freshness.task.cancel()
        await asyncio.wait({freshness.task})


async def _nothing_more(_: Snapshot) -> None:
    """A snapshot's as_of is all that is looked at."""
