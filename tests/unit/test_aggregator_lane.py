"""A lane between a log and a store that a test holds in its hands: positions, gaps, stops, bisecting."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders.events import PROVIDER, body, recorded
from builders.states import DECODER, Record
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from structlog.testing import CapturingLogger

from services.aggregator.consumer import LogMoved, LogUnavailable, LogUnreadable
from services.aggregator.generations import Generation
from services.aggregator.loop import Lane
from services.aggregator.standing import STOP_REASONS
from services.aggregator.store import Applied, Batch, DigestKeyMissing, Fence, FenceLost, TooSlow, Unstorable
from services.aggregator.telemetry import Telemetry
from services.runtime.partitioning import partition_of

HOME = partition_of(PROVIDER, 16)
IDENTITY = "cluster"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class FakeLog:
    """Partitions as lists of records; what isn't assigned isn't fetched."""

    def __init__(self, records: Sequence[Record], begin: int = 0) -> None:
        self.records = list(records)
        self.begin = begin
        self.positions: dict[int, int] = {}
        self.reported: dict[int, int] = {}
        self.moved = False
        self.unreadable: int | None = None
        self.cluster = IDENTITY
        self.topic = b"topic"
        self.leader_epoch: int | None = 0

    @property
    def end(self) -> int:
        return self.records[-1].offset + 1 if self.records else self.begin

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def identity(self) -> str:
        return IDENTITY

    async def bounds(self, partitions: Iterable[int]) -> dict[int, tuple[int, int]]:
        return {} if self.leader_epoch is None else dict.fromkeys(partitions, (self.begin, self.end))

    async def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        return {} if self.leader_epoch is None else dict.fromkeys(partitions, self.end)

    async def generation(self, partitions: Iterable[int]) -> Generation:
        leaders = {} if self.leader_epoch is None else dict.fromkeys(partitions, self.leader_epoch)
        return Generation(self.cluster, self.topic, leaders)

    def read_from(self, positions: Mapping[int, int]) -> None:
        self.positions = dict(positions)

    async def fetch(self, most_records: int, timeout_ms: int) -> Mapping[int, Sequence[Record]]:
        del timeout_ms
        if self.moved:
            self.moved = False
            raise LogMoved("out of range")
        if HOME not in self.positions:
            return {}
        found = [record for record in self.records if record.offset >= self.positions[HOME]][:most_records]
        if self.unreadable is not None and any(record.offset == self.unreadable for record in found):
            raise LogUnreadable("UnicodeDecodeError")
        if found:
            self.positions[HOME] = found[-1].offset + 1
        return {HOME: found} if found else {}

    async def position(self, partition: int) -> int:
        return self.positions[partition]

    async def report(self, positions: Mapping[int, int]) -> None:
        self.reported = dict(positions)


class FakeStore:
    """One fence, and the batches that were applied; `refuses` says which batch the database can't store."""

    def __init__(self, refuses: Callable[[Batch], bool] = lambda _: False) -> None:
        self.fence = Fence(HOME, 1, IDENTITY, 0, None, None)
        self.applied: list[Batch] = []
        self.stopped: str | None = None
        self.complete: dict[int, int] = {}
        self.lose_fence = False
        self.closed: set[int] = set()
        self._refuses = refuses

    async def close(self) -> None: ...

    async def open_fence(
        self, partition: int, epoch: int, topic: str, log_id: str, first_offset: int, *, topic_id: bytes
    ) -> None:
        del partition, epoch, topic
        if self.fence.next_offset is None:
            self.fence = Fence(HOME, 1, log_id, first_offset, first_offset, None, topic_id=topic_id)

    async def remember_topic(self, partition: int, epoch: int, topic_id: bytes) -> None:
        assert (partition, epoch) == (HOME, 1)
        self.fence = replace(self.fence, topic_id=topic_id)

    async def load_fences(self, partitions: Iterable[int]) -> dict[int, Fence]:
        return {HOME: self.fence} if HOME in partitions else {}

    async def standing_rejects(self, next_offsets: Mapping[int, int]) -> dict[int, list[int]]:
        standing = [offset for offset, _ in self.rejected if offset not in self.closed]
        return {HOME: standing} if HOME in next_offsets else {}

    async def apply(self, batch: Batch) -> Applied:
        (read,) = batch.reads
        assert (read.epoch, read.loaded_offset) == (self.fence.epoch, self.fence.next_offset)
        if self.lose_fence:
            self.lose_fence = False
            raise FenceLost("another epoch")
        if self._refuses(batch):
            raise Unstorable("22")
        self.fence = replace(self.fence, next_offset=read.next_offset, last_fingerprint=read.last_fingerprint)
        self.applied.append(batch)
        self.stopped = None
        return Applied(len(batch.arrivals), 0, 0, len(batch.rejects))

    async def clock(self) -> datetime:
        return NOW

    async def mark_complete(self, positions: Mapping[int, tuple[int, int]], until: datetime) -> None:
        assert until == NOW
        self.stopped = None if HOME in positions else self.stopped
        self.complete = {partition: offset for partition, (_, offset) in positions.items()}

    async def mark_stopped(self, partition: int, epoch: int, reason: str) -> None:
        assert (partition, epoch) == (HOME, 1)
        self.stopped = reason

    @property
    def arrived(self) -> list[int]:
        return [arrival.offset for batch in self.applied for arrival in batch.arrivals]

    @property
    def rejected(self) -> list[tuple[int, str]]:
        return [(reject.offset, reject.reason) for batch in self.applied for reject in batch.rejects]


