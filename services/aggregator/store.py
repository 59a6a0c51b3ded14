"""The one transaction (storage: The apply): ledger, requests, figures, books, quarantine and next offset move together.

A `Store` is one connection of one lane. Everything that it decides is computed by the pure modules; here is only the
order in which rows are read, locked and written.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import asyncpg
from msgspec import Struct

from services.aggregator import rows
from services.aggregator.breaker import MOST_REJECTED, WINDOW
from services.aggregator.contribution import Deltas, Rulebook
from services.aggregator.decode import Arrival, DigestKeys, Reject
from services.aggregator.fold import (
    ChangedRequest,
    Entered,
    EventName,
    RequestName,
    StoredRequest,
    Verdict,
    first_of_each,
    fold,
    judge_arrivals,
    keep_books,
)
from services.runtime.partitioning import partition_of
from services.runtime.statements import load_statements

SQL: Final = load_statements("services.aggregator", "sql")

_MOST_REMEMBERED_OIDS: Final = 200_000
_SESSION: Final = {
    "application_name": "palautevirta-aggregator",
    "enable_hashjoin": "off",  # every look-up is by key; a plan made while a table was small must not scan it later
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
}
_STATEMENT_TIMEOUT_S: Final = 25.0
_CLOSE_TIMEOUT_S: Final = 2.0

DRIVER_ERRORS: Final = (
    OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
)  # fmt: skip
"""What the driver raises when the database refuses, is away, or the connection breaks under a call."""


class StoreError(Exception):
    """The root of what can go wrong here; each subclass says what the caller has to do."""


class StoreUnavailable(StoreError):
    """The connection is gone or the outcome unknown: connect again, load the fences, go on from there."""


class TooSlow(StoreUnavailable):
    """Postgres ended the transaction because it took too long: as any other, but try with fewer records."""


class FenceLost(StoreError):
    """A partition of the batch is somebody else's now, or stands elsewhere; nothing of the batch was written."""


class DigestKeyMissing(StoreError):
    """The ledger has events of the batch under a digest key that isn't given; nothing of the batch was written."""

    def __init__(self, missing: Mapping[int, int]) -> None:
        """Numbers of missing keys by partition."""
        numbers = ", ".join(str(number) for number in sorted(set(missing.values())))
        super().__init__(f"DIGEST_KEYS has no key {numbers}, with which rows were written: give it back")
        self.partitions = frozenset(missing)


class Unstorable(StoreError):
    """The database refuses the data of some record; nothing of the batch was written."""


class Fence(Struct, frozen=True):
    """Where a partition stands: the epoch of its owner, how far its log was read, and which log of its row that is."""

    partition: int
    epoch: int
    log_id: str | None
    first_offset: int | None
    next_offset: int | None
    last_fingerprint: bytes | None
    stopped: str | None = None
    log: int = 0
    topic_id: bytes | None = None


class Read(Struct, frozen=True):
    """What a batch read of one partition: from `loaded_offset` up to, not including, `next_offset`."""

    partition: int
    epoch: int
    loaded_offset: int
    next_offset: int
    last_fingerprint: bytes
    last_ms: int


class Batch(Struct, frozen=True):
    """Decoded records of some partitions, each without a gap; arrivals in the order of their offsets."""

    reads: Sequence[Read]
    arrivals: Sequence[Arrival]
    rejects: Sequence[Reject]


class Applied(Struct, frozen=True):
    """What became of the records of a batch, by verdict."""

    distinct: int
    duplicate: int
    conflict: int
    rejected: int


async def connect(
    options: Mapping[str, Any], *, transaction_timeout_s: float | None = None
) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection as the aggregator needs it, whose transactions Postgres ends at last when the role or we say.

    Raises StoreUnavailable.
    """
    session = dict(_SESSION)
    if transaction_timeout_s is not None:
        session["transaction_timeout"] = f"{transaction_timeout_s * 1000:.0f}"
    try:
        return await asyncpg.connect(**options, server_settings=session, command_timeout=_STATEMENT_TIMEOUT_S)
    except DRIVER_ERRORS as error:
        raise StoreUnavailable(f"Postgres can't be reached: {error}") from error


async def close(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Close in bounded time, however the other side is."""
    try:
        await connection.close(timeout=_CLOSE_TIMEOUT_S)
    except DRIVER_ERRORS:
        connection.terminate()


