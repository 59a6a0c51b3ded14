"""One lane: take up, read, apply, tell, for the even or the odd partitions that this process holds.

The fence is the only truth about positions. Whatever goes wrong, the lane forgets what it knew, loads the fences and
goes on from there. Two lanes let Postgres work for one while Python decodes for the other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from services.aggregator.applying import Applying
from services.aggregator.consumer import Log, LogMoved, LogUnavailable
from services.aggregator.decode import Decoder
from services.aggregator.leases import Leases
from services.aggregator.reading import FETCH_TIMEOUT_MS, Reading
from services.aggregator.standing import Standing, StopReason
from services.aggregator.store import FenceLost, Store, StoreUnavailable
from services.aggregator.taking_up import take_up
from services.aggregator.telemetry import Telemetry
from services.aggregator.telling import Telling
from services.runtime.logging import logger
from services.runtime.waiting import set_within

LANES: Final = 2
_VERIFY_EVERY_S: Final = 60.0
_LEADER_AGAIN_S: Final = 5.0
_RETRY_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0)

_LOG: Final = logger(__name__)


class Lane:
    """Works off the partitions of one parity until it is told to stop."""

    def __init__(
        self,
        number: int,
        *,
        topic: str,
        leases: Leases,
        decoder: Decoder,
        new_log: Callable[[], Log],
        new_store: Callable[[], Awaitable[Store]],
        telemetry: Telemetry,
        batch_records: int,
    ) -> None:
        self._number = number
        self._topic = topic
        self._leases = leases
        self._new_log = new_log
        self._new_store = new_store
        self._telemetry = telemetry
        self._standing = Standing(telemetry)
        self._reading = Reading(self._standing, decoder, batch_records)
        self._applying = Applying(self._standing, decoder, telemetry)
        self._telling = Telling(self._standing, telemetry)
        self._opened: Mapping[int, int] | None = None
        self._opened_at = 0.0
        self.last_progress: float | None = None
        """When a step last ended well."""
        self.last_sign_of_life: float | None = None
        """When a step or a try last ended, well or not: servers that are away don't make a lane stuck."""

    @property
    def stopped(self) -> Mapping[int, StopReason]:
        """The partitions that stand still, and why."""
        return self._standing.stopped

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, beginning again from the fence after every failure."""
        failures = 0
        while not stopping.is_set():
            self._live()
            log, store = self._new_log(), None
            try:
                store = await self._new_store()
                await log.start()
                identity = await log.identity()
                while not stopping.is_set():
                    await self._step(log, store, identity)
                    failures = 0
            except (StoreUnavailable, LogUnavailable) as error:
                reason = "store" if isinstance(error, StoreUnavailable) else "log"
                self._telemetry.restarts.labels(reason).inc()
                _LOG.warning("lane_restarted", lane=self._number, reason=str(error))
            finally:
                self._opened = None
                await log.stop()
                if store is not None:
                    await store.close()
            await set_within(stopping, _RETRY_S[min(failures, len(_RETRY_S) - 1)])
            failures += 1

    async def _step(self, log: Log, store: Store, identity: str) -> None:
        await self._take_up_when_due(log, store, identity)
        try:
            records = await self._reading.read_on(log, store)
            await self._applying.apply(store, records)
            self._reading.follow_what_was_applied(log)
            await self._telling.tell_when_due(log, store)
            if not self._standing.positions:
                await asyncio.sleep(FETCH_TIMEOUT_MS / 1000)
        except FenceLost:
            self._begin_again("fence_lost")
        except LogMoved:
            self._begin_again("log_moved")
        self.last_progress = self._live()

    def _live(self) -> float:
        self.last_sign_of_life = asyncio.get_running_loop().time()
        return self.last_sign_of_life

    async def _take_up_when_due(self, log: Log, store: Store, identity: str) -> None:
        """Take up what we hold when that changed, after a failure, and every minute; sooner what nobody led."""
        now = asyncio.get_running_loop().time()
        mine = {p: epoch for p, epoch in self._leases.held.items() if p % LANES == self._number}
        again_after_s = _LEADER_AGAIN_S if self._standing.left_out else _VERIFY_EVERY_S
        if mine == self._opened and now - self._opened_at <= again_after_s:
            return
        await take_up(self._standing, log, store, mine=mine, topic=self._topic, identity=identity)
        self._reading.assign(log)
        self._opened, self._opened_at = mine, now

    def _begin_again(self, reason: str) -> None:
        self._telemetry.restarts.labels(reason).inc()
        _LOG.info("lane_reloaded", lane=self._number, reason=reason)
        self._opened = None