class FakeLeases:
    held: Mapping[int, int] = {HOME: 1}


class Bench:
    """A lane whose steps a test takes one by one."""

    def __init__(self, log: FakeLog, store: FakeStore) -> None:
        self.log, self.store = log, store
        self.registry = CollectorRegistry()
        self.leases = FakeLeases()
        lane: Any = Lane
        self.lane = lane(
            HOME % 2,
            topic="t",
            leases=self.leases,
            decoder=DECODER,
            new_log=lambda: log,
            new_store=lambda: store,
            telemetry=Telemetry(self.registry),
            batch_records=100,
        )

    def metric(self, name: str) -> float | None:
        return self.registry.get_sample_value(name, {"partition": str(HOME)})

    async def steps(self, count: int) -> None:
        async with asyncio.timeout(10):
            for _ in range(count):
                await self.lane._step(self.log, self.store, IDENTITY)  # noqa: SLF001 - the step is what is under test

    async def told_again(self) -> None:
        self.lane._telling._told_at = -10.0  # noqa: SLF001 - a second later
        await self.steps(2)

    async def told(self) -> None:
        await self.lane._telling.tell(self.log, self.store)  # noqa: SLF001 - else a test would have to wait a second


def log_of(count: int, *, first: int = 0, **headers: bytes) -> list[Record]:
    return [
        Record(body(recorded(id=f"e-{offset}", subject=f"r-{offset}")), offset, HOME, headers=list(headers.items()))
        for offset in range(first, first + count)
    ]


async def test_what_was_applied_is_not_applied_again() -> None:
    bench = Bench(FakeLog(log_of(3)), FakeStore())
    await bench.steps(3)
    assert (bench.store.arrived, bench.store.fence.next_offset) == ([0, 1, 2], 3)
    assert await bench.told() is None
    assert (bench.store.complete, bench.log.reported) == ({HOME: 3}, {HOME: 3})


@pytest.mark.parametrize("behind", [log_of(2, first=3), log_of(200, first=3)])
async def test_a_gap_stops_the_partition_behind_what_comes_before_it(behind: list[Record]) -> None:
    bench = Bench(FakeLog([*log_of(2), *behind]), FakeStore())
    await bench.steps(3)
    assert bench.store.stopped == "gap"
    assert bench.store.arrived == [0, 1]
    assert bench.log.positions == {}  # it isn't even fetched any more
    assert bench.metric("aggregator_partition_stopped") == 1


