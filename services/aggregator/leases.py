"""Which partitions are ours: leases by Postgres' clock, with a heartbeat on a connection of its own.

A lease only decides who should work. What makes it safe is the epoch in the fence, which taking a lease raises: the
former owner's next transaction finds another epoch and writes nothing.
"""

import asyncio
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from services.aggregator.line import Line
from services.aggregator.store import StoreUnavailable
from services.runtime.logging import logger
from services.runtime.waiting import set_within

LEASE: Final = timedelta(seconds=5)
HEARTBEAT_S: Final = 1.0

_LOG: Final = logger(__name__)


class Leases:
    """The partitions that this process holds, and the task that keeps, takes and gives them back."""

    def __init__(
        self, owner: str, partitions: int, options: Mapping[str, Any], *, transaction_timeout_s: float
    ) -> None:
        self._owner = owner
        self._partitions = partitions
        self._line = Line(options)
        self._transaction_timeout = timedelta(seconds=transaction_timeout_s)
        self._last_beat: float | None = None
        self.held: Mapping[int, int] = {}

    @property
    def seconds_since_heartbeat(self) -> float:
        """How long ago the database last heard of us; infinite before the first time."""
        if self._last_beat is None:
            return math.inf
        return asyncio.get_running_loop().time() - self._last_beat

    async def run(self, stopping: asyncio.Event) -> None:
        """Keep the leases until `stopping` is set; the caller then lets its lanes finish and calls `leave`."""
        while not stopping.is_set():
            try:
                await self._beat()
            except StoreUnavailable as error:
                _LOG.warning("heartbeat_failed", reason=str(error))
                if self.seconds_since_heartbeat > LEASE.total_seconds():
                    self._hold({})
            await set_within(stopping, HEARTBEAT_S)

    async def leave(self) -> None:
        """Give everything back, so that others needn't wait for it to run out."""
        held, self.held = sorted(self.held), {}
        try:
            await self._line.ask("release_leases", self._owner, held)
            await self._line.ask("leave", self._owner)
        except StoreUnavailable as error:
            _LOG.warning("leases_left_to_run_out", reason=str(error))
        await self._line.close()

    async def _beat(self) -> None:
        held = await self._pairs("heartbeat", self._owner, LEASE)
        self._last_beat = asyncio.get_running_loop().time()
        if ended := await self._line.ask("end_silent_sessions", self._transaction_timeout):
            _LOG.warning("silent_sessions_ended", sessions=len(ended))
        (alive,) = await self._line.ask("count_aggregators", LEASE)
        share = math.ceil(self._partitions / max(1, alive["count"]))
        if len(held) > share:
            extra = sorted(held)[share:]
            await self._line.ask("release_leases", self._owner, extra)
            held = {partition: epoch for partition, epoch in held.items() if partition not in extra}
        elif len(held) < share:
            held |= await self._pairs("take_leases", self._owner, LEASE, share - len(held))
        self._hold(held)

    def _hold(self, held: Mapping[int, int]) -> None:
        if held != self.held:
            _LOG.info("leases_changed", partitions=sorted(held))
            self.held = dict(held)

    async def _pairs(self, statement: str, *arguments: Any) -> dict[int, int]:
        return {row["partition"]: row["epoch"] for row in await self._line.ask(statement, *arguments)}
