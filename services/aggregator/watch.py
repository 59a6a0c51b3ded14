"""Looks at quarantine and books of the partitions that this process holds, and tells the metrics what it saw.

Counting a ledger grows with history, so the watch keeps itself small: on a connection of its own, one partition at a
time, and for each moment of work it rests twenty. Each look is one snapshot, so a partition at work is judged at one
moment and no transaction under way looks like a mistake.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol

from services.aggregator.line import Line
from services.aggregator.store import StoreUnavailable
from services.aggregator.telemetry import Telemetry
from services.runtime.logging import logger
from services.runtime.waiting import set_within

_ROUND_S: Final = 15.0
_IDLE_S: Final = 1.0
_REST: Final = 20

_LOG: Final = logger(__name__)


class Holding(Protocol):
    """What the watch needs of the leases: the partitions that are held now."""

    @property
    def held(self) -> Mapping[int, int]:
        """Partition and epoch."""


class Watch:
    """One look after another until it is told to stop."""

    def __init__(self, leases: Holding, telemetry: Telemetry, options: Mapping[str, Any]) -> None:
        self._leases = leases
        self._telemetry = telemetry
        self._line = Line(options, begins_with="watch_by_scan")
        self._seen: set[int] = set()
        self._unbalanced: set[int] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Go round the held partitions, each about every 15 s, until `stopping` is set."""
        loop = asyncio.get_running_loop()
        last = -1
        try:
            while not stopping.is_set():
                held = sorted(self._leases.held)
                self.forget(self._seen.difference(held))
                started = loop.time()
                if held:
                    last = next((partition for partition in held if partition > last), held[0])
                    try:
                        await self.look(last)
                    except StoreUnavailable as error:
                        _LOG.warning("books_not_checked", partition=last, reason=str(error))
                await set_within(stopping, rest_s(loop.time() - started, len(held)))
        finally:
            await self.close()

    async def look(self, partition: int) -> None:
        """Look at one partition and tell the metrics. Raises StoreUnavailable."""
        found = await self._line.ask("look_at_partition", partition)
        if not found or partition not in self._leases.held:
            return
        (row,) = found
        self._seen.add(partition)
        differs = row["partition_differs"] or row["provider_differs"]
        self._telemetry.quarantine_open.labels(partition).set(row["standing"])
        self._telemetry.quarantine_oldest.labels(partition).set(row["oldest_seconds"])
        self._telemetry.books_out_of_balance.labels(partition).set(differs)
        self._telemetry.books_checked.labels(partition).set_to_current_time()
        if differs and partition not in self._unbalanced:
            self._unbalanced.add(partition)
            _LOG.error(
                "books_out_of_balance",
                partition=partition,
                of_partition=row["partition_differs"],
                of_a_provider=row["provider_differs"],
            )
        elif not differs and partition in self._unbalanced:
            self._unbalanced.discard(partition)
            _LOG.info("books_balanced_again", partition=partition)

    def forget(self, partitions: set[int]) -> None:
        """Say nothing more of partitions that are somebody else's now."""
        for partition in partitions:
            for gauge in self._telemetry.of_watched_partitions:
                gauge.remove(str(partition))
        self._seen -= partitions
        self._unbalanced -= partitions

    async def close(self) -> None:
        """Close the connection in bounded time; the next look opens another."""
        await self._line.close()


def rest_s(took_s: float, partitions: int) -> float:
    """How long to rest after a look: a round takes 15 s, or so long that at most a twentieth of it is work."""
    return max(_ROUND_S / partitions, _REST * took_s) if partitions else _IDLE_S
