import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from builders.events import PROVIDER, answers, body, recorded, submitted
from prometheus_client import CollectorRegistry

from schemas.events.reading import NotJson
from schemas.national.model import load_models
from services.collector.intake import Intake
from services.collector.publisher import SLICE_LIMIT_BYTES, Publisher, Record
from services.collector.telemetry import Telemetry
from services.collector.verdict import Status
from services.runtime.clock import Clock
from services.runtime.partitioning import partition_of

OTHER = "1.2.246.562.10.10000000004"
BOTH = frozenset({PROVIDER, OTHER})


class Log:
    """A log by partition, whose offsets begin at 10 times the partition."""

    def __init__(self, *, lost: int | None = None) -> None:
        self.records: dict[int, list[Record]] = {partition: [] for partition in range(16)}
        self.lost = lost

    async def send(self, partition: int, records: Sequence[Record]) -> int | None:
        if partition == self.lost:
            return None
        offset = 10 * partition + len(self.records[partition])
        self.records[partition] += records
        return offset


@asynccontextmanager
async def collecting(log: Log, clock: Clock | None = None) -> AsyncIterator[tuple[Intake, CollectorRegistry]]:
    registry = CollectorRegistry()
    telemetry = Telemetry(registry, 16)
    publisher = Publisher(log, 16, telemetry, acknowledgement_timeout_s=30, queue_limit_bytes=10**8)
    publisher.start()
    intake = Intake(
        load_models(), publisher, telemetry, partitions=16, event_limit_bytes=64 * 1024, clock=clock or Clock()
    )
    try:
        yield intake, registry
    finally:
        await publisher.close(timeout_s=5)


def raws(*events: Any) -> list[memoryview]:
    return [memoryview(event if isinstance(event, bytes) else body(event)) for event in events]


async def test_every_event_gets_its_verdict_in_order_and_a_receipt_that_finds_it() -> None:
    assert partition_of(PROVIDER, 16) != partition_of(OTHER, 16)
    log = Log()
    events = [
        recorded(id="a"),
        submitted(answers(start_01=9), id="b"),
        recorded(id="c", providerid=OTHER),
        recorded(id="d"),
        recorded(id="e", providerid="1.2.246.562.10.10000000009"),
    ]
    async with collecting(log) as (intake, _):
        verdicts = await intake.take(raws(*events), BOTH)
    assert [(verdict.index, verdict.id) for verdict in verdicts] == list(enumerate("abcde"))
    assert [verdict.status for verdict in verdicts] == [
        Status.ACCEPTED, Status.INVALID, Status.ACCEPTED, Status.ACCEPTED, Status.FORBIDDEN,
    ]  # fmt: skip
    for verdict in verdicts:
        if verdict.status is Status.ACCEPTED:
            partition, offset = map(int, str(verdict.receipt).split("-"))
            key, value = log.records[partition][offset - 10 * partition]
            assert json.loads(value)["id"] == verdict.id
            assert json.loads(value)["providerid"].encode() == key


async def test_nothing_is_published_when_anything_of_the_body_isnt_json() -> None:
    log = Log()
    async with collecting(log) as (intake, _):
        with pytest.raises(NotJson):
            await intake.take(raws(recorded(), b'{"broken": '), BOTH)
    assert not any(log.records.values())


async def test_what_isnt_confirmed_is_to_be_sent_again_while_the_rest_is_accepted() -> None:
    async with collecting(Log(lost=partition_of(OTHER, 16))) as (intake, _):
        verdicts = await intake.take(raws(recorded(), recorded(providerid=OTHER)), BOTH)
    assert [verdict.status for verdict in verdicts] == [Status.ACCEPTED, Status.RETRY]


async def test_every_accepted_copy_has_its_own_receipt() -> None:
    event = recorded(id="same")
    async with collecting(Log()) as (intake, _):
        verdicts = await intake.take(raws(event, event), BOTH)
    assert len({verdict.receipt for verdict in verdicts}) == 2


async def test_a_large_batch_is_cut_into_slices_without_losing_an_event() -> None:
    log = Log()
    many = [recorded(id=f"e-{number}", subject="s" * 128, source="/" + "x" * 199) for number in range(1_000)]
    async with collecting(log) as (intake, _):
        verdicts = await intake.take(raws(*many), BOTH)
    written = log.records[partition_of(PROVIDER, 16)]
    assert sum(len(value) for _, value in written) > 2 * SLICE_LIMIT_BYTES
    assert [json.loads(value)["id"] for _, value in written] == [f"e-{number}" for number in range(1_000)]
    offset = 10 * partition_of(PROVIDER, 16)
    assert [str(verdict.receipt).split("-")[1] for verdict in verdicts] == [
        str(offset + number) for number in range(1_000)
    ]


async def test_a_large_batch_lets_single_events_pass() -> None:
    # Every look at this clock is a millisecond later, so each event is a stretch of its own.
    ticks = iter(range(1_000_000))
    clock = Clock(monotonic=lambda: next(ticks) * 0.0011)
    finished: list[str] = []

    async def take(name: str, events: list[memoryview], intake: Intake) -> None:
        await intake.take(events, BOTH)
        finished.append(name)

    async with collecting(Log(), clock) as (intake, _), asyncio.TaskGroup() as group:
        group.create_task(take("batch", raws(*[recorded() for _ in range(300)]), intake))
        group.create_task(take("single", raws(recorded()), intake))
    assert finished == ["single", "batch"]


async def test_verdicts_and_reasons_are_counted_and_the_highest_receipt_is_known() -> None:
    async with collecting(Log()) as (intake, registry):
        await intake.take(raws(recorded(), recorded(), submitted(answers(start_01=9))), BOTH)
    partition = partition_of(PROVIDER, 16)
    assert registry.get_sample_value("collector_events_total", {"status": "accepted"}) == 2
    assert registry.get_sample_value("collector_events_total", {"status": "invalid"}) == 1
    assert registry.get_sample_value("collector_errors_total", {"code": "score_out_of_range"}) == 1
    assert (
        registry.get_sample_value("collector_highest_receipt_offset", {"partition": str(partition)})
        == 10 * partition + 1
    )
    assert registry.get_sample_value("collector_highest_receipt_offset", {"partition": "0"}) == -1
