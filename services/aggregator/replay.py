"""Out of quarantine by an operator's hand: replay a record with this release's understanding, or close it.

A replayed record is read from the log again and judged as arriving now (storage: quarantine): its name may be taken by
then. What it changes, its place in the books and the step that tells of it are one transaction behind the fence row
of its partition, whose writer waits meanwhile; next_offset stays as it is.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg
from msgspec import Struct

from schemas.events.problems import ErrorCode
from services.aggregator import rows
from services.aggregator.consumer import Log, LogMoved, LogUnavailable
from services.aggregator.decode import Arrival, Decoder, Newer, Record, Reject
from services.aggregator.fold import DayBook, Verdict, keep_books
from services.aggregator.merge import kind_of
from services.aggregator.store import DRIVER_ERRORS, SQL, Batch, Store, StoreUnavailable
from services.runtime.receipts import Receipt

_READ_TIMEOUT_S: Final = 15.0
_FETCH_TIMEOUT_MS: Final = 500
_BEFORE_ALL: Final = (-1, -1)

PASSED: Final = "passed"
"""The reason of what an operator passed over with `palautevirta log pass`."""

REASONS: Final = frozenset(
    {
        *("conflict", "malformed_header", "not_json", PASSED, "unstorable", "wrong_partition"),
        *(code.value for code in ErrorCode),
    }
)
"""Every reason for which a record may stand in quarantine: a closed list, for those who ask for one."""


class FoundInLog(Struct, frozen=True):
    """What a log said when it was asked for a record: which log it is, and the record if it still holds it."""

    topic: str
    log_id: str
    record: Record | None


class Quarantine(Store):
    """The record, for an operator: the same statements as the lanes use, one record at a time."""

    async def listed(
        self, reason: str | None, *, settled: bool, most: int, after: Receipt = _BEFORE_ALL
    ) -> Sequence[Mapping[str, Any]]:
        """Records in quarantine after a receipt, of one reason or all.

        If `settled` also those that were replayed or closed, and those of former logs, named by `former_log`.
        """
        return await self._fetch("list_quarantined", *after, reason, settled, most)

    async def shown(self, receipt: Receipt) -> Sequence[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]:
        """The records in quarantine under a receipt, that of the present log first, each with the steps taken."""
        found = await self._fetch("show_quarantined", *receipt)
        return [(row, await self._fetch("quarantine_steps", receipt[0], row["log"], receipt[1])) for row in found]

    async def close_record(self, receipt: Receipt, remark: str, actor: str) -> str:
        """Close a record: `closed`, or why there was nothing to close. Raises StoreUnavailable: repeat it."""
        try:
            async with self._connection.transaction():
                settled = await self._settled(receipt)
                if isinstance(settled, str):
                    return settled
                await self._connection.execute(SQL["close_quarantined"], *receipt, actor, remark)
        except DRIVER_ERRORS as error:
            raise StoreUnavailable(f"{type(error).__name__} while closing a record") from error
        return "closed"

    async def replay(self, receipt: Receipt, found: FoundInLog, decoder: Decoder, actor: str) -> str:
        """Apply a record as arriving now. Says what came of it, in a code; doing it twice changes nothing more.

        `distinct` and `duplicate` leave quarantine, `conflict` stays there under that reason. All else changes nothing:
        the reason for which it still can't be applied, or that it doesn't stand in quarantine.
        Raises DigestKeyMissing, or StoreUnavailable, after which the outcome is unknown: repeat it.
        """
        outcome = None if found.record is None else decoder.decode(found.record)
        try:
            oids = await self._number_oids(Batch([], [outcome], [])) if isinstance(outcome, Arrival) else {}
            try:
                async with self._connection.transaction():
                    return await self._replay(receipt, found, outcome, oids, actor)
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
                async with self._connection.transaction():
                    settled = await self._settled(receipt)
                    if not isinstance(settled, str):
                        await self._step(receipt, actor, "unstorable")
                return "unstorable"
        except DRIVER_ERRORS as error:
            raise StoreUnavailable(f"{type(error).__name__} while replaying a record") from error

    async def _replay(
        self,
        receipt: Receipt,
        found: FoundInLog,
        outcome: Arrival | Reject | Newer | None,
        oids: Mapping[str, int],
        actor: str,
    ) -> str:
        settled = await self._settled(receipt)
        if isinstance(settled, str):
            return settled
        fence, row = settled
        result = _not_the_same(found, fence, row)
        if result is None:
            match outcome:
                case Arrival():
                    result = await self._settle(row, outcome, oids)
                case Reject() | Newer():
                    result = outcome.reason
                case _:
                    result = "not_in_log"
        await self._step(receipt, actor, result)
        return result

    async def _settled(self, receipt: Receipt) -> str | tuple[asyncpg.Record, asyncpg.Record]:
        """Fence and row of a record that stands, behind the locked fence; else why there is nothing to do."""
        fence = await self._connection.fetchrow(SQL["lock_fence"], receipt[0])
        row = await self._connection.fetchrow(SQL["read_quarantined"], *receipt)
        if fence is None or row is None:
            return "not_in_quarantine"
        return (fence, row) if row["outcome"] is None else f"already_{row['outcome']}"

    async def _settle(self, row: asyncpg.Record, arrival: Arrival, oids: Mapping[str, int]) -> Verdict:
        verdicts = await self._judge([arrival], oids)
        ((_, verdict),) = verdicts
        if verdict == row["reason"]:
            return verdict  # a conflict that is one still
        if verdict == "distinct":
            await self._write(*await self._fold([arrival], oids), oids)
        books = keep_books(verdicts, (), oids)
        take_back(books, row["provider"], row["reason"])
        await self._put("add_provider_days", rows.provider_day_rows(books))
        stays = verdict == "conflict"
        await self._connection.execute(
            SQL["settle_quarantined"],
            arrival.partition,
            arrival.offset,
            "conflict" if stays else row["reason"],
            oids[arrival.provider],
            arrival.key,
            arrival.digest if stays else None,
            kind_of(arrival.register) if stays else None,
            None if stays else "replayed",
        )
        return verdict

    async def _step(self, receipt: Receipt, actor: str, result: str) -> None:
        await self._connection.execute(SQL["add_replay_step"], *receipt, actor, result)


def take_back(books: dict[Any, DayBook], provider: int | None, reason: str) -> None:
    """From the new books of one record, which is no new record, take its old ones; nameless it stood in none."""
    if provider is None:
        return
    ((partition, _, day),) = books
    old = books.setdefault((partition, provider, day), DayBook())
    old.records -= 1
    if reason == "conflict":
        old.conflict -= 1
    else:
        old.rejected -= 1


def _not_the_same(found: FoundInLog, fence: Mapping[str, Any], row: Mapping[str, Any]) -> str | None:
    """Why what was read isn't the record in quarantine: another log, gone from it, or arrived at another time."""
    if (found.topic, found.log_id) != (fence["topic"], fence["log_id"]):
        return "another_log"
    if found.record is None:
        return "not_in_log"
    if row["reason"] == PASSED:
        return None  # it was never read, so all that is known of it is where it stands
    received_ms = round(row["received_at"].timestamp() * 1000)
    return None if found.record.timestamp == received_ms else "another_record"


