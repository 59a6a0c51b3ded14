"""One history: a seed's load, posted through two collectors to two aggregators, and a seed's faults in its middle."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from traffic.aftermath import until
from traffic.campaign import Campaign, Compared, campaign
from traffic.comparison import readable
from traffic.delayed_line import DelayedLine, line_to_postgres, lines_to_kafka
from traffic.load import load

from faults.parts import Parts
from faults.schedule import AGGREGATORS, COLLECTORS, KAFKA, POSTGRES, Fault, schedule
from faults.watcher import Watcher, watched
from palautevirta.local.services import AGGREGATOR, COLLECTOR, REPORTING
from palautevirta.local.stack import LocalStack

CLIENTS: Final = 4
_REQUESTS_A_FAULT: Final = 20
"""Half of what they make is kept for cuts that no transaction came by for."""
_MORE: Final = 4
_STILL_S: Final = 1.0
"""How long a load may stand still before the next fault comes all the same."""
_PATIENCE_S: Final = 3.0
_FIRST_LOOK_S: Final = 15.0
_IMPATIENT: Final = {"ACKNOWLEDGEMENT_TIMEOUT_MS": "1000"}
"""Soon enough that a broker that is away leaves outcomes unknown instead of only late."""


@dataclass(frozen=True)
class Account:
    """What happened in a history: faults by kind and part, attempts of unknown outcome, looks of the watcher.

    `refused_ahead` are the events that were rightly refused because a clock too far ahead had dated them.
    """

    seed: int
    faults: Counter[tuple[str, str]]
    acknowledged: int
    unknown: int
    refused_ahead: int
    looks: int
    compared: Compared
    seconds: float

    def __str__(self) -> str:
        by_kind: Counter[str] = Counter()
        for (kind, _), count in self.faults.items():
            by_kind[kind] += count
        hurt = ", ".join(f"{kind} {count}" for kind, count in sorted(by_kind.items()))
        return (
            f"seed {self.seed}: {hurt}; {self.acknowledged} events acknowledged, {self.unknown} attempts of unknown "
            f"outcome, {self.refused_ahead} refused from clocks too far ahead, {self.looks} looks at the record; "
            f"{self.seconds:.0f} s"
        )


@asynccontextmanager
async def small_nation(
    data_dir: Path, *, aggregator: str = AGGREGATOR.module
) -> AsyncIterator[tuple[LocalStack, Mapping[str, DelayedLine]]]:
    """Two collectors, two aggregators, reporting and the servers, with fsync; a line leads from each service to each
    server that is asked by it. `aggregator` is the module that runs as one: a planted bug, for instance.
    """
    async with AsyncExitStack() as exit_stack:
        laid = await exit_stack.enter_async_context(lines_to_kafka(*COLLECTORS, *AGGREGATORS))
        lines = {f"{name} to {KAFKA}": line for name, line in laid.lines.items()}
        collectors = [replace(COLLECTOR, name=name, settings=_IMPATIENT | laid.settings[name]) for name in COLLECTORS]
        stack = await exit_stack.enter_async_context(
            LocalStack(
                data_dir,
                environment=os.environ,
                services=[*collectors, REPORTING],
                kafka_lines=laid.listeners,
            )
        )
        async with asyncio.TaskGroup() as group:
            for name in AGGREGATORS:
                line, settings = await exit_stack.enter_async_context(line_to_postgres(stack.database.aggregator_dsn))
                lines[f"{name} to {POSTGRES}"] = line
                settings = settings | laid.settings[name]
                group.create_task(stack.add(replace(AGGREGATOR, name=name, module=aggregator, settings=settings)))
        try:
            yield stack, lines
        finally:
            await asyncio.gather(*(stack.services[name].stop() for name in AGGREGATORS))


async def history(data_dir: Path, seed: int, *, faults: int, aggregator: str = AGGREGATOR.module) -> Account:
    """Run one; raises AssertionError, with what differs, when anything is lost, doubled or broken at any moment."""
    began = time.monotonic()
    async with small_nation(data_dir, aggregator=aggregator) as (stack, lines):
        clients = load(seed, requests=faults * _REQUESTS_A_FAULT, clients=CLIENTS, clocks=True)
        async with watched(stack.endpoints.postgres) as watcher:
            async with campaign(stack, clients, patience_s=_PATIENCE_S) as running:
                parts = Parts(stack, lines, lambda: _more(running))
                share = running.postings // (2 * faults + 2)
                await _hurt(running, parts, schedule(seed, faults=faults, share=share), share)
                await parts.mend()
                await running.gate.open_for(running.postings)
            compared = await running.judge()
            await _seen(watcher)
        assert not watcher.found, readable(watcher.found)
        assert not parts.surprises, readable(parts.surprises)
        return Account(
            seed,
            parts.counts,
            sum(len(client.accepted) for client in running.told),
            sum(client.unknown for client in running.told),
            sum(client.refused_ahead for client in running.told),
            watcher.looks,
            compared,
            time.monotonic() - began,
        )


async def _more(running: Campaign) -> None:
    """Let some more of the load on, unless there is some already that waits for what is hurt."""
    if running.gate.left < _MORE:
        await running.gate.open_for(_MORE)


async def _hurt(running: Campaign, parts: Parts, planned: list[Fault], share: int) -> None:
    """Begin each fault at its point of the load; leave when the last one is over."""
    async with asyncio.TaskGroup() as group:
        for fault in planned:
            await running.gate.open_for(share)
            with suppress(TimeoutError):
                async with asyncio.timeout(_STILL_S):
                    await running.gate.until_left(fault.left)
            await parts.room(fault)
            group.create_task(parts.suffer(fault))
        await running.gate.open_for(share)


async def _seen(watcher: Watcher) -> None:
    """The watcher has seen what is left at the end."""
    before = watcher.looks

    async def again() -> bool:
        return watcher.looks > before + 1

    await until(again, deadline_s=_FIRST_LOOK_S)
