"""When an orchestrator may kill an aggregator: when a lane hangs, not while its servers are away."""

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.aggregator import app, loop
from services.aggregator.loop import Lane
from services.aggregator.store import StoreUnavailable
from services.aggregator.telemetry import Telemetry


class NoLog:
    async def stop(self) -> None: ...


class NoLeases:
    seconds_since_heartbeat = 0.0
    held: dict[int, int] = {}  # noqa: RUF012 - nobody changes it


def lane_of(new_store: Any) -> Any:
    lane: Any = Lane
    return lane(
        0,
        topic="t",
        leases=NoLeases(),
        decoder=None,
        new_log=NoLog,
        new_store=new_store,
        telemetry=Telemetry(CollectorRegistry()),
        batch_records=100,
    )


async def liveness(lane: Any) -> str | None:
    health: Any = app._health  # noqa: SLF001 - what stands behind /livez
    said: str | None = health(NoLeases(), [lane]).live["lanes"]()
    return said


async def test_a_lane_that_tries_again_and_again_is_live_and_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_RETRY_S", (0.0,))
    tries, stopping = 0, asyncio.Event()

    async def away() -> None:
        nonlocal tries
        tries += 1
        lane.last_sign_of_life -= 50.0  # each try takes that long
        if tries == 3:
            stopping.set()
        raise StoreUnavailable("away")

    lane = lane_of(away)
    async with asyncio.timeout(10):
        await lane.run(stopping)
    assert tries == 3
    assert await liveness(lane) is None
    assert lane.last_progress is None


async def test_a_lane_that_hangs_is_found_also_in_its_first_try() -> None:
    hanging, stopping = asyncio.Event(), asyncio.Event()

    async def hangs() -> None:
        hanging.set()
        await asyncio.Event().wait()

    lane = lane_of(hangs)
    running = asyncio.create_task(lane.run(stopping))
    async with asyncio.timeout(10):
        await hanging.wait()
    lane.last_sign_of_life -= 91.0
    assert await liveness(lane) == "lanes [0] haven't moved for 90 s"
    running.cancel()
    await asyncio.wait({running})
