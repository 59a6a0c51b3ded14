"""A provider's system at work: posts over HTTP, tries again while the outcome is unknown, and notes what it is told."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from recount.ledger import Arrival, Event

from traffic.load import ClientLoad, Posting

PATIENCE_S: Final = 20.0
_PAUSE_S: Final = 0.1
_ATTRIBUTES: Final = ("specversion", "type", "source", "id", "time", "providerid", "subject", "traceparent")


@dataclass
class Told:
    """What a client was told of its events.

    `posted` are all events as they were sent, `accepted` the acknowledged ones by their receipts; `mistakes` say where
    a status isn't the one that had to be given; `unknown` counts the attempts of which the outcome stayed open,
    `refused_ahead` the events that a clock too far ahead had dated.
    """

    posted: list[Event] = field(default_factory=list)
    accepted: list[Arrival] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    unknown: int = 0
    refused_ahead: int = 0
    last_acknowledged: datetime | None = None


Step = Callable[[], Awaitable[None]]


async def _nothing() -> None:
    """Neither wait nor tell."""


async def post_all(
    session: aiohttp.ClientSession,
    urls: Sequence[str],
    token: str,
    load: ClientLoad,
    *,
    deadline_s: float,
    patience_s: float = PATIENCE_S,
    turn: Step = _nothing,
    settled: Step = _nothing,
) -> Told:
    """Post a whole load in its order, a posting when the one before is settled; `turn` and `settled` go around each.

    A collector that gives no answer within the patience is left for the next one. Raises TimeoutError when it all
    takes too long, however often something was sent again.
    """
    told = Told()
    collectors = cycle(urls)
    timeout = aiohttp.ClientTimeout(total=patience_s)
    async with asyncio.timeout(deadline_s):
        for posting in load.postings:
            await turn()
            dated = posting.posted_now()
            told.posted += dated.events
            status, answer = await _until_settled(session, collectors, token, dated, told, timeout=timeout)
            _note(dated, status, answer, told)
            told.last_acknowledged = datetime.now(UTC)
            await settled()
    return told


async def _until_settled(
    session: aiohttp.ClientSession,
    collectors: Iterator[str],
    token: str,
    posting: Posting,
    told: Told,
    *,
    timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the one of aiohttp
) -> tuple[int, Mapping[str, Any]]:
    headers, body = encoded(posting)
    headers["Authorization"] = f"Bearer {token}"
    while True:
        url = f"{next(collectors)}/v1/events"
        try:
            async with session.post(url, headers=headers, data=body, timeout=timeout) as response:
                if response.status != 503:
                    return response.status, await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError):
            pass
        told.unknown += 1
        # What a client owes a server in trouble; nothing here waits for anything to have happened.
        await asyncio.sleep(_PAUSE_S)


def encoded(posting: Posting) -> tuple[dict[str, str], bytes]:
    """Headers and body of a posting in its content mode."""
    if posting.mode == "batch":
        return {"Content-Type": "application/cloudevents-batch+json"}, json.dumps(posting.events).encode()
    (event,) = posting.events
    if posting.mode == "structured":
        return {"Content-Type": "application/cloudevents+json"}, json.dumps(event).encode()
    headers = {f"ce-{name}": quote(event[name], safe=" -._~:/+") for name in _ATTRIBUTES if name in event}
    return {"Content-Type": "application/json", **headers}, json.dumps(event["data"]).encode()


def _note(posting: Posting, status: int, answer: Mapping[str, Any], told: Told) -> None:
    results = answer.get("results", [])
    expected = posting.expected
    given = [result["status"] for result in results]
    if status != _status_of(expected) or len(given) != len(expected):
        told.mistakes.append(
            f"{posting.mode} of {len(expected)}: HTTP {status}, {given or answer} instead of {expected}"
        )
    for one, result, wanted in zip(posting.planned, results, expected, strict=False):
        event = one.event
        if result["status"] != wanted:
            told.mistakes.append(f"{result} instead of {wanted}: {event}")
        if wanted == "invalid" and one.clock is not None:
            codes = [(error["code"], error["pointer"]) for error in result.get("errors", ())]
            if codes != [("time_in_the_future", "/time")]:
                told.mistakes.append(f"{codes} for a clock that is {one.clock} ahead: {event}")
            told.refused_ahead += 1
        if result["status"] == "accepted":
            partition, offset = map(int, result["receipt"].split("-"))
            told.accepted.append(Arrival(partition, offset, event))


def _status_of(expected: Iterable[str]) -> int:
    """The HTTP status that the whole answer has to have."""
    found = set(expected)
    if found <= {"accepted"}:
        return 202
    if "accepted" in found:
        return 207
    return 403 if found == {"forbidden"} else 422


def events_of(load: Iterable[ClientLoad]) -> list[Event]:
    """Every event of a load, whatever its fate."""
    return [event for client in load for posting in client.postings for event in posting.events]
