"""Events applied to a real database by the aggregator's own store, without a log between."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from services.aggregator.decode import Arrival, Decoder
from services.aggregator.store import Batch, Read, Store, connect
from services.runtime.partitioning import partition_of

from .events import body
from .states import KEYS, MODELS, RULES, Record

PARTITIONS = 16
COMPLETE = datetime(2026, 11, 1, 12, tzinfo=UTC)
_RECEIVED_MS = 1_764_000_000_000


class AppliedLog:
    """A log that nobody keeps: what is given to `apply` is applied, in its order, at the next offsets."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._decoder = Decoder(MODELS, KEYS, PARTITIONS)
        self._next: dict[int, int] = defaultdict(int)

    async def open(self) -> None:
        await self._store.prepare_partitions(range(PARTITIONS))
        await self._store.register_questionnaires()
        for partition in range(PARTITIONS):
            await self._store.open_fence(partition, 0, "test", "log", 0, topic_id=b"")

    async def apply(self, *events: dict[str, Any]) -> None:
        """All in one transaction."""
        began = dict(self._next)
        arrivals = [self._arrival(event) for event in events]
        reads = [
            Read(partition, 0, began.get(partition, 0), self._next[partition], b"", _RECEIVED_MS)
            for partition in sorted({arrival.partition for arrival in arrivals})
        ]
        await self._store.apply(Batch(reads, arrivals, []))

    async def mark_complete(self, until: datetime = COMPLETE) -> None:
        """Say that nothing is left to read."""
        await self._store.mark_complete(
            {partition: (0, self._next.get(partition, 0)) for partition in range(PARTITIONS)}, until
        )

    def _arrival(self, event: dict[str, Any]) -> Arrival:
        partition = partition_of(event["providerid"], PARTITIONS)
        offset = self._next[partition]
        self._next[partition] += 1
        decoded = self._decoder.decode(Record(body(event), offset, partition))
        assert isinstance(decoded, Arrival), decoded
        return decoded


@asynccontextmanager
async def applied_log(dsn: str) -> AsyncIterator[AppliedLog]:
    """A log over the database of the aggregator's DSN."""
    store = Store(await connect({"dsn": dsn}), RULES, KEYS, PARTITIONS)
    try:
        log = AppliedLog(store)
        await log.open()
        yield log
    finally:
        await store.close()
