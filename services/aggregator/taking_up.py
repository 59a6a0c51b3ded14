"""The first step of a lane: take up partitions where their fences stand, if their log is still the one they know."""

from collections.abc import Mapping

from services.aggregator.breaker import Breaker
from services.aggregator.consumer import Log, LogUnavailable
from services.aggregator.generations import Generation
from services.aggregator.standing import Position, Standing, StopReason
from services.aggregator.store import Fence, Store


async def take_up(
    standing: Standing, log: Log, store: Store, *, mine: Mapping[int, int], topic: str, identity: str
) -> None:
    """Load the fences of these partitions; one whose log doesn't fit its fence stands still.

    Raises LogUnavailable, also when another cluster answers at the same address than the one that we began with.
    """
    standing.begin(mine)
    bounds = await log.bounds(mine) if mine else {}
    standing.generation = await log.generation(mine) if mine else Generation(identity, b"", {})
    if standing.generation.cluster != identity:
        raise LogUnavailable("another cluster answers than the one that we began with")
    for partition, (begin, _) in bounds.items():
        await store.open_fence(partition, mine[partition], topic, identity, begin)
    fences = await store.load_fences(mine)
    rejects = await store.standing_rejects({p: fence.next_offset or 0 for p, fence in fences.items()})
    for partition, fence in fences.items():
        if fence.epoch != mine[partition] or fence.next_offset is None:
            continue  # the next heartbeat will tell whose it is
        begin, end = bounds[partition]
        known = standing.topics.setdefault((identity, partition, fence.log), standing.generation.topic)
        reason = why_not(fence, begin, end, identity, made_anew=known != standing.generation.topic)
        if reason is not None:
            standing.left_at[partition] = fence.next_offset
            await standing.stop(store, partition, reason)
            continue
        verify = fence.last_fingerprint if fence.next_offset > begin else None
        standing.positions[partition] = Position(fence.next_offset, verify, Breaker(rejects.get(partition, ())))


def why_not(fence: Fence, begin: int, end: int, identity: str, *, made_anew: bool) -> StopReason | None:
    """Why a log can't be the one that the fence knows: another cluster, another topic, records gone or missing.

    A topic that was made anew stays another one, whoever looks and whatever stands in it, until an operator adopts it.
    """
    assert fence.next_offset is not None
    if fence.log_id != identity:
        return "another_log"
    if made_anew or fence.stopped == "another_topic":
        return "another_topic"
    if fence.next_offset < begin:
        return "records_lost"
    if fence.next_offset > end:
        return "log_too_short"
    return None
