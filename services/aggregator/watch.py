"""Looks at quarantine and books of the partitions that this process holds, and tells the metrics what it saw.

Counting a ledger grows with history, so the watch keeps itself small: on a connection of its own, one partition at a
time, and for each moment of work it rests twenty. Each look is one snapshot, so a partition at work is judged at one
moment and no transaction under way looks like a mistake.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from services.aggregator.balances import broken_rows
from services.aggregator.line import Line
from services.aggregator.store import StoreUnavailable
from services.aggregator.telemetry import Telemetry
from services.runtime.logging import logger
from services.runtime.waiting import set_within

_ROUND_S: Final = 15.0
_IDLE_S: Final = 1.0
_REST: Final = 20

_COMPARED: Final = tuple(broken_rows(name) for name in ("requests", "month_figures", "month_answers"))

_LOG: Final = logger(__name__)


class Holding(Protocol):
    """What the watch needs of the leases: the partitions that are held now."""

    @property
    def held(self) -> Mapping[int, int]:
        """Partition and epoch."""


class Round:
    """How far the providers of one partition were compared, and whose requests differed when they last were."""

    def __init__(self) -> None:
        self.last = 0
        self.differing: set[int] = set()

    def order(self, providers: Sequence[int]) -> Sequence[int]:
        """Everybody once, beginning after who came last."""
        return [p for p in providers if p > self.last] + [p for p in providers if p <= self.last]


class Watch:
    """One look after another until it is told to stop."""

    def __init__(self, leases: Holding, telemetry: Telemetry, options: Mapping[str, Any]) -> None:
        self._leases = leases
        self._telemetry = telemetry
        self._line = Line(options, begins_with="watch_by_scan")
        self._seen: set[int] = set()
        self._unbalanced: set[int] = set()
        self._rounds: defaultdict[int, Round] = defaultdict(Round)

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
        self._telemetry.quarantine_open.labels(partition).set(row["standing"])
        self._telemetry.quarantine_oldest.labels(partition).set(row["oldest_seconds"])
        self._telemetry.books_checked.labels(partition).set_to_current_time()
        try:
            await self._compare(partition)
        finally:
            self._tell(partition, row["partition_differs"], row["provider_differs"])

    def _tell(self, partition: int, of_partition: bool, of_a_provider: bool) -> None:
        of_requests = bool(self._rounds[partition].differing)
        differs = of_partition or of_a_provider or of_requests
        self._telemetry.books_out_of_balance.labels(partition).set(differs)
        if differs and partition not in self._unbalanced:
            self._unbalanced.add(partition)
            _LOG.error(
                "books_out_of_balance",
                partition=partition,
                of_partition=of_partition,
                of_a_provider=of_a_provider,
                of_requests=of_requests,
            )
        elif not differs and partition in self._unbalanced:
            self._unbalanced.discard(partition)
            _LOG.info("books_balanced_again", partition=partition)

    async def _compare(self, partition: int) -> None:
        """Compare the requests of the next providers with their figures and ledger, while there is time."""
        clock = asyncio.get_running_loop().time
        ends = clock() + comparing_s(len(self._leases.held))
        this_round = self._rounds[partition]
        providers = [row["id"] for row in await self._line.ask("providers_of_partition", partition)]
        for provider in this_round.order(providers):
            this_round.last = provider  # first, so that one who can't be compared in time doesn't end the round for all
            broken = [(await self._line.ask_text(sql, partition, provider))[0][0] for sql in _COMPARED]
            if any(broken):
                this_round.differing.add(provider)
            else:
                this_round.differing.discard(provider)
            if provider == providers[-1]:
                self._telemetry.requests_compared.labels(partition).set_to_current_time()
            if clock() > ends:
                return

    def forget(self, partitions: set[int]) -> None:
        """Say nothing more of partitions that are somebody else's now."""
        for partition in partitions:
            self._rounds.pop(partition, None)
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


def comparing_s(partitions: int) -> float:
    """How long a look may go on with comparing: so long that its rest still lets a round take 15 s."""
    return _ROUND_S / max(partitions, 1) / _REST
