"""Aggregated events a second by one process, beside a bare COPY of the same two rows an event."""

import asyncio
import os
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaProducer

from palautevirta.local.process import family
from palautevirta.local.services import AGGREGATOR
from palautevirta.local.stack import LocalStack
from palautevirta.verification import verify
from schemas.events import codec
from schemas.events.reading import read_event
from schemas.national.model import load_models
from services.runtime.partitioning import partition_of
from tests.benchmarks.workload import Workload, as_json

PARTITIONS: Final = 16
TOPIC: Final = "feedback.events.v1"
READ: Final = "SELECT coalesce(sum(next_offset - first_offset), 0)::bigint FROM feedback.fence"


async def measure(data_dir: Path, *, rounds: int, events: int) -> None:
    """Interleave rounds: fill the log, let one aggregator catch up; copy what it wrote into bare tables."""
    ratios: list[float] = []
    rates: list[float] = []
    async with LocalStack(data_dir, environment=os.environ, services=(AGGREGATOR,)) as stack:
        connection = await asyncpg.connect(stack.database.dsn)
        aggregator = stack.services["aggregator"]
        for number in range(rounds):
            await aggregator.stop()
            before = await connection.fetchval(READ)
            await fill(stack.endpoints.kafka, TOPIC, Workload(seed=number), events)
            began = time.perf_counter()
            starting = asyncio.create_task(aggregator.start())
            first = await until_read(connection, before + 1)
            read_at_first, first_at = first, time.perf_counter()
            spent = processor_seconds(stack)
            await until_read(connection, before + events)
            aggregated = (before + events - read_at_first) / (time.perf_counter() - first_at)
            costs = {part: s - spent[part] for part, s in processor_seconds(stack).items()}
            await starting
            copied = await _copy(connection, stack.database.dsn, events)
            rates.append(aggregated)
            ratios.append(aggregated / copied)
            print(
                f"  round {number + 1}: aggregated {aggregated:9,.0f} events/s, bare COPY of the same rows"
                f" {copied:9,.0f} events/s, ratio {ratios[-1]:.3f}"
                f" (from start to the end {time.perf_counter() - began:.1f} s)"
            )
            counted = before + events - read_at_first
            print(
                "    processor time an event: " + ", ".join(f"{p} {s / counted * 1e6:.0f} µs" for p, s in costs.items())
            )
        broken = [finding.name for finding in await verify(stack.database.dsn) if finding.broken_by]
        assert not broken, broken
        await connection.close()
    print(
        f"aggregated, {events} events a round, fsync on: median {median(rates):,.0f} events/s,"
        f" aggregated / COPY {median(ratios):.3f} (from {min(ratios):.3f} to {max(ratios):.3f})"
    )


async def fill(bootstrap: str, topic: str, workload: Workload, events: int) -> None:
    """Write the events as the collector would publish them."""
    models = load_models()
    headers = [("content-type", b"application/cloudevents+json"), ("model", str(models.newest.number).encode())]
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=1_000_000
    )
    await producer.start()
    try:
        waiting: dict[int, list[tuple[bytes, bytes]]] = {partition: [] for partition in range(PARTITIONS)}
        for event in workload.events(events):
            read = read_event(as_json(event), models)
            assert not hasattr(read, "problems"), read
            record = (read.providerid.encode(), codec.encode(read))
            partition = partition_of(read.providerid, PARTITIONS)
            waiting[partition].append(record)
            if len(waiting[partition]) == 500:
                await _send(producer, topic, partition, waiting[partition], headers)
        for partition, records in waiting.items():
            await _send(producer, topic, partition, records, headers)
        await producer.flush()
    finally:
        await producer.stop()


async def _send(producer: Any, topic: str, partition: int, records: list[tuple[bytes, bytes]], headers: Any) -> None:
    batch = producer.create_batch()
    for key, value in records:
        assert batch.append(key=key, value=value, timestamp=None, headers=headers) is not None
    records.clear()
    batch.close()
    await (await producer.send_batch(batch, topic, partition=partition))


def processor_seconds(stack: LocalStack, aggregator: str = AGGREGATOR.name) -> dict[str, float]:
    """What each part has used of the processors so far, with all its descendants that still live."""
    assert stack.kafka is not None
    assert stack.postgres is not None
    parts = {"aggregator": stack.services[aggregator], "Postgres": stack.postgres, "Kafka": stack.kafka}
    return {part: sum(_of_process(pid) for pid in family(child.pid)) for part, child in parts.items()}


def _of_process(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def until_read(connection: Any, records: int) -> int:
    """Wait until so many records were read; how many there are by then."""
    async with asyncio.timeout(300):
        while True:
            read = int(await connection.fetchval(READ))
            if read >= records:
                return read
            await asyncio.sleep(0.01)


async def _copy(connection: Any, dsn: str, events: int) -> float:
    """COPY a ledger row and a request row an event, ready made, into tables of the same columns and primary keys."""
    ledger = await connection.fetch(
        "SELECT * FROM feedback.ledger ORDER BY received_at DESC, log_offset DESC LIMIT $1", events
    )
    requests = await connection.fetch("SELECT * FROM feedback.request ORDER BY random() LIMIT $1", events)
    requests = [requests[index % len(requests)] for index in range(events)]
    rows = [(*tuple(row)[:2], f"copy-{index}", *tuple(row)[3:]) for index, row in enumerate(requests)]
    bare = await asyncpg.connect(dsn)
    try:
        await bare.execute(
            "CREATE TABLE public.bare_ledger (LIKE feedback.ledger INCLUDING INDEXES);"
            "CREATE TABLE public.bare_request (LIKE feedback.request INCLUDING INDEXES)"
        )
        began = time.perf_counter()
        async with bare.transaction():
            for at in range(0, events, 4_000):
                await bare.copy_records_to_table(
                    "bare_ledger", schema_name="public", records=[tuple(row) for row in ledger[at : at + 4_000]]
                )
                await bare.copy_records_to_table("bare_request", schema_name="public", records=rows[at : at + 4_000])
        return events / (time.perf_counter() - began)
    finally:
        await bare.execute("DROP TABLE IF EXISTS public.bare_ledger, public.bare_request")
        await bare.close()
