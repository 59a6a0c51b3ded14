"""From raw events to verdicts: judged whole, then published, then told apart by what Kafka acknowledged."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schemas.national.model import NationalModels
from services.collector.judging import Judge, ValidEvent
from services.collector.publisher import Publisher, Slice
from services.collector.telemetry import Telemetry
from services.collector.verdict import Verdict, accepted, retry
from services.runtime.clock import SYSTEM_CLOCK, Clock
from services.runtime.partitioning import partition_of

STRETCH_S: Final = 0.001
"""For how long a request may hold the loop before the others get their turn."""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A slice and, for each of its records, the index and id of its event."""

    piece: Slice
    names: list[tuple[int, str]]


class Intake:
    """Takes the events of one request at a time through judgement and publication."""

    def __init__(
        self,
        models: NationalModels,
        publisher: Publisher,
        telemetry: Telemetry,
        *,
        partitions: int,
        event_limit_bytes: int,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._models = models
        self._publisher = publisher
        self._telemetry = telemetry
        self._partitions = partitions
        self._event_limit_bytes = event_limit_bytes
        self._clock = clock
        # Batches are judged one after the other: side by side they would share the one core just the same, and each
        # would add its stretch to every turn of the loop that single events wait for.
        self._batches = asyncio.Lock()

    async def take(self, raws: Sequence[memoryview], organisations: frozenset[str]) -> list[Verdict]:
        """The verdicts in the order of the events. Raises NotJson, and then nothing was published."""
        verdicts: dict[int, Verdict] = {}
        if len(raws) > 1:
            async with self._batches:
                outgoing = await self._judged(raws, organisations, verdicts)
        else:
            outgoing = await self._judged(raws, organisations, verdicts)
        for part in outgoing:
            self._publisher.publish(part.piece)
        for part in outgoing:
            offset = await part.piece.acknowledged
            for place, (index, event_id) in enumerate(part.names):
                if offset is None:
                    verdicts[index] = retry(index, event_id)
                else:
                    verdicts[index] = accepted(index, event_id, part.piece.partition, offset + place)
        in_order = [verdicts[index] for index in range(len(raws))]
        self._telemetry.judged(in_order)
        return in_order

    async def _judged(
        self, raws: Sequence[memoryview], organisations: frozenset[str], verdicts: dict[int, Verdict]
    ) -> list[_Outgoing]:
        """Judge all events; what is refused goes into `verdicts`, what is to be published comes back in slices."""
        judge = Judge(
            self._models, organisations, now_us=self._clock.now_us(), event_limit_bytes=self._event_limit_bytes
        )
        outgoing: list[_Outgoing] = []
        open_parts: dict[int, _Outgoing] = {}
        turn_began = self._clock.monotonic()
        for index, raw in enumerate(raws):
            if self._clock.monotonic() - turn_began > STRETCH_S:
                await asyncio.sleep(0)
                turn_began = self._clock.monotonic()
            judged = judge.judge(index, raw)
            if isinstance(judged, Verdict):
                verdicts[index] = judged
            else:
                self._add(judged, outgoing, open_parts)
        return outgoing

    def _add(self, event: ValidEvent, outgoing: list[_Outgoing], open_parts: dict[int, _Outgoing]) -> None:
        partition = partition_of(event.provider, self._partitions)
        part = open_parts.get(partition)
        if part is None or part.piece.full:
            part = _Outgoing(Slice(partition, asyncio.get_running_loop().create_future()), [])
            open_parts[partition] = part
            outgoing.append(part)
        part.piece.add(event.provider.encode(), event.encoded)
        part.names.append((event.index, event.id))
