"""The last step of a lane, once a second: say up to when everything is counted, how much waits, and how far it is."""

import asyncio
from typing import Final

from services.aggregator.consumer import Log, LogUnavailable
from services.aggregator.standing import Standing
from services.aggregator.store import Store
from services.aggregator.telemetry import Telemetry
from services.runtime.logging import logger

_TELL_EVERY_S: Final = 1.0
_REPORT_AGAIN_S: Final = 60.0

_LOG: Final = logger(__name__)


class Telling:
    """Tells the database, the metrics and Kafka's lag tools where a lane stands."""

    def __init__(self, standing: Standing, telemetry: Telemetry) -> None:
        self._standing = standing
        self._telemetry = telemetry
        self._told_at = 0.0
        self._report_again_at = 0.0

    async def tell_when_due(self, log: Log, store: Store) -> None:
        """Tell, if the last time was a second ago. Raises LogMoved, LogUnavailable, StoreUnavailable."""
        now = asyncio.get_running_loop().time()
        if now - self._told_at > _TELL_EVERY_S:
            self._told_at = now
            await self.tell(log, store)

    async def tell(self, log: Log, store: Store) -> None:
        """Tell now. Raises LogMoved, LogUnavailable, StoreUnavailable."""
        positions, left_at = self._standing.positions, self._standing.left_at
        if left_at:
            for partition, end in (await log.ends(left_at)).items():
                # A log that is another one, or shorter than what was read, has no records that wait.
                self._telemetry.lag.labels(partition).set(max(0, end - left_at[partition]))
        if not positions:
            return
        now = await store.clock()
        ends = await log.ends(positions)
        await self._standing.doubt(log, positions)
        complete = {
            p: (self._standing.epochs[p], at.next_offset)
            for p, at in positions.items()
            if at.verify is None and ends.get(p) == at.next_offset
        }
        await store.mark_complete(complete, now)
        for partition in complete:
            self._standing.moves(partition)
        for partition, end in ends.items():
            self._telemetry.lag.labels(partition).set(end - positions[partition].next_offset)
        if self._told_at < self._report_again_at:
            return
        try:
            await log.report({p: at.next_offset for p, at in positions.items()})
        except LogUnavailable as error:
            _LOG.warning("offsets_not_reported", reason=str(error))  # nobody here reads them, so nothing stops
            self._report_again_at = self._told_at + _REPORT_AGAIN_S
