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

    What no broker leads is left out, so that the others go on. Which topic it is, is asked before the bounds: of one
    made anew in between nothing is believed.

    Raises LogUnavailable, also when another cluster answers at the same address than the one that we began with.
    """
    standing.begin(mine)
    standing.generation = await log.generation(mine) if mine else Generation(identity, b"", {})
    bounds = await log.bounds(standing.generation.leaders) if mine else {}
    standing.leave_out(mine.keys() - bounds.keys())
    if standing.generation.cluster != identity:
        raise LogUnavailable("another cluster answers than the one that we began with")
    for partition, (begin, _) in bounds.items():
        await store.open_fence(partition, mine[partition], topic, identity, begin, topic_id=standing.generation.topic)
    fences = await store.load_fences(bounds)
    rejects = await store.standing_rejects({p: fence.next_offset or 0 for p, fence in fences.items()})
    for partition, fence in fences.items():
        if fence.epoch != mine[partition] or fence.next_offset is None:
            continue  # the next heartbeat will tell whose it is
        begin, end = bounds[partition]
        reason = why_not(fence, begin, end, standing.generation)
        if reason is not None:
            standing.left_at[partition] = fence.next_offset
            await standing.stop(store, partition, reason)
            continue
        if fence.topic_id is None:
            await store.remember_topic(partition, mine[partition], standing.generation.topic)
        verify = fence.last_fingerprint if fence.next_offset > begin else None
        standing.positions[partition] = Position(fence.next_offset, verify, Breaker(rejects.get(partition, ())))


def why_not(fence: Fence, begin: int, end: int, generation: Generation) -> StopReason | None:
    """Why a log can't be the one that the fence knows: another cluster, another topic, records gone or missing.

    A topic that was made anew stays another one, whoever looks and whatever stands in it, until an operator adopts it.
    So does a log that was once too short: grown again, it holds other records where some were counted.
    """
    assert fence.next_offset is not None
    if fence.log_id != generation.cluster:
        return "another_log"
    if fence.topic_id not in {None, generation.topic} or fence.stopped == "another_topic":
        return "another_topic"
    if fence.next_offset < begin:
        return "records_lost"
    if fence.next_offset > end or fence.stopped == "log_too_short":
        return "log_too_short"
    return None
