"""A reader of the reporting API who takes every page and every row."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import aiohttp

Row = dict[str, Any]

MOST_LOOKED_UP: Final = 1_000
_TIMEOUT: Final = aiohttp.ClientTimeout(total=20)
_PROBE_PAUSE_S: Final = 0.05


class Unexpected(Exception):
    """An answer that isn't 200."""


class Reports:
    """The reporting API, read with one token."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self._session = session
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def rows(self, path: str, **parameters: str) -> list[Row]:
        """All rows of a table, over all its pages."""
        rows: list[Row] = []
        while True:
            answer = await self._asked("GET", path, params=parameters)
            rows += answer["rows"]
            if answer["next"] is None:
                return rows
            parameters["next"] = answer["next"]

    async def lookup(self, what: str, names: Sequence[Row]) -> list[Row]:
        """What became of `events` or `requests`, in the order asked."""
        rows: list[Row] = []
        for begin in range(0, len(names), MOST_LOOKED_UP):
            body = {what: names[begin : begin + MOST_LOOKED_UP]}
            rows += (await self._asked("POST", "/v1/lookup", json=body))["rows"]
        return rows

    async def until_complete(self, moment: datetime, *, deadline_s: float) -> None:
        """Wait until everything that was accepted by this moment is counted."""
        async with asyncio.timeout(deadline_s):
            while True:
                answer = await self._asked("GET", "/v1/figures", params={"survey": "start", "period": "2025-2026"})
                if answer["as_of"] is not None and datetime.fromisoformat(answer["as_of"]) > moment:
                    return
                await asyncio.sleep(_PROBE_PAUSE_S)

    async def _asked(self, method: str, path: str, **arguments: Any) -> Row:
        async with self._session.request(
            method, self._url + path, headers=self._headers, timeout=_TIMEOUT, **arguments
        ) as response:
            answer: Row = await response.json(content_type=None)
            if response.status != 200:
                raise Unexpected(f"{method} {path} {arguments}: {response.status} {answer}")
            return answer


@asynccontextmanager
async def reading(url: str, token: str) -> AsyncIterator[Reports]:
    """A reader with a session of its own."""
    async with aiohttp.ClientSession() as session:
        yield Reports(session, url, token)