async def test_what_waits_behind_a_partition_that_stands_still_is_told_and_grows() -> None:
    bench = Bench(FakeLog([*log_of(2), *log_of(2, first=3)]), FakeStore())
    await bench.steps(3)
    await bench.told()
    assert (bench.store.stopped, bench.metric("aggregator_lag_records")) == ("gap", 3)
    bench.log.records += log_of(4, first=5)
    bench.lane._opened = None  # noqa: SLF001 - a minute later it is looked at again
    await bench.steps(2)
    await bench.told()
    assert (bench.store.stopped, bench.metric("aggregator_lag_records")) == ("gap", 7)
    bench.leases.held = {}
    await bench.steps(1)
    assert bench.metric("aggregator_lag_records") is None  # whoever holds it now tells


async def test_what_waits_in_a_log_that_can_not_be_read_on_is_told_from_the_beginning_on() -> None:
    store = FakeStore()
    store.fence = Fence(HOME, 1, "another-cluster", 0, 2, None)
    bench = Bench(FakeLog(log_of(7)), store)
    await bench.steps(1)
    await bench.told()
    assert (bench.store.stopped, bench.metric("aggregator_lag_records")) == ("another_log", 5)


async def test_a_batch_that_goes_to_quarantine_is_one_line_of_reasons_without_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = CapturingLogger()
    monkeypatch.setattr("services.aggregator.applying._LOG", lines)
    bad = [Record(b"{}", 2, HOME), Record(b"[]", 3, HOME), Record(b"{}", 4, HOME)]
    bench = Bench(FakeLog([*log_of(2), *bad]), FakeStore())
    await bench.steps(2)
    (line,) = lines.calls
    assert (line.args, line.kwargs) == (
        ("records_quarantined",),
        {"records": 3, "reasons": {"missing": 2, "not_an_object": 1}},
    )


async def test_what_is_not_applied_yet_is_never_told_as_complete() -> None:
    bench = Bench(FakeLog(log_of(150)), FakeStore())
    await bench.steps(1)
    await bench.told()
    assert (bench.store.complete, bench.metric("aggregator_lag_records")) == ({}, 50)
    await bench.steps(1)
    await bench.told()
    assert (bench.store.complete, bench.metric("aggregator_lag_records")) == ({HOME: 150}, 0)


@pytest.mark.parametrize("bad", [0, 3, 6])
async def test_a_record_that_the_database_refuses_costs_itself_alone_and_keeps_its_name(bad: int) -> None:
    store = FakeStore(lambda batch: any(arrival.offset == bad for arrival in batch.arrivals))
    bench = Bench(FakeLog(log_of(7)), store)
    await bench.steps(2)
    assert store.arrived == [offset for offset in range(7) if offset != bad]
    assert store.rejected == [(bad, "unstorable")]
    (reject,) = [reject for batch in store.applied for reject in batch.rejects]
    assert reject.provider == PROVIDER
    assert reject.key is not None


async def test_a_fault_of_the_database_is_one_line_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = CapturingLogger()
    monkeypatch.setattr("services.aggregator.applying._LOG", lines)
    store = FakeStore(lambda batch: any(arrival.offset % 2 for arrival in batch.arrivals))
    await Bench(FakeLog(log_of(40)), store).steps(2)
    told = [line.kwargs for line in lines.calls if line.method_name == "error"]
    assert told == [{"records": 20, "errors": {"22": 20}}]


