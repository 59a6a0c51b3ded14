"""One lane: fetch, decode, apply, for the even or the odd partitions that this process holds.

The fence is the only truth about positions. Whatever goes wrong, the lane forgets what it knew, loads the fences and
goes on from there. Two lanes let Postgres work for one while Python decodes for the other.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from services.aggregator.breaker import Breaker
from services.aggregator.consumer import Log, LogMoved, LogUnavailable, LogUnreadable
from services.aggregator.decode import Arrival, Decoder, Newer, Record, Reject
from services.aggregator.generations import Generation
from services.aggregator.leases import Leases
from services.aggregator.store import Batch, Fence, FenceLost, Read, Store, StoreUnavailable, Unstorable
from services.aggregator.telemetry import Telemetry
from services.runtime.logging import logger
from services.runtime.waiting import set_within

LANES: Final = 2
_FETCH_TIMEOUT_MS: Final = 200
_TELL_EVERY_S: Final = 1.0
_VERIFY_EVERY_S: Final = 60.0
_RETRY_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0)

_LOG: Final = logger(__name__)


class Position(Struct):
    """Where this lane stands. `verify` is the fingerprint of the record just before, until that was compared."""

    epoch: int
    next_offset: int
    verify: bytes | None
    breaker: Breaker


class Lane:
    """Works off the partitions of one parity until it is told to stop."""

    def __init__(
        self,
        number: int,
        *,
        topic: str,
        leases: Leases,
        decoder: Decoder,
        new_log: Callable[[], Log],
        new_store: Callable[[], Awaitable[Store]],
        telemetry: Telemetry,
        batch_records: int,
    ) -> None:
        self._number = number
        self._topic = topic
        self._leases = leases
        self._decoder = decoder
        self._new_log = new_log
        self._new_store = new_store
        self._telemetry = telemetry
        self._batch_records = batch_records
        self._positions: dict[int, Position] = {}
        self._generation = Generation("", b"", {})
        self._topics: dict[tuple[str, int, int], bytes] = {}
        self._opened: Mapping[int, int] | None = None
        self._opened_at = 0.0
        self._told_at = 0.0
        self._report_again_at = 0.0
        self._stopped: dict[int, str] = {}
        self._assigned: frozenset[int] = frozenset()
        self.last_progress: float | None = None

    @property
    def stopped(self) -> Mapping[int, str]:
        """The partitions that stand still, and why."""
        return self._stopped

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, beginning again from the fence after every failure."""
        failures = 0
        while not stopping.is_set():
            log, store = self._new_log(), None
            try:
                store = await self._new_store()
                await log.start()
                identity = await log.identity()
                while not stopping.is_set():
                    await self._step(log, store, identity)
                    failures = 0
            except (StoreUnavailable, LogUnavailable) as error:
                reason = "store" if isinstance(error, StoreUnavailable) else "log"
                self._telemetry.restarts.labels(reason).inc()
                _LOG.warning("lane_restarted", lane=self._number, reason=str(error))
            finally:
                self._opened = None
                await log.stop()
                if store is not None:
                    await store.close()
            await set_within(stopping, _RETRY_S[min(failures, len(_RETRY_S) - 1)])
            failures += 1

    async def _step(self, log: Log, store: Store, identity: str) -> None:
        loop = asyncio.get_running_loop()
        mine = {p: epoch for p, epoch in self._leases.held.items() if p % LANES == self._number}
        if mine != self._opened or loop.time() - self._opened_at > _VERIFY_EVERY_S:
            await self._open(log, store, mine, identity)
            self._opened, self._opened_at = mine, loop.time()
        try:
            records = await self._fetch(log, store)
            if records:
                await self._doubt(log, records)
                await self._apply(store, records)
            if self._assigned - self._positions.keys():
                self._assign(log)
            if loop.time() - self._told_at > _TELL_EVERY_S:
                self._told_at = loop.time()
                await self._tell(log, store)
            if not self._positions:
                await asyncio.sleep(_FETCH_TIMEOUT_MS / 1000)
        except FenceLost:
            self._begin_again("fence_lost")
        except LogMoved:
            self._begin_again("log_moved")
        self.last_progress = loop.time()

    def _begin_again(self, reason: str) -> None:
        self._telemetry.restarts.labels(reason).inc()
        _LOG.info("lane_reloaded", lane=self._number, reason=reason)
        self._opened = None

    async def _open(self, log: Log, store: Store, mine: Mapping[int, int], identity: str) -> None:
        """Take up the partitions where their fences stand; one whose log doesn't fit its fence stands still."""
        self._positions = {}
        bounds = await log.bounds(mine) if mine else {}
        self._generation = await log.generation(mine) if mine else Generation(identity, b"", {})
        if self._generation.cluster != identity:
            raise LogUnavailable("another cluster answers than the one that we began with")
        for partition, (begin, _) in bounds.items():
            await store.open_fence(partition, mine[partition], self._topic, identity, begin)
        fences = await store.load_fences(mine)
        standing = await store.standing_rejects({p: fence.next_offset or 0 for p, fence in fences.items()})
        for partition, fence in fences.items():
            if fence.epoch != mine[partition] or fence.next_offset is None:
                continue  # the next heartbeat will tell whose it is
            begin, end = bounds[partition]
            known = self._topics.setdefault((identity, partition, fence.log), self._generation.topic)
            reason = why_not(fence, begin, end, identity, made_anew=known != self._generation.topic)
            if reason is not None:
                await self._stop(store, partition, fence.epoch, reason)
                continue
            verify = fence.last_fingerprint if fence.next_offset > begin else None
            breaker = Breaker(standing.get(partition, ()))
            self._positions[partition] = Position(fence.epoch, fence.next_offset, verify, breaker)
        for partition in self._stopped.keys() - mine.keys():
            self._forget_stop(partition)
        self._assign(log)

    def _assign(self, log: Log) -> None:
        """Read on where we stand; a partition that stands still isn't fetched."""
        log.read_from({p: at.next_offset - (at.verify is not None) for p, at in self._positions.items()})
        self._assigned = frozenset(self._positions)

    async def _fetch(self, log: Log, store: Store) -> Mapping[int, Sequence[Record]]:
        """What comes next of the partitions that we read. Raises LogMoved."""
        if not self._positions:
            return {}
        try:
            return await log.fetch(self._batch_records, _FETCH_TIMEOUT_MS)
        except LogUnreadable:
            await self._isolate(log, store)
            return {}

    async def _doubt(self, log: Log, partitions: Iterable[int]) -> None:
        """Look again before anything is believed of these partitions whose log somebody worked on. Raises LogMoved."""
        now, before = await log.generation(partitions), self._generation
        other = (now.cluster, now.topic) != (before.cluster, before.topic)
        if other or any(before.leaders.get(p) != epoch for p, epoch in now.leaders.items()):
            raise LogMoved("the topic was made anew, or another broker leads a partition")

    async def _isolate(self, log: Log, store: Store) -> None:
        """Find the partition with a record that can't be taken apart, and let that one stand still. Raises LogMoved."""
        for partition, position in list(self._positions.items()):
            log.read_from({partition: position.next_offset})
            try:
                await log.fetch(self._batch_records, _FETCH_TIMEOUT_MS)
            except LogUnreadable:
                await self._stop(store, partition, position.epoch, "unreadable_record")
        self._assign(log)  # what was fetched here is fetched again

    async def _apply(self, store: Store, records: Mapping[int, Sequence[Record]]) -> None:
        fresh: list[Record] = []
        for partition, read in records.items():
            fresh += await self._dense(store, partition, read)
        await self._apply_records(store, fresh)

    async def _dense(self, store: Store, partition: int, read: Sequence[Record]) -> Sequence[Record]:
        """The records that follow on from our position; the one before it is compared, never applied again."""
        position = self._positions.get(partition)
        if position is None:
            return ()
        if position.verify is not None:
            if read[0].offset != position.next_offset - 1:
                await self._stop(store, partition, position.epoch, "gap")
                return ()
            doubt = self._decoder.doubts(read[0], position.verify)
            if doubt is not None:
                await self._stop(store, partition, position.epoch, doubt)
                return ()
            position.verify = None
            read = read[1:]
        for number, record in enumerate(read):
            if record.offset != position.next_offset + number:
                await self._stop(store, partition, position.epoch, "gap")
                return ()
        return read

    async def _apply_records(self, store: Store, records: Sequence[Record]) -> None:
        """Apply the records up to the first, in each partition, that a later release wrote; there it stops."""
        decoded: list[tuple[Record, Arrival | Reject]] = []
        newer: dict[int, str] = {}
        for record in records:
            if record.partition in newer:
                continue
            outcome = self._decoder.decode(record)
            if isinstance(outcome, Newer):
                newer[record.partition] = outcome.reason
            else:
                decoded.append((record, outcome))
        await self._apply_decoded(store, decoded)
        for partition in newer.keys() & self._positions.keys():
            await self._stop(store, partition, self._positions[partition].epoch, newer[partition])

    async def _apply_decoded(self, store: Store, decoded: Sequence[tuple[Record, Arrival | Reject]]) -> None:
        """Apply a batch up to the first reject, in each partition, that opens its breaker; there it stops."""
        opened = self._where_breakers_open(decoded)
        if opened:
            decoded = [pair for pair in decoded if pair[0].offset < opened.get(pair[0].partition, pair[0].offset + 1)]
        await self._apply_admitted(store, decoded)
        for partition in opened.keys() & self._positions.keys():
            await self._stop(store, partition, self._positions[partition].epoch, "breaker_open")

    def _where_breakers_open(self, decoded: Sequence[tuple[Record, Arrival | Reject]]) -> Mapping[int, int]:
        """The partitions whose breaker the rejects of a batch open, and the offset at which each does."""
        rejects: dict[int, list[int]] = {}
        for _, outcome in decoded:
            if isinstance(outcome, Reject):
                rejects.setdefault(outcome.partition, []).append(outcome.offset)
        opened = {p: self._positions[p].breaker.opens_at(offsets) for p, offsets in rejects.items()}
        return {p: offset for p, offset in opened.items() if offset is not None}

    async def _apply_admitted(self, store: Store, decoded: Sequence[tuple[Record, Arrival | Reject]]) -> None:
        """Apply a batch; when the database refuses the data of some record, halve until that one stands alone."""
        if not decoded:
            return
        reads = self._reads([record for record, _ in decoded])
        batch = Batch(
            reads,
            [outcome for _, outcome in decoded if isinstance(outcome, Arrival)],
            [outcome for _, outcome in decoded if isinstance(outcome, Reject)],
        )
        started = asyncio.get_running_loop().time()
        try:
            applied = await store.apply(batch)
        except Unstorable as error:
            _LOG.error("batch_refused_by_database", records=len(decoded), reason=str(error))
            if len(decoded) == 1:
                await self._reject(store, *decoded[0])
                return
            middle = len(decoded) // 2
            await self._apply_decoded(store, decoded[:middle])
            await self._apply_decoded(
                store, [pair for pair in decoded[middle:] if pair[0].partition in self._positions]
            )
            return
        self._telemetry.applied(applied, asyncio.get_running_loop().time() - started)
        for read in reads:
            self._positions[read.partition].next_offset = read.next_offset
            self._telemetry.next_offset.labels(read.partition).set(read.next_offset)
            self._moves(read.partition)
        for reject in batch.rejects:
            self._positions[reject.partition].breaker.took(reject.offset)

    async def _reject(self, store: Store, record: Record, outcome: Arrival | Reject) -> None:
        """Quarantine the one record that the database refuses; if it refuses even that, the partition stands still."""
        if isinstance(outcome, Reject):
            await self._stop(store, record.partition, self._positions[record.partition].epoch, "unstorable")
            return
        unstorable = Reject(
            record.partition,
            record.offset,
            record.timestamp,
            "unstorable",
            provider=outcome.provider,
            key=outcome.key,
        )
        await self._apply_decoded(store, [(record, unstorable)])

    def _reads(self, records: Sequence[Record]) -> list[Read]:
        last: dict[int, Record] = {record.partition: record for record in records}
        return [
            Read(
                partition,
                self._positions[partition].epoch,
                self._positions[partition].next_offset,
                record.offset + 1,
                self._decoder.fingerprint(record),
                record.timestamp,
            )
            for partition, record in last.items()
        ]

    async def _tell(self, log: Log, store: Store) -> None:
        """Once a second: say up to when everything is counted, how much waits, and how far we are."""
        if not self._positions:
            return
        now = await store.clock()
        ends = await log.ends(self._positions)
        await self._doubt(log, self._positions)
        complete = {
            p: (at.epoch, at.next_offset)
            for p, at in self._positions.items()
            if at.verify is None and ends[p] == at.next_offset
        }
        await store.mark_complete(complete, now)
        for partition in complete:
            self._moves(partition)
        for partition, end in ends.items():
            self._telemetry.lag.labels(partition).set(end - self._positions[partition].next_offset)
        if self._told_at < self._report_again_at:
            return
        try:
            await log.report({p: at.next_offset for p, at in self._positions.items()})
        except LogUnavailable as error:
            _LOG.warning("offsets_not_reported", reason=str(error))  # nobody here reads them, so nothing stops
            self._report_again_at = self._told_at + _VERIFY_EVERY_S

    async def _stop(self, store: Store, partition: int, epoch: int, reason: str) -> None:
        """Let a partition stand still and say so, rather than skip anything; it is looked at again every minute."""
        self._positions.pop(partition, None)
        with contextlib.suppress(KeyError):
            self._telemetry.lag.remove(str(partition))  # nobody looks at its end any more
        if self._stopped.get(partition) != reason:
            _LOG.error("partition_stopped", partition=partition, reason=reason)
        self._stopped[partition] = reason
        self._telemetry.stopped.labels(partition).set(1)
        await store.mark_stopped(partition, epoch, reason)

    def _moves(self, partition: int) -> None:
        """A partition that stood still is read again: say so; its fence says so already."""
        if partition in self._stopped:
            self._forget_stop(partition)
            _LOG.info("partition_resumed", partition=partition)

    def _forget_stop(self, partition: int) -> None:
        del self._stopped[partition]
        self._telemetry.stopped.labels(partition).set(0)


def why_not(fence: Fence, begin: int, end: int, identity: str, *, made_anew: bool) -> str | None:
    """Why a log can't be the one that the fence knows: another cluster, another topic, records gone or missing.

    A topic that was made anew stays another one, whoever looks and whatever stands in it, until an operator adopts it.
    """
    assert fence.next_offset is not None
    if fence.log_id != identity:
        return "another_log"
    if made_anew or fence.stopped == "another_topic":
        return "another_topic"
    if fence.next_offset < begin:
        return "records_lost"
    if fence.next_offset > end:
        return "log_too_short"
    return None
