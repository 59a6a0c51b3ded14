"""The first step of a lane: take up partitions where their fences stand, if their log is still the one they know."""

from collections.abc import Mapping

from services.aggregator.breaker import Breaker
from services.aggregator.consumer import Log
from services.aggregator.standing import Position, Standing, StopReason
from services.aggregator.store import Fence, Store


async def take_up(
    standing: Standing, log: Log, store: Store, *, mine: Mapping[int, int], topic: str, identity: str
) -> None:
    """Load the fences of these partitions; one whose log doesn't fit its fence stands still."""
    standing.begin(mine)
    bounds = await log.bounds(mine) if mine else {}
    for partition, (begin, _) in bounds.items():
        await store.open_fence(partition, mine[partition], topic, identity, begin)
    fences = await store.load_fences(mine)
    rejects = await store.standing_rejects({p: fence.next_offset or 0 for p, fence in fences.items()})
    for partition, fence in fences.items():
        if fence.epoch != mine[partition] or fence.next_offset is None:
            continue  # the next heartbeat will tell whose it is
        begin, end = bounds[partition]
        reason = why_not(fence, begin, end, identity)
        if reason is not None:
            await standing.stop(store, partition, reason)
            continue
        verify = fence.last_fingerprint if fence.next_offset > begin else None
        standing.positions[partition] = Position(fence.next_offset, verify, Breaker(rejects.get(partition, ())))


def why_not(fence: Fence, begin: int, end: int, identity: str) -> StopReason | None:
    """Why a log can't be the one that the fence knows: another cluster, records gone, records missing (storage)."""
    assert fence.next_offset is not None
    if fence.log_id != identity:
        return "another_log"
    if fence.next_offset < begin:
        return "records_lost"
    if fence.next_offset > end:
        return "log_too_short"
    return None
