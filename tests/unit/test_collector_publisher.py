import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from services.collector.publisher import BATCH_LIMIT_BYTES, RECORD_OVERHEAD_BYTES, Publisher, Record, Slice
from services.collector.telemetry import Telemetry

KEY = b"provider"


class FakeSink:
    """Takes batches as a broker would, each when the test lets it."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, list[Record]]] = []
        self.offsets = {0: 100, 1: 200}
        self.began = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.unknown = False
        self.cancelled = 0

    async def send(self, partition: int, records: Sequence[Record]) -> int | None:
        self.batches.append((partition, list(records)))
        self.began.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.unknown:
            return None
        offset = self.offsets[partition]
        self.offsets[partition] += len(records)
        return offset


@asynccontextmanager
async def publishing(
    sink: FakeSink, *, timeout_s: float = 60.0, queue_limit_bytes: int = 64 * 1024 * 1024
) -> AsyncIterator[Publisher]:
    registry = CollectorRegistry()
    publisher = Publisher(
        sink,
        2,
        Telemetry(registry, 2),
        acknowledgement_timeout_s=timeout_s,
        queue_limit_bytes=queue_limit_bytes,
    )
    publisher.start()
    try:
        yield publisher
    finally:
        await publisher.close(timeout_s=5.0)


def slice_of(*values: bytes, partition: int = 0) -> Slice:
    piece = Slice(partition, asyncio.get_running_loop().create_future())
    for value in values:
        piece.add(KEY, value)
    return piece


async def test_a_slice_gets_the_offset_of_its_first_record() -> None:
    async with publishing(FakeSink()) as publisher:
        piece = slice_of(b"a", b"b")
        publisher.publish(piece)
        assert await piece.acknowledged == 100


async def test_what_queued_while_a_batch_was_in_flight_goes_out_as_one() -> None:
    sink = FakeSink()
    async with publishing(sink) as publisher:
        sink.may_end.clear()
        first = slice_of(b"a")
        publisher.publish(first)
        await sink.began.wait()
        later = [slice_of(b"b", b"c"), slice_of(b"d"), slice_of(b"e", b"f")]
        for piece in later:
            publisher.publish(piece)
        sink.may_end.set()
        assert [await piece.acknowledged for piece in (first, *later)] == [100, 101, 103, 104]
    assert [[value for _, value in records] for _, records in sink.batches] == [[b"a"], [b"b", b"c", b"d", b"e", b"f"]]


async def test_partitions_dont_wait_for_each_other() -> None:
    sink = FakeSink()
    async with publishing(sink) as publisher:
        sink.may_end.clear()
        stuck = slice_of(b"a", partition=0)
        publisher.publish(stuck)
        await sink.began.wait()
        held, sink.may_end = sink.may_end, asyncio.Event()
        sink.may_end.set()
        other = slice_of(b"b", partition=1)
        publisher.publish(other)
        assert await other.acknowledged == 200
        assert not stuck.acknowledged.done()
        held.set()
        assert await stuck.acknowledged == 100


async def test_a_batch_has_at_most_900_kibibytes() -> None:
    sink = FakeSink()
    async with publishing(sink) as publisher:
        sink.may_end.clear()
        publisher.publish(slice_of(b"first"))
        await sink.began.wait()
        pieces = [slice_of(b"x" * 250_000) for _ in range(8)]
        for piece in pieces:
            publisher.publish(piece)
        sink.may_end.set()
        offsets = [await piece.acknowledged for piece in pieces]
    assert offsets == [101, 102, 103, 104, 105, 106, 107, 108]
    sizes = [
        sum(len(key) + len(value) + RECORD_OVERHEAD_BYTES for key, value in records) for _, records in sink.batches
    ]
    assert max(sizes) <= BATCH_LIMIT_BYTES
    assert [len(records) for _, records in sink.batches] == [1, 3, 3, 2]


async def test_a_batch_that_isnt_confirmed_in_time_has_an_unknown_outcome() -> None:
    sink = FakeSink()
    async with publishing(sink, timeout_s=0.02) as publisher:
        sink.may_end.clear()
        piece = slice_of(b"a")
        publisher.publish(piece)
        assert await piece.acknowledged is None
        assert sink.cancelled == 1
        sink.may_end.set()
        again = slice_of(b"a")
        publisher.publish(again)
        assert await again.acknowledged == 100


async def test_what_waited_too_long_is_settled_without_being_sent() -> None:
    sink = FakeSink()
    async with publishing(sink, timeout_s=0.02) as publisher:
        sink.may_end.clear()
        publisher.publish(slice_of(b"in flight"))
        await sink.began.wait()
        waiting = slice_of(b"waiting")
        publisher.publish(waiting)
        waiting.deadline = 0.0
        assert await waiting.acknowledged is None
    assert [value for _, records in sink.batches for _, value in records] == [b"in flight"]


async def test_a_sink_that_doesnt_know_makes_every_slice_of_the_batch_unknown() -> None:
    sink = FakeSink()
    sink.unknown = True
    async with publishing(sink) as publisher:
        pieces = [slice_of(b"a"), slice_of(b"b")]
        for piece in pieces:
            publisher.publish(piece)
        assert [await piece.acknowledged for piece in pieces] == [None, None]
        sink.unknown = False
        after = slice_of(b"c")
        publisher.publish(after)
        assert await after.acknowledged == 100


async def test_a_full_queue_turns_away_at_once_and_takes_again_when_it_has_room() -> None:
    sink = FakeSink()
    async with publishing(sink, queue_limit_bytes=1_000) as publisher:
        sink.may_end.clear()
        publisher.publish(slice_of(b"in flight"))
        await sink.began.wait()
        queued, too_much = slice_of(b"x" * 700), slice_of(b"x" * 700)
        publisher.publish(queued)
        publisher.publish(too_much)
        assert too_much.acknowledged.done()
        assert await too_much.acknowledged is None
        sink.may_end.set()
        assert await queued.acknowledged == 101
        later = slice_of(b"x" * 700)
        publisher.publish(later)
        assert await later.acknowledged == 102


async def test_closing_publishes_what_is_queued_and_takes_no_more() -> None:
    sink = FakeSink()
    async with publishing(sink) as publisher:
        pieces = [slice_of(b"a"), slice_of(b"b", partition=1)]
        for piece in pieces:
            publisher.publish(piece)
    assert [await piece.acknowledged for piece in pieces] == [100, 200]
    late = slice_of(b"late")
    publisher.publish(late)
    assert await late.acknowledged is None


async def test_closing_is_bounded_and_leaves_nobody_waiting() -> None:
    sink = FakeSink()
    sink.may_end.clear()
    async with publishing(sink) as publisher:
        in_flight, queued = slice_of(b"a"), slice_of(b"b")
        publisher.publish(in_flight)
        await sink.began.wait()
        publisher.publish(queued)
        async with asyncio.timeout(5):
            await publisher.close(timeout_s=0.01)
        assert [await in_flight.acknowledged, await queued.acknowledged] == [None, None]


async def test_a_writer_that_fell_is_told_to_liveness_and_settles_its_batch() -> None:
    class BrokenSink(FakeSink):
        async def send(self, partition: int, records: Sequence[Record]) -> int | None:
            raise AssertionError(f"{len(records)} records for {partition}")

    async with publishing(BrokenSink()) as publisher:
        assert publisher.failing() is None
        piece = slice_of(b"a")
        publisher.publish(piece)
        assert await piece.acknowledged is None
        (writer,) = [task for task in asyncio.all_tasks() if task.get_name() == "writer-0"] or [None]
        if writer is not None:
            with pytest.raises(AssertionError):
                await writer
        assert publisher.failing() == "ended: writer-0"
