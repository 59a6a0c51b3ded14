"""What a lane doesn't promise: a partition whose last record wasn't compared yet, or whose log may be another one."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from services.aggregator.breaker import Breaker
from services.aggregator.consumer import LogMoved
from services.aggregator.generations import Generation
from services.aggregator.standing import Position, Standing
from services.aggregator.telemetry import Telemetry
from services.aggregator.telling import Telling

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEGUN = Generation("cluster", b"topic", {1: 0, 3: 0})


class Log:
    """Ends at 5 everywhere."""

    generation_now = BEGUN

    async def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        return dict.fromkeys(partitions, 5)

    async def generation(self, partitions: Iterable[int]) -> Generation:
        del partitions
        return self.generation_now

    async def report(self, positions: Mapping[int, int]) -> None: ...


class Store:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.complete: dict[int, tuple[int, int]] = {}

    async def clock(self) -> datetime:
        return NOW

    async def mark_complete(self, positions: Mapping[int, tuple[int, int]], until: datetime) -> None:
        assert until == NOW
        self.complete = dict(positions)


def standing(telemetry: Telemetry) -> Standing:
    """Two partitions read to their ends; the last record of the second wasn't compared yet."""
    standing = Standing(telemetry)
    standing.begin({1: 7, 3: 7})
    standing.generation = BEGUN
    standing.positions = {1: Position(5, None, Breaker(())), 3: Position(5, b"fingerprint", Breaker(()))}
    return standing


async def test_a_partition_is_complete_only_after_its_last_record_was_compared() -> None:
    telemetry, store = Telemetry(CollectorRegistry()), Store()
    await Telling(standing(telemetry), telemetry).tell(cast("Any", Log()), cast("Any", store))
    assert store.complete == {1: (7, 5)}


@pytest.mark.parametrize(
    "other",
    [
        Generation("another", b"topic", {1: 0, 3: 0}),
        Generation("cluster", b"another", {1: 0, 3: 0}),
        Generation("cluster", b"topic", {1: 0, 3: 1}),
    ],
    ids=["cluster", "topic", "leader"],
)
async def test_nothing_is_told_of_a_log_that_somebody_worked_on(other: Generation) -> None:
    telemetry, store, log = Telemetry(CollectorRegistry()), Store(), Log()
    log.generation_now = other
    with pytest.raises(LogMoved):
        await Telling(standing(telemetry), telemetry).tell(cast("Any", log), cast("Any", store))
    assert store.complete == {}
