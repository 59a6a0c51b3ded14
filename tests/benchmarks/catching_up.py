"""After an outage: how fast a backlog is worked off while a nightly peak goes on arriving.

The peak is derived from the national model, §11: a year is some 0.5 million requests; we take it that the busiest month
brings a fifth of them, that all of that month's are sent on the 1st of the next one within an hour, and design for
100 times that.
"""

import asyncio
import os
import time
from pathlib import Path
from statistics import median
from typing import Final

import asyncpg

from palautevirta.local.services import AGGREGATOR
from palautevirta.local.stack import LocalStack
from services.runtime.waiting import set_within

from .aggregating import TOPIC, fill, until_read
from .workload import Workload

REQUESTS_A_YEAR: Final = 500_000
PEAK: Final = REQUESTS_A_YEAR / 5 / 3600 * 100
"""Events a second of the nightly peak that we design for: 2,778."""
GOAL: Final = 5.0
_ARRIVING: Final = 500


async def measure(data_dir: Path, *, rounds: int, events: int) -> None:
    """Let a backlog of `events` stand, start the aggregator, and keep posting at the peak until nothing waits."""
    rates: list[float] = []
    async with LocalStack(data_dir, environment=os.environ, services=(AGGREGATOR,)) as stack:
        connection = await asyncpg.connect(stack.database.dsn)
        aggregator = stack.services["aggregator"]
        written = 0
        for number in range(rounds):
            await aggregator.stop()
            await fill(stack.endpoints.kafka, TOPIC, Workload(seed=2 * number), events)
            stopping, began = asyncio.Event(), time.perf_counter()
            await aggregator.start()
            arriving = asyncio.create_task(_arrive(stack.endpoints.kafka, Workload(seed=2 * number + 1), stopping))
            first = await until_read(connection, written + 1)
            first_at = time.perf_counter()
            read = await until_read(connection, written + events)
            now = time.perf_counter()
            rates.append((read - first) / (now - first_at))
            stopping.set()
            arrived = await arriving
            written += events + arrived
            print(
                f"  round {number + 1}: {rates[-1]:9,.0f} events/s; {now - began:.1f} s after the start the backlog was"
                f" gone, {arrived} events arrived meanwhile"
            )
            await until_read(connection, written)
        await connection.close()
    rate = median(rates)
    print(
        f"\ncatching up, a backlog of {events} events, {PEAK:,.0f} events/s arriving meanwhile: {rate:,.0f} events/s,"
        f" {rate / PEAK:.1f} times the peak (goal: {GOAL:.0f})"
    )


async def _arrive(bootstrap: str, workload: Workload, stopping: asyncio.Event) -> int:
    """Write events at the peak's rate until told to stop; how many that were."""
    written, began = 0, time.perf_counter()
    while not stopping.is_set():
        await fill(bootstrap, TOPIC, workload, _ARRIVING)
        written += _ARRIVING
        await set_within(stopping, max(0.0, began + written / PEAK - time.perf_counter()))
    return written