async def test_after_a_batch_that_took_too_long_fewer_records_go_into_one_and_soon_more_again() -> None:
    class Slow(FakeStore):
        quick = 8

        async def apply(self, batch: Batch) -> Applied:
            if len(batch.arrivals) > self.quick:
                raise TooSlow("TimeoutError")
            return await super().apply(batch)

    store = Slow()
    bench = Bench(FakeLog(log_of(64)), store)
    for _ in range(3):  # 64, 32, 16 take too long
        bench.lane._opened = None  # noqa: SLF001 - as after a restart
        with pytest.raises(TooSlow):
            await bench.steps(2)
    store.quick = 16
    bench.lane._opened = None  # noqa: SLF001
    with pytest.raises(TooSlow):
        await bench.steps(2)
    store.quick = 100
    bench.lane._opened = None  # noqa: SLF001
    await bench.steps(2)
    assert [len(batch.arrivals) for batch in store.applied] == [8, 16, 16, 24]
    assert store.arrived == list(range(64))


async def test_a_reject_that_the_database_refuses_too_stops_the_partition() -> None:
    def refuses(batch: Batch) -> bool:
        return any(one.offset == 1 for one in (*batch.arrivals, *batch.rejects))

    bench = Bench(FakeLog(log_of(3)), FakeStore(refuses))
    await bench.steps(2)
    assert (bench.store.stopped, bench.store.arrived, bench.store.fence.next_offset) == ("unstorable", [0], 1)


async def test_a_lost_fence_is_loaded_anew_also_after_half_a_bisected_batch() -> None:
    class Losing(FakeStore):
        async def apply(self, batch: Batch) -> Applied:
            applied = await super().apply(batch)
            if len(self.applied) == 1:
                self.lose_fence = True
            return applied

    store = Losing(lambda batch: len(batch.arrivals) > 2)
    bench = Bench(FakeLog(log_of(4)), store)
    await bench.steps(3)
    assert store.arrived == [0, 1, 2, 3]
    assert store.fence.next_offset == 4


async def test_after_a_moved_log_the_lane_begins_again_from_the_fence() -> None:
    bench = Bench(FakeLog(log_of(2)), FakeStore())
    await bench.steps(1)
    bench.log.records += log_of(2, first=2)
    bench.log.moved = True
    await bench.steps(3)
    assert bench.store.arrived == [0, 1, 2, 3]


async def test_a_topic_made_anew_behind_our_back_is_not_read_on_by_anybody_ever() -> None:
    log, store = FakeLog(log_of(2)), FakeStore()
    bench = Bench(log, store)
    await bench.steps(2)
    log.topic = b"another"
    log.records = log_of(4)  # nothing in it tells it from the one that was read
    await bench.steps(3)
    assert (store.stopped, store.arrived, log.positions) == ("another_topic", [0, 1], {})
    store.stopped = None  # whoever noticed was killed before it had said so
    await Bench(log, store).steps(2)
    assert (store.stopped, store.arrived) == ("another_topic", [0, 1])


async def test_a_fence_of_the_release_before_learns_its_topic_when_it_is_taken_up() -> None:
    log, store = FakeLog(log_of(2)), FakeStore()
    await Bench(log, store).steps(2)
    store.fence = replace(store.fence, topic_id=None)
    await Bench(log, store).steps(2)
    assert (store.stopped, store.fence.topic_id) == (None, b"topic")
    store.fence = replace(store.fence, stopped="another_topic", topic_id=None)
    await Bench(log, store).steps(2)
    assert (store.stopped, store.fence.topic_id) == ("another_topic", None)


async def test_a_log_that_was_too_short_once_is_not_read_on_when_it_has_grown() -> None:
    log, store = FakeLog(log_of(2)), FakeStore()
    await Bench(log, store).steps(2)
    log.records = log_of(1)
    await Bench(log, store).steps(1)
    assert store.stopped == "log_too_short"
    store.fence = replace(store.fence, stopped=store.stopped)
    log.records = log_of(4)
    await Bench(log, store).steps(2)
    assert (store.stopped, store.arrived) == ("log_too_short", [0, 1])


