"""Holds clients back, so that what a test does in the middle of a load is done in its middle."""

import asyncio
from collections.abc import Callable

_DEADLINE_S = 60.0


class Gate:
    """Counts postings as they begin and settle, and lets no more begin than it was told to."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._allowed = 0
        self._begun = 0
        self._settled = 0

    async def turn(self) -> None:
        """Wait until one more posting may begin, and count it."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._begun < self._allowed)
            self._begun += 1

    async def settled(self) -> None:
        """Count a posting that is settled."""
        async with self._changed:
            self._settled += 1
            self._changed.notify_all()

    @property
    def left(self) -> int:
        """How many of those that were let on aren't settled."""
        return self._allowed - self._settled

    async def open_for(self, postings: int) -> None:
        """Let so many more begin."""
        async with self._changed:
            self._allowed += postings
            self._changed.notify_all()

    async def until_left(self, postings: int) -> None:
        """Wait until at most so many of those that were let on aren't settled."""
        await self._until(lambda: self.left <= postings)

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(_DEADLINE_S), self._changed:
            await self._changed.wait_for(holds)