class Store:
    """The record, through one connection. Not for use by two tasks at once."""

    def __init__(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        rules: Rulebook,
        keys: DigestKeys,
        partitions: int,
    ) -> None:
        self._connection = connection
        self._rules = rules
        self._keys = keys
        self._partitions = partitions
        self._oids: dict[str, int] = {}
        self._placed: set[str] = set()

    async def close(self) -> None:
        """Close the connection in bounded time."""
        await close(self._connection)

    async def apply(self, batch: Batch) -> Applied:
        """Apply a batch in one transaction: all of it, or nothing.

        Raises FenceLost, Unstorable, DigestKeyMissing; or StoreUnavailable, TooSlow: the outcome stands in the fence.
        """
        try:
            oids = await self._number_oids(batch)
            async with self._connection.transaction():
                await self._advance(batch.reads)
                verdicts = await self._judge(batch.arrivals, oids)
                changed, deltas = await self._fold((a for a, verdict in verdicts if verdict == "distinct"), oids)
                await self._write(changed, deltas, oids)
                await self._keep_books(verdicts, batch.rejects, oids)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            raise Unstorable(type(error).__name__) from error
        except DRIVER_ERRORS as error:
            why = TooSlow if _took_too_long(error) else StoreUnavailable
            raise why(f"{type(error).__name__} while applying a batch") from error
        counts = {"distinct": 0, "duplicate": 0, "conflict": 0}
        for _, verdict in verdicts:
            counts[verdict] += 1
        return Applied(**counts, rejected=len(batch.rejects))

    async def load_fences(self, partitions: Iterable[int]) -> dict[int, Fence]:
        """Where these partitions stand."""
        found = await self._fetch("load_fences", sorted(partitions))
        return {
            row["partition"]: Fence(
                row["partition"],
                row["epoch"],
                row["log_id"],
                row["first_offset"],
                row["next_offset"],
                row["last_fingerprint"],
                row["stopped"],
                row["log"],
                row["topic_id"],
            )
            for row in found
        }

    async def standing_rejects(self, next_offsets: Mapping[int, int]) -> dict[int, list[int]]:
        """The offsets of the last rejects that stand, by partition, ascending; what a breaker begins with."""
        found = await self._fetch(
            "standing_rejects", list(next_offsets), list(next_offsets.values()), WINDOW, MOST_REJECTED
        )
        standing: dict[int, list[int]] = {}
        for row in found:
            standing.setdefault(row["partition"], []).append(row["log_offset"])
        return standing

    async def open_fence(
        self, partition: int, epoch: int, topic: str, log_id: str, first_offset: int, *, topic_id: bytes
    ) -> None:
        """Write down where a partition's log begins, the first time ever that it is read."""
        await self._fetch("open_fence", partition, epoch, topic, log_id, first_offset, topic_id)

    async def remember_topic(self, partition: int, epoch: int, topic_id: bytes) -> None:
        """Write down which topic a partition's log is part of, if its fence doesn't say it yet."""
        await self._fetch("remember_topic", partition, epoch, topic_id)

    async def clock(self) -> datetime:
        """The database's clock, by which freshness is told."""
        (row,) = await self._fetch_text("SELECT clock_timestamp() AS now")
        return cast("datetime", row["now"])

    async def mark_complete(self, positions: Mapping[int, tuple[int, int]], until: datetime) -> None:
        """Say that nothing was left to read at `until`; positions are epoch and next offset a partition."""
        partitions = sorted(positions)
        epochs = [positions[partition][0] for partition in partitions]
        offsets = [positions[partition][1] for partition in partitions]
        await self._fetch("mark_complete", partitions, epochs, offsets, until)

    async def mark_stopped(self, partition: int, epoch: int, reason: str) -> None:
        """Say why a partition stands still; applying anything, or reaching its end, takes that back."""
        await self._fetch("mark_stopped", partition, epoch, reason)

    async def register_questionnaires(self) -> None:
        """Tell the database where the bytes of stored answers count."""
        slots = [
            (number, index, slot.first_cell, slot.width)
            for number, questionnaire in sorted(self._rules.questionnaires.items())
            for index, slot in enumerate(questionnaire.layout.slots)
        ]
        await self._fetch("register_questionnaires", *rows.columns(slots, 4))

    async def prepare_partitions(self, partitions: Iterable[int]) -> None:
        """Give every partition that this database holds its fence and its lease."""
        await self._fetch("prepare_partitions", sorted(partitions))

    async def _fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self._fetch_text(SQL[statement], *arguments)

    async def _fetch_text(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        try:
            found: list[asyncpg.Record] = await self._connection.fetch(sql, *arguments)
        except DRIVER_ERRORS as error:
            raise StoreUnavailable(f"{type(error).__name__} while asking Postgres") from error
        return found

    async def _number_oids(self, batch: Batch) -> Mapping[str, int]:
        """The numbers of all OIDs of the batch; new ones are numbered in a short transaction before the apply."""
        providers = {arrival.provider for arrival in batch.arrivals}
        providers |= {reject.provider for reject in batch.rejects if reject.provider is not None}
        others = {oid for arrival in batch.arrivals for oid in rows.places(arrival)}
        if len(self._oids) > _MOST_REMEMBERED_OIDS:
            self._oids.clear()
            self._placed.clear()
        if providers <= self._placed and others <= self._oids.keys():
            return self._oids
        oids = sorted((providers - self._placed) | (others - self._oids.keys()))
        homes = [partition_of(oid, self._partitions) if oid in providers else None for oid in oids]
        async with self._connection.transaction():
            await self._connection.execute(SQL["intern_oids"], oids, homes)
            await self._connection.execute(SQL["place_providers"], oids, homes)
        found = await self._connection.fetch(SQL["read_oids"], oids)
        self._oids.update({row["oid"]: row["id"] for row in found})
        self._placed |= providers
        return self._oids

    async def _advance(self, reads: Sequence[Read]) -> None:
        facts = [
            (read.partition, read.epoch, read.loaded_offset, read.next_offset, read.last_fingerprint, read.last_ms)
            for read in sorted(reads, key=lambda read: read.partition)
        ]
        moved = await self._connection.execute(SQL["advance_fence"], *rows.columns(facts, 6))
        if _count(moved) != len(reads):
            raise FenceLost("a partition of the batch is not ours any more, or stands elsewhere")

    async def _judge(self, arrivals: Sequence[Arrival], oids: Mapping[str, int]) -> list[tuple[Arrival, Verdict]]:
        first = first_of_each(arrivals, oids)
        names = sorted(first)
        found = await self._connection.fetch(SQL["read_ledger"], *rows.columns(names, 3))
        missing = {row["partition"]: row["digest_key"] for row in found if row["digest_key"] not in self._keys.keys}
        if missing:
            raise DigestKeyMissing(missing)
        entered: dict[EventName, Entered] = {
            (row["partition"], row["provider"], row["event_key"]): Entered(row["digest"], row["digest_key"])
            for row in found
        }
        new = [rows.ledger_row(name, first[name], self._keys.newest) for name in names if name not in entered]
        await self._copy("ledger", rows.LEDGER_COLUMNS, new)
        return judge_arrivals(arrivals, oids, first, entered, self._keys)

    async def _fold(self, distinct: Iterable[Arrival], oids: Mapping[str, int]) -> tuple[list[ChangedRequest], Deltas]:
        arrivals = list(distinct)
        names = sorted({(arrival.partition, oids[arrival.provider], arrival.subject) for arrival in arrivals})
        found = await self._connection.fetch(SQL["read_requests"], *rows.columns(names, 3))
        stored: dict[RequestName, StoredRequest] = dict(rows.stored_request(row) for row in found)
        return fold(arrivals, oids, stored, self._rules)

    async def _write(self, changed: Sequence[ChangedRequest], deltas: Deltas, oids: Mapping[str, int]) -> None:
        # Nobody else writes these partitions while we hold their fence rows, so what wasn't read isn't there.
        new = [rows.new_request_row(change, oids, self._rules.number) for change in changed if change.new]
        stood = [change for change in changed if not change.new]
        backgrounds = [rows.background_row(change, oids) for change in stood if change.background_changed]
        responses = [rows.response_row(change) for change in stood if change.response_changed]
        await self._copy("request", rows.REQUEST_COLUMNS, new)
        await self._put("update_backgrounds", backgrounds, self._rules.number)
        await self._put("update_responses", responses, self._rules.number)
        await self._put("add_month_figures", rows.month_figure_rows(deltas))
        await self._put("add_month_answers", rows.month_answers_rows(deltas))

    async def _keep_books(
        self, verdicts: Sequence[tuple[Arrival, Verdict]], rejects: Sequence[Reject], oids: Mapping[str, int]
    ) -> None:
        await self._put("add_provider_days", rows.provider_day_rows(keep_books(verdicts, rejects, oids)))
        await self._put("quarantine", rows.quarantine_rows(verdicts, rejects, oids))

    async def _copy(self, table: str, columns: Sequence[str], written: Sequence[rows.Row]) -> None:
        """Write these rows, of which none is there yet."""
        if written:
            await self._connection.copy_records_to_table(
                table, schema_name="feedback", columns=columns, records=written
            )

    async def _put(self, statement: str, written: Sequence[rows.Row], *scalars: Any) -> None:
        """Write these rows, if there are any."""
        if written:
            await self._connection.execute(SQL[statement], *rows.columns(written, len(written[0])), *scalars)


def _took_too_long(error: BaseException | None) -> bool:
    """Whether time ran out; a transaction that can't be rolled back any more hides that behind other errors."""
    while error is not None and not isinstance(error, TimeoutError | asyncpg.exceptions.TransactionTimeoutError):
        error = error.__cause__ or error.__context__
    return error is not None


def _count(command_tag: str) -> int:
    """How many rows a command touched, as its tag says: `INSERT 0 4000`."""
    return int(command_tag.rpartition(" ")[2])
