"""Asking again what had no answer: a service that starts, restarts or waits for Kafka or Postgres is waited for."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

import aiohttp

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
NEVER: Final = datetime.min.replace(tzinfo=UTC)
"""Earlier than anything that happened."""

AWAY_STATUSES: Final = frozenset({429, 502, 503, 504})
"""Answers after which the same request may be sent again."""

T = TypeVar("T")


class DemoFailed(Exception):
    """The demonstration can't go on; the message says why and what to look at."""


@dataclass(frozen=True, slots=True)
class Away:
    """There was no answer yet: why, and how long the service asks to be left alone."""

    reason: str
    retry_after_s: float = 0.0

    @classmethod
    def of(cls, response: aiohttp.ClientResponse) -> "Away":
        """What a response with one of AWAY_STATUSES says."""
        retry_after = response.headers.get("Retry-After", "")
        return cls(f"status {response.status}", float(retry_after) if retry_after.isdecimal() else 0.0)


async def until_answered(
    attempt: Callable[[], Awaitable[T | Away]], *, within_s: float, longest_pause_s: float = _LONGEST_PAUSE_S
) -> T:
    """The first answer that isn't Away, with a pause between attempts that doubles from 0.2 s.

    Raises DemoFailed when there is none within this time.
    """
    deadline = time.monotonic() + within_s
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            answer = await attempt()
        except (aiohttp.ClientError, TimeoutError) as error:
            answer = Away(type(error).__name__)
        if not isinstance(answer, Away):
            return answer
        if time.monotonic() > deadline:
            raise DemoFailed(
                f"There was no answer within {within_s:g} s (the last one: {answer.reason}); "
                "the logs in the data directory say what the service met."
            )
        await asyncio.sleep(max(pause_s, answer.retry_after_s))
        pause_s = min(2 * pause_s, longest_pause_s)
