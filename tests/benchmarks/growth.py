"""What an event costs when 1, 10 and 100 times a small base of requests stand in the database, and ten million.

Each history has a database and a topic of its own in one stack, and in every round the same new events go to each of
them, one after the other, so that the ratios are of one run. Only the events of the rounds are measured.
"""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import asyncpg

from palautevirta.local.postgres import create_database
from palautevirta.local.services import AGGREGATOR, Service
from palautevirta.local.stack import LocalStack
from palautevirta.migrations import load_migrations, migrate
from palautevirta.topics import create_topics, declared_topics
from schemas.national.model import load_models
from services.aggregator.decode import DigestKeys

from .aggregating import READ, fill, processor_seconds, until_read
from .history import History
from .loader import load
from .workload import Workload

TIMES: Final = (1, 10, 100)
YEARS: Final = 8
GOAL: Final = 0.20
_COPIES: Final = 40
"""How many requests are told in one story."""


@dataclass(frozen=True)
class Grown:
    """A database with so many requests, its topic, and the aggregator between them."""

    requests: int
    topic: str
    aggregator: Service
    connection: Any


async def measure(data_dir: Path, *, rounds: int, events: int, base: int, most: int) -> None:
    """Load the histories, then let the aggregator of each work off the same new events in turn."""
    rates: dict[int, list[float]] = {}
    costs: dict[int, list[float]] = {}
    async with LocalStack(data_dir, environment=os.environ, services=()) as stack:
        grown = [await _grow(stack, requests) for requests in sorted({*(base * n for n in TIMES), most})]
        for number in range(rounds + 1):  # the first round warms everything up and isn't counted
            for one in grown:
                rate, cost = await _round(stack, one, Workload(seed=number), events)
                if number:
                    rates.setdefault(one.requests, []).append(rate)
                    costs.setdefault(one.requests, []).append(cost)
        for one in grown:
            await one.connection.close()
    print(f"\ngrowth, {events} events a round, {rounds} rounds; least history: {grown[0].requests:,} requests")
    first = grown[0].requests
    for requests, seen in rates.items():
        slower = median(base / one for base, one in zip(rates[first], seen, strict=True))
        dearer = median(one / base for base, one in zip(costs[first], costs[requests], strict=True))
        print(
            f"  {requests:12,} requests: {median(seen):9,.0f} events/s, {median(costs[requests]):5.0f} µs of processor"
            f" an event; an event takes {slower:.2f} of the time and {dearer:.2f} of the processor (goal: below"
            f" {1 + GOAL:.2f})"
        )


async def _grow(stack: LocalStack, requests: int) -> Grown:
    """A database with so many requests, analysed, and an empty topic; its aggregator was started and stopped again."""
    name = f"grown_{requests}"
    database = replace(stack.database, dsn=await create_database(stack.database.dsn, name))
    await migrate(database.dsn, load_migrations())
    keys = DigestKeys({1: bytes.fromhex(stack.directory.secret("digest-key-1"))})
    history = History(requests, years=YEARS, stories=max(1_000, requests // _COPIES))
    loaded = await load(database.dsn, history, load_models(), keys)
    rate = loaded.requests / loaded.seconds
    print(f"  loaded {loaded.requests:,} requests in {loaded.seconds:.0f} s, {rate:,.0f} requests/s")
    (declared,) = declared_topics()
    topic = name.replace("_", ".")
    await create_topics(stack.endpoints.kafka, [replace(declared, name=topic)])
    settings = {"DATABASE_URL": database.aggregator_dsn, "KAFKA_TOPIC": topic}
    aggregator = replace(AGGREGATOR, name=name, settings=settings)
    await (await stack.add(aggregator)).stop()
    return Grown(requests, topic, aggregator, await asyncpg.connect(database.dsn))


async def _round(stack: LocalStack, grown: Grown, workload: Workload, events: int) -> tuple[float, float]:
    """Events a second, and microseconds of aggregator and Postgres an event, from the first batch to the last."""
    before = await grown.connection.fetchval(READ)
    await fill(stack.endpoints.kafka, grown.topic, workload, events)
    child = stack.services[grown.aggregator.name]
    await child.start()
    read_at_first = await until_read(grown.connection, before + 1)
    began = time.perf_counter()
    spent = processor_seconds(stack, grown.aggregator.name)
    await until_read(grown.connection, before + events)
    seconds = time.perf_counter() - began
    used = {part: s - spent[part] for part, s in processor_seconds(stack, grown.aggregator.name).items()}
    await child.stop()
    counted = before + events - read_at_first
    assert counted, "every event was read by the first look: give more --events, several batches of each lane"
    return counted / seconds, (used["aggregator"] + used["Postgres"]) / counted * 1e6
