"""Posts batches to the collector as provider systems do: each under its own token, sent again until it is durable."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import aiohttp
import msgspec

from palautevirta.demo.nation import Batch
from palautevirta.demo.patience import AWAY_STATUSES, NEVER, Away, DemoFailed, until_answered

CONNECTIONS: Final = 4
PATIENCE_S: Final = 300.0
_ACCEPTED: Final = 202
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60)
_MEDIA_TYPE: Final = "application/cloudevents-batch+json"

Told = Callable[[int], None]
"""Is told how many events have just been acknowledged."""


class _Verdict(msgspec.Struct):
    status: str
    receipt: str | None = None
    errors: list[dict[str, str]] = []


class _Answer(msgspec.Struct):
    results: list[_Verdict] = []


@dataclass(slots=True)
class Acknowledged:
    """What the collector has taken so far: every event has a receipt, so it is durable."""

    events: int = 0
    batches_sent_again: int = 0
    last_at: datetime = NEVER


async def replay(batches: Iterable[Batch], *, url: str, tokens: Mapping[str, str], acknowledged: Told) -> Acknowledged:
    """Post everything over a few connections; `tokens` has one a provider OID.

    A batch whose outcome is unknown is sent again whole, with the same ids, which is always safe. Raises DemoFailed
    when the collector refuses an event, or stays away for PATIENCE_S.
    """
    waiting = iter(batches)
    so_far = Acknowledged()
    async with aiohttp.ClientSession(timeout=_TIMEOUT, connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        connection = _Connection(session, f"{url}/v1/events", tokens, so_far, acknowledged)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(CONNECTIONS):
                    group.create_task(connection.post_all(waiting))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from failures
    return so_far


@dataclass(frozen=True, slots=True)
class _Connection:
    session: aiohttp.ClientSession
    url: str
    tokens: Mapping[str, str]
    so_far: Acknowledged
    told: Told

    async def post_all(self, batches: Iterator[Batch]) -> None:
        for batch in batches:
            await self._post(batch)
            self.so_far.events += batch.events
            self.so_far.last_at = datetime.now(UTC)
            self.told(batch.events)

    async def _post(self, batch: Batch) -> None:
        headers = {"Authorization": f"Bearer {self.tokens[batch.provider_oid]}", "Content-Type": _MEDIA_TYPE}
        attempts = 0

        async def attempt() -> bytes | Away:
            nonlocal attempts
            attempts += 1
            async with self.session.post(self.url, data=batch.body, headers=headers) as response:
                if response.status in AWAY_STATUSES:
                    return Away.of(response)
                body = await response.read()
                if response.status != _ACCEPTED:
                    raise DemoFailed(_refusal(response.status, body))
                return body

        body = await until_answered(attempt, within_s=PATIENCE_S)
        self.so_far.batches_sent_again += attempts > 1
        receipts = sum(verdict.receipt is not None for verdict in msgspec.json.decode(body, type=_Answer).results)
        if receipts != batch.events:
            raise DemoFailed(f"The collector answered {_ACCEPTED} with {receipts} receipts for {batch.events} events.")


def _refusal(status: int, body: bytes) -> str:
    """The status and the first reason that the collector gave."""
    try:
        results = msgspec.json.decode(body, type=_Answer).results
    except msgspec.MsgspecError:
        results = []
    refused = next((verdict for verdict in results if verdict.status != "accepted"), None)
    why = f": {refused.status} {refused.errors[:1]}" if refused else ""
    return f"The collector refused events with status {status}{why}. All of them should be valid: this is a defect."