async def test_a_partition_of_which_nothing_was_read_is_not_read_on_in_a_topic_made_anew() -> None:
    log, store = FakeLog([]), FakeStore()
    bench = Bench(log, store)
    await bench.steps(1)
    log.topic, log.records = b"another", log_of(2)
    await bench.steps(3)
    assert (store.stopped, store.arrived) == ("another_topic", [])


async def test_a_log_that_its_operator_adopted_is_read_without_a_restart() -> None:
    log, store = FakeLog(log_of(2)), FakeStore()
    bench = Bench(log, store)
    await bench.steps(2)
    log.topic = b"another"
    await bench.told_again()
    assert store.stopped == "another_topic"
    store.fence = Fence(HOME, 1, IDENTITY, 0, 0, None, log=1, topic_id=b"another")
    bench.lane._opened = None  # noqa: SLF001 - a minute later
    await bench.steps(3)
    assert (store.stopped, store.arrived) == (None, [0, 1, 0, 1])


async def test_another_cluster_at_the_same_address_is_met_anew_and_never_taken_for_a_topic_made_anew() -> None:
    log, store = FakeLog(log_of(2)), FakeStore()
    bench = Bench(log, store)
    await bench.steps(2)
    log.cluster, log.topic, log.records = "another", b"another", log_of(4)
    with pytest.raises(LogUnavailable):
        await bench.steps(2)
    assert (store.stopped, store.arrived) == (None, [0, 1])


async def test_a_log_with_another_leader_is_compared_before_it_is_read_on() -> None:
    log, store = FakeLog(log_of(2)), FakeStore()
    bench = Bench(log, store)
    await bench.steps(2)
    log.leader_epoch = 1
    log.records = log_of(4)
    log.records[1] = Record(body(recorded(id="another")), 1, HOME)
    await bench.steps(3)
    assert (store.stopped, store.arrived) == ("another_record", [0, 1])


async def test_on_taking_up_a_partition_the_record_before_it_is_compared() -> None:
    store = FakeStore()
    await Bench(FakeLog(log_of(2)), store).steps(1)
    other = log_of(3)
    other[1] = Record(body(recorded(id="another")), 1, HOME)
    bench = Bench(FakeLog(other), store)
    await bench.steps(2)
    assert (store.stopped, store.arrived) == ("another_record", [0, 1])


async def test_a_log_that_lost_what_was_not_read_stops_the_partition() -> None:
    store = FakeStore()
    await Bench(FakeLog(log_of(2)), store).steps(1)
    await Bench(FakeLog(log_of(2, first=5), begin=5), store).steps(1)
    assert (store.stopped, store.arrived) == ("records_lost", [0, 1])


async def test_an_empty_log_that_begins_where_we_stand_is_healthy() -> None:
    store = FakeStore()
    await Bench(FakeLog(log_of(2)), store).steps(1)
    bench = Bench(FakeLog([], begin=2), store)
    await bench.steps(1)
    await bench.told()
    assert (store.stopped, store.complete) == (None, {HOME: 2})


async def test_a_newer_model_stops_behind_what_came_before_it_and_stays_stopped_when_taken_up_again() -> None:
    log = FakeLog([*log_of(2), *log_of(1, first=2, model=b"99"), *log_of(1, first=3)])
    bench = Bench(log, FakeStore())
    await bench.steps(2)
    assert (bench.store.stopped, bench.store.arrived) == ("newer_model", [0, 1])
    bench.lane._opened = None  # noqa: SLF001 - a minute later
    await bench.steps(2)
    assert (bench.store.stopped, bench.store.arrived, dict(bench.lane.stopped)) == (
        "newer_model",
        [0, 1],
        {HOME: "newer_model"},
    )