async def replay_each(
    receipts: Iterable[Receipt], *, log: Log, topic: str, store: Quarantine, decoder: Decoder, actor: str
) -> AsyncIterator[tuple[Receipt, str]]:
    """Replay records one by one, each a transaction of its own. Raises LogUnavailable, LogUnreadable."""
    identity = await log.identity()
    for receipt in receipts:
        found = FoundInLog(topic, identity, await read_record(log, receipt))
        yield receipt, await store.replay(receipt, found, decoder, actor)


async def read_record(log: Log, receipt: Receipt) -> Record | None:
    """One record of the log; None when the log doesn't hold it. Raises LogUnavailable, LogUnreadable."""
    partition, offset = receipt
    begin, end = (await log.bounds([partition]))[partition]  # it alone is asked for: led, or LogUnavailable
    if not begin <= offset < end:
        return None
    log.read_from({partition: offset})
    try:
        async with asyncio.timeout(_READ_TIMEOUT_S):
            while True:
                found = (await log.fetch(1, _FETCH_TIMEOUT_MS)).get(partition)
                if found:
                    return found[0] if found[0].offset == offset else None
    except LogMoved:
        return None  # it went between the two looks
    except TimeoutError as error:
        raise LogUnavailable("a record that the log holds wasn't given in time") from error
