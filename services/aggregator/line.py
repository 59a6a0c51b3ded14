"""A connection of its own for a task beside the lanes: opened at the first question, and anew after a failure."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from services.aggregator.store import DRIVER_ERRORS, SQL, StoreUnavailable, close, connect


class Line:
    """One connection at a time. Not for use by two tasks at once."""

    def __init__(self, options: Mapping[str, Any], *, begins_with: str | None = None) -> None:
        """With `begins_with`, that statement is the first on every new connection."""
        self._options = options
        self._begins_with = begins_with
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    async def ask(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """The rows of a named statement. Raises StoreUnavailable, after which the next question opens the line anew."""
        return await self.ask_text(SQL[statement], *arguments)

    async def ask_text(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """The same for a statement that was put together of others."""
        try:
            if self._connection is None:
                self._connection = await connect(self._options)
                if self._begins_with is not None:
                    await self._connection.fetch(SQL[self._begins_with])
            found: list[asyncpg.Record] = await self._connection.fetch(sql, *arguments)
        except DRIVER_ERRORS as error:
            await self.close()
            raise StoreUnavailable(f"{type(error).__name__} while asking Postgres") from error
        return found

    async def close(self) -> None:
        """Close in bounded time."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await close(connection)
