"""A reader who looks at the record again and again while it is being hurt: nothing may be broken, at no moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from traffic.aftermath import AWAY, next_offsets

from palautevirta.verification import verify

_PAUSE_S: Final = 0.05
_LOOK_TIMEOUT_S: Final = 15.0


class Watcher:
    """`looks` counts the times that it saw the record, `found` says what was broken."""

    def __init__(self, dsn: str) -> None:
        self.looks = 0
        self.found: list[str] = []
        self._dsn = dsn
        self._offsets: dict[int, int] = {}

    async def watch(self) -> None:
        """Look until cancelled; a server that is away is looked for again."""
        while True:
            try:
                async with asyncio.timeout(_LOOK_TIMEOUT_S):
                    await self._look()
            except AWAY:
                pass
            else:
                self.looks += 1
            await asyncio.sleep(_PAUSE_S)

    async def _look(self) -> None:
        self.found += [f"{one.holds}: {one.broken_by}" for one in await verify(self._dsn) if one.broken_by]
        offsets = await next_offsets(self._dsn)
        self.found += [
            f"partition {partition} went back from {before} to {offsets.get(partition)}"
            for partition, before in self._offsets.items()
            if offsets.get(partition, -1) < before
        ]
        self._offsets = offsets


@asynccontextmanager
async def watched(dsn: str) -> AsyncIterator[Watcher]:
    """Somebody looks on inside the block."""
    watcher = Watcher(dsn)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watcher.watch())
        yield watcher
        watching.cancel()