async def test_a_newer_type_stops_its_partition_quarantines_nothing_and_goes_on_after_the_upgrade() -> None:
    log = FakeLog([*log_of(2), *log_of(1, first=2), *log_of(1, first=3)])
    known = log.records[2].value
    log.records[2].value = body(recorded() | {"type": "fi.feedback.request.recorded.v2"})
    bench = Bench(log, FakeStore())
    await bench.steps(2)
    assert (bench.store.stopped, bench.store.arrived) == ("newer_type", [0, 1])
    assert [batch.rejects for batch in bench.store.applied] == [[]]
    log.records[2].value = known  # as a later release reads it
    bench.lane._opened = None  # noqa: SLF001 - a minute later
    await bench.steps(2)
    assert (bench.store.stopped, dict(bench.lane.stopped), bench.store.arrived) == (None, {}, [0, 1, 2, 3])


async def test_a_partition_that_moves_again_says_so() -> None:
    log = FakeLog([*log_of(2), *log_of(2, first=3)])
    bench = Bench(log, FakeStore())
    await bench.steps(2)
    assert bench.store.stopped == "gap"
    log.records = log_of(5)  # the gap was a fault of the fetch
    bench.lane._opened = None  # noqa: SLF001 - a minute later
    await bench.steps(2)
    assert (bench.store.stopped, dict(bench.lane.stopped), bench.store.arrived) == (None, {}, [0, 1, 2, 3, 4])


async def test_a_partition_that_is_not_ours_any_more_is_let_go() -> None:
    bench = Bench(FakeLog(log_of(2)), FakeStore())
    await bench.steps(1)
    bench.leases.held = {}
    await bench.steps(1)
    assert bench.log.positions == {}


async def test_a_record_that_cannot_be_taken_apart_stops_its_partition_behind_what_comes_before_it() -> None:
    log = FakeLog(log_of(4))
    log.unreadable = 2
    bench = Bench(log, FakeStore())
    await bench.steps(3)
    assert (bench.store.stopped, bench.store.arrived, log.positions) == ("unreadable_record", [0, 1], {})


async def test_what_the_reading_passes_over_at_the_end_is_a_gap() -> None:
    """A marker of a transaction is no record: nothing is fetched, and the next offset never reaches the end."""
    log = FakeLog(log_of(2))
    bench = Bench(log, FakeStore())
    await bench.steps(2)
    assert bench.store.stopped is None
    log.positions[HOME] = 3
    await bench.steps(1)
    assert (bench.store.stopped, bench.store.fence.next_offset) == ("gap", 2)


async def test_a_partition_without_a_leader_is_left_out_and_looked_at_again_soon() -> None:
    log, store = FakeLog(log_of(2)), FakeStore()
    bench = Bench(log, store)
    await bench.steps(2)
    log.leader_epoch = None
    await bench.told_again()
    without = "aggregator_partition_without_leader"
    assert (log.positions, store.stopped, bench.metric(without)) == ({}, None, 1)
    assert bench.metric("aggregator_lag_records") is None
    log.leader_epoch = 1
    log.records = log_of(3)
    bench.lane._opened_at -= 6  # noqa: SLF001 - six seconds later
    await bench.steps(2)
    assert (store.arrived, bench.metric(without)) == ([0, 1, 2], 0)


async def test_what_was_fetched_before_the_leader_went_is_not_believed() -> None:
    class Leaving(FakeLog):
        async def fetch(self, most_records: int, timeout_ms: int) -> Mapping[int, Sequence[Record]]:
            found = await super().fetch(most_records, timeout_ms)
            self.leader_epoch = None
            return found

    bench = Bench(Leaving(log_of(2)), FakeStore())
    await bench.steps(2)
    assert bench.store.arrived == []


async def test_a_log_that_moves_while_the_unreadable_partition_is_sought_is_begun_anew() -> None:
    class Moving(FakeLog):
        async def fetch(self, most_records: int, timeout_ms: int) -> Mapping[int, Sequence[Record]]:
            try:
                return await super().fetch(most_records, timeout_ms)
            except LogUnreadable:
                self.moved, self.unreadable = True, None
                raise

    log = Moving(log_of(3))
    log.unreadable = 1
    bench = Bench(log, FakeStore())
    await bench.steps(2)
    assert (bench.store.stopped, bench.store.arrived) == (None, [0, 1, 2])


