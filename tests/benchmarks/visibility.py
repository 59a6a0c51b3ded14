"""From post to visible: how long after its sender's clock said go an event stands in the figures.

Batches are posted to the real collector on a schedule that doesn't wait for answers, so a stall makes all that come
after it late, as it would be for their senders. An event is visible when the transaction that counts it is committed:
ledger, figures and the partition's next offset move in one, so the fences tell. They are asked again and again, and
what is told is the first look that saw it, an upper bound.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg

from palautevirta.local.services import AGGREGATOR, COLLECTOR
from palautevirta.local.stack import LocalStack

from .workload import Workload, as_json

BATCH: Final = 100
GOAL_S: Final = 2.0
_LOOK_EVERY_S: Final = 0.01
_WARM_UP_S: Final = 3.0
_DEADLINE_S: Final = 60.0
_FENCES: Final = "SELECT partition, next_offset FROM feedback.fence WHERE next_offset IS NOT NULL"
_TYPE: Final = "application/cloudevents-batch+json"


@dataclass(frozen=True, slots=True)
class Posted:
    """An event's place in the log, when it should have been posted, and when its sender had the answer."""

    partition: int
    offset: int
    due: float
    answered: float


async def measure(data_dir: Path, *, rate: int, seconds: float) -> None:
    """Post so many events a second for so long, and tell how late they were acknowledged and seen."""
    batches = int(rate * (seconds + _WARM_UP_S) / BATCH)
    events = [as_json(event) for event in Workload(seed=rate).events(batches * BATCH)]
    bodies = [b"[" + b",".join(events[at : at + BATCH]) + b"]" for at in range(0, len(events), BATCH)]
    async with LocalStack(data_dir, environment=os.environ, services=(COLLECTOR, AGGREGATOR)) as stack:
        connection = await asyncpg.connect(stack.database.dsn)
        looks: list[tuple[float, Mapping[int, int]]] = []
        looking = asyncio.create_task(_look(connection, looks))
        token = stack.issuer.mint(organisations=Workload(0).providers, scope="feedback:write", expires_in_s=3600)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": _TYPE}
        async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=64)) as session:
            posted = await _post(session, f"{stack.endpoints.collector}/v1/events", bodies, rate)
        await _until_seen(looks, posted)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await connection.close()
    _tell(posted, looks, rate)


async def _post(session: aiohttp.ClientSession, url: str, bodies: list[bytes], rate: int) -> list[Posted]:
    """Post every body when it is due, whatever became of those before it."""
    began = time.perf_counter()

    async def post(body: bytes, due: float) -> list[Posted]:
        await asyncio.sleep(due - time.perf_counter())
        async with session.post(url, data=body) as response:
            answer = await response.json()
            assert response.status == 202, answer
        answered = time.perf_counter()
        receipts = (result["receipt"].split("-") for result in answer["results"])
        return [Posted(int(partition), int(offset), due, answered) for partition, offset in receipts]

    async with asyncio.timeout(len(bodies) * BATCH / rate + _DEADLINE_S), asyncio.TaskGroup() as group:
        posting = [group.create_task(post(body, began + n * BATCH / rate)) for n, body in enumerate(bodies)]
    return [one for task in posting for one in task.result() if one.due > began + _WARM_UP_S]


async def _look(connection: Any, looks: list[tuple[float, Mapping[int, int]]]) -> None:
    while True:
        seen = {row["partition"]: row["next_offset"] for row in await connection.fetch(_FENCES)}
        looks.append((time.perf_counter(), seen))
        await asyncio.sleep(_LOOK_EVERY_S)


async def _until_seen(looks: list[tuple[float, Mapping[int, int]]], posted: list[Posted]) -> None:
    last: dict[int, int] = {}
    for one in posted:
        last[one.partition] = max(last.get(one.partition, 0), one.offset)
    async with asyncio.timeout(_DEADLINE_S):
        while any(looks[-1][1].get(p, 0) <= offset for p, offset in last.items()):  # noqa: ASYNC110 - Postgres is asked
            await asyncio.sleep(_LOOK_EVERY_S)


def _tell(posted: list[Posted], looks: list[tuple[float, Mapping[int, int]]], rate: int) -> None:
    visible = sorted(_seen_at(posted, looks))
    acknowledged = sorted(one.answered - one.due for one in posted)
    print(f"\nfrom post to visible, {rate} events/s offered in batches of {BATCH}, {len(posted)} events")
    for what, delays in (("acknowledged", acknowledged), ("visible", visible)):
        p50, p99 = (delays[int(len(delays) * share)] for share in (0.5, 0.99))
        print(f"  {what:12}  p50 {p50 * 1000:6.0f} ms   p99 {p99 * 1000:6.0f} ms   max {delays[-1] * 1000:6.0f} ms")
    print(f"  goal: visible p99 below {GOAL_S * 1000:.0f} ms")


def _seen_at(posted: list[Posted], looks: list[tuple[float, Mapping[int, int]]]) -> list[float]:
    """How long after it was due the first look saw each event; looks and offsets only go forward."""
    delays = []
    at: dict[int, int] = {}
    for one in sorted(posted, key=lambda one: one.offset):
        look = at.get(one.partition, 0)
        while looks[look][1].get(one.partition, 0) <= one.offset:
            look += 1
        at[one.partition] = look
        delays.append(looks[look][0] - one.due)
    return delays
