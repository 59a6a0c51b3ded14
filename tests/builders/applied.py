"""Events applied to a real database by the aggregator's own transaction, without a log beneath it."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from palautevirta.local.postgres import Database
from services.aggregator.decode import Arrival
from services.aggregator.store import Applied, Batch, Read, Store

from .states import KEYS, RULES, arrival

_MS = 1_764_000_000_000
_PARTITIONS = 16


async def apply_events(database: Database, events: Sequence[dict[str, Any]], *, batch: int = 500) -> list[Applied]:
    """Apply events to an empty database as the first records of their partitions, so many at a time."""
    store = Store(await asyncpg.connect(database.aggregator_dsn), RULES, KEYS, _PARTITIONS)
    try:
        await store.prepare_partitions()
        await store.register_questionnaires()
        for partition in range(_PARTITIONS):
            await store.open_fence(partition, 0, "test", "test", 0)
        offsets = [0] * _PARTITIONS
        return [await _apply(store, events[begin : begin + batch], offsets) for begin in range(0, len(events), batch)]
    finally:
        await store.close()


async def _apply(store: Store, events: Sequence[dict[str, Any]], offsets: list[int]) -> Applied:
    begin = list(offsets)
    arrivals: list[Arrival] = []
    for event in events:
        partition = arrival(event).partition
        arrivals.append(arrival(event, offsets[partition]))
        offsets[partition] += 1
    reads = [
        Read(partition, 0, begin[partition], offset, b"", _MS)
        for partition, offset in enumerate(offsets)
        if offset > begin[partition]
    ]
    arrivals.sort(key=lambda one: (one.partition, one.offset))
    return await store.apply(Batch(reads, arrivals, []))