async def test_where_the_record_before_our_position_is_missing_the_partition_stops() -> None:
    store = FakeStore()
    await Bench(FakeLog(log_of(2)), store).steps(1)
    bench = Bench(FakeLog([*log_of(1), *log_of(1, first=2)]), store)
    await bench.steps(3)
    assert (store.stopped, store.arrived) == ("gap", [0, 1])


async def test_another_process_that_moves_a_stopped_partition_takes_the_stop_back() -> None:
    store = FakeStore()
    await Bench(FakeLog([*log_of(1), *log_of(1, first=2)]), store).steps(2)
    assert store.stopped == "gap"
    await Bench(FakeLog(log_of(3)), store).steps(2)
    assert (store.stopped, store.arrived) == (None, [0, 1, 2])


def poison(count: int, *, first: int = 0) -> list[Record]:
    return [Record(b"{", offset, HOME) for offset in range(first, first + count)]


async def test_the_hundred_and_first_reject_opens_the_breaker_and_nothing_from_it_on_is_taken() -> None:
    bench = Bench(FakeLog([*log_of(1), *poison(101, first=1), *log_of(1, first=102)]), FakeStore())
    await bench.steps(4)
    assert (bench.store.stopped, bench.store.fence.next_offset, bench.store.arrived) == ("breaker_open", 101, [0])
    assert len(bench.store.rejected) == 100
    assert bench.log.positions == {}


async def test_an_open_breaker_stays_open_for_whoever_takes_the_partition_up_until_a_reject_is_closed() -> None:
    log, store = FakeLog([*poison(101), *log_of(1, first=101)]), FakeStore()
    await Bench(log, store).steps(3)
    successor = Bench(log, store)
    await successor.steps(2)
    assert (store.stopped, store.fence.next_offset) == ("breaker_open", 100)
    store.closed = {0}
    successor.lane._opened = None  # noqa: SLF001 - a minute later
    await successor.steps(3)
    assert (store.stopped, dict(successor.lane.stopped), store.arrived) == (None, {}, [101])


async def test_an_open_breaker_lets_a_partition_go_on_once_its_next_record_is_understood() -> None:
    log, store = FakeLog([*poison(101)]), FakeStore()
    bench = Bench(log, store)
    await bench.steps(3)
    assert store.stopped == "breaker_open"
    log.records[100:] = log_of(2, first=100)  # as a newer release would read it
    bench.lane._opened = None  # noqa: SLF001 - a minute later
    await bench.steps(2)
    assert (store.stopped, store.arrived) == (None, [100, 101])


async def test_what_the_database_refuses_counts_for_the_breaker_too() -> None:
    store = FakeStore(lambda batch: any(arrival.offset == 0 for arrival in batch.arrivals))
    await Bench(FakeLog([*log_of(1), *poison(101, first=1)]), store).steps(3)
    assert (store.stopped, store.fence.next_offset) == ("breaker_open", 100)
    assert store.rejected[0] == (0, "unstorable")
    assert len(store.rejected) == 100


async def test_an_event_known_under_a_key_that_is_gone_stops_its_partition() -> None:
    class Keyless(FakeStore):
        async def apply(self, batch: Batch) -> Applied:
            raise DigestKeyMissing({batch.reads[0].partition: 7})

    bench = Bench(FakeLog(log_of(3)), Keyless())
    await bench.steps(2)
    assert (bench.store.stopped, dict(bench.lane.stopped)) == ("digest_key_missing", {HOME: "digest_key_missing"})
    assert (bench.metric("aggregator_partition_stopped"), bench.log.positions) == (1, {})


@pytest.mark.parametrize("reason", STOP_REASONS)
def test_every_stop_stands_in_the_failure_table(reason: str) -> None:
    table = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text().partition("## When something fails")[2]
    assert f"`{reason}`" in table
