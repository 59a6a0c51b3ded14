"""Going on with another log than the fences know, after Kafka was lost with Postgres intact (docs/recovery.md).

What was counted stays. What was read of the lost log is remembered, and the fences point at where the new one begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import asyncpg
from msgspec import Struct

from palautevirta.log_bounds import Found
from palautevirta.receipts import receipt_of
from services.aggregator.store import SQL
from services.runtime.statements import load_statements

_SQL: Final = load_statements("palautevirta", "sql")
_TIMEOUT_S: Final = 30.0
_OF_RECEIPTS: Final = (
    "A receipt names a partition and an offset, and no log: one of the lost log and one of the new may read the same. "
    "Only receipts that clients were given by the lost log can be checked here; keep them apart from later ones."
)
_ANOTHER: Final = frozenset({"another_log", "another_topic", "another_record", "log_too_short"})
_BY_ITS_STOP: Final = frozenset({"another_topic", "another_record", "log_too_short"})


class Standing(Struct, frozen=True):
    """How far the log that the fence knows was read; everything before `complete_until` is counted."""

    partition: int
    log_id: str
    first_offset: int
    next_offset: int
    complete_until: datetime | None
    stopped: str | None
    topic_id: bytes | None = None


def to_adopt(standing: Sequence[Standing], found: Found) -> list[Standing]:
    """The partitions whose log has to be given up; none when the log is the one that the fences know.

    A log never gets shorter and its records never change, so where one partition shows that, the topic was made anew
    and all of it is another log, also where the new one has already grown past what was read of the old one.
    """
    wrong = {one.partition: reason for one in standing if (reason := _wrong(one, found)) is not None}
    if _ANOTHER & set(wrong.values()):
        return list(standing)
    return [one for one in standing if one.partition in wrong]


def missing(receipts: Iterable[str], standing: Sequence[Standing]) -> list[str]:
    """The receipts of the lost log that are not in the record, in their order. Raises MalformedReceipt."""
    ends = {one.partition: one.next_offset for one in standing}
    named = ((text, *receipt_of(text, ends)) for text in receipts)
    return [text for text, partition, offset in named if offset >= ends[partition]]


def account(given_up: Sequence[Standing], found: Found, quarantined: Mapping[str, int]) -> list[str]:
    """What an operator has to know before saying yes, in sentences."""
    sentences = []
    for one in given_up:
        begin, end = found.bounds[one.partition]
        counted = (
            f"partition {one.partition}: everything before offset {one.next_offset} of log {one.log_id} is counted, "
            f"and what was acknowledged before {one.complete_until or 'no known time'}; "
        )
        if _wrong(one, found) == "records_lost":
            sentences.append(counted + f"the log lost the records from there up to {begin} before they were counted")
        else:
            sentences.append(counted + f"the new log has offsets {begin} to {end}")
    if quarantined:
        reasons = ", ".join(f"{records} {reason}" for reason, records in quarantined.items())
        sentences.append(
            f"quarantine: records of the lost log that stand there will be closed with it, {sum(quarantined.values())} "
            f"in all ({reasons}), because they can't be read from it any more and so never be replayed"
        )
    return [*sentences, _OF_RECEIPTS]


class Adoption:
    """The fences held still, between looking at them and pointing them elsewhere. For use inside a transaction."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def hold(self) -> list[Standing]:
        """Where every partition stands that was ever read; nobody moves one until the transaction ends."""
        await self._connection.execute(_SQL["lock_leases"], timeout=_TIMEOUT_S)
        rows = await self._connection.fetch(_SQL["lock_fences"], timeout=_TIMEOUT_S)
        return [Standing(**dict(row)) for row in rows]

    async def standing_in_quarantine(self, given_up: Sequence[Standing]) -> Mapping[str, int]:
        """How many records of these logs stand in quarantine, by reason; adopting closes them."""
        partitions = [one.partition for one in given_up]
        rows = await self._connection.fetch(_SQL["standing_quarantine"], partitions, timeout=_TIMEOUT_S)
        return {row["reason"]: row["records"] for row in rows}

    async def adopt(self, given_up: Sequence[Standing], found: Found) -> None:
        """Remember what was read of these logs and point their fences at the beginning of the new one."""
        partitions = [one.partition for one in given_up]
        begins = [found.bounds[partition][0] for partition in partitions]
        # What stands in quarantine of a lost log can never be replayed.
        closed = [(partition, None, "log adopt", "the log that held it was lost") for partition in partitions]
        await self._connection.executemany(SQL["close_quarantined"], closed, timeout=_TIMEOUT_S)
        await self._connection.execute(_SQL["remember_logs"], partitions, timeout=_TIMEOUT_S)
        await self._connection.execute(
            _SQL["adopt_logs"], partitions, begins, found.log_id, found.topic_id, timeout=_TIMEOUT_S
        )
        await self._connection.execute(_SQL["end_leases"], partitions, timeout=_TIMEOUT_S)


def _wrong(one: Standing, found: Found) -> str | None:
    begin, end = found.bounds[one.partition]
    if one.log_id != found.log_id:
        return "another_log"
    if one.topic_id not in {None, found.topic_id}:
        return "another_topic"
    if one.next_offset > end:
        return "log_too_short"
    if one.next_offset < begin:
        return "records_lost"
    return one.stopped if one.stopped in _BY_ITS_STOP else None
