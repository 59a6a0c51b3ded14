"""The third step of a lane: decode what was read and apply it, up to what has to stop a partition.

Each refinement works on what the one before it let through: records of a later release stop their partition, rejects
past the breaker do, and what the database refuses is halved until one record stands alone. When a batch
takes longer than a transaction may, the lane begins again with half as many records in each transaction, until that
helps, and with twice as many after each that succeeds.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from services.aggregator.decode import Arrival, Decoder, Newer, Record, Reject
from services.aggregator.standing import Standing, StopReason
from services.aggregator.store import Batch, DigestKeyMissing, Read, Store, TooSlow, Unstorable
from services.aggregator.telemetry import Telemetry
from services.runtime.logging import logger

_LOG: Final = logger(__name__)

Decoded = tuple[Record, Arrival | Reject]


class Applying:
    """Turns dense records into batches of the one transaction, and positions follow what was applied."""

    def __init__(self, standing: Standing, decoder: Decoder, telemetry: Telemetry) -> None:
        self._standing = standing
        self._decoder = decoder
        self._telemetry = telemetry
        self._at_most = sys.maxsize
        self._refused: Counter[str] = Counter()

    async def apply(self, store: Store, records: Sequence[Record]) -> None:
        """Apply the records up to the first, in each partition, that a later release wrote; there it stops.

        Raises FenceLost, StoreUnavailable.
        """
        decoded: list[Decoded] = []
        newer: dict[int, StopReason] = {}
        for record in records:
            if record.partition in newer:
                continue
            outcome = self._decoder.decode(record)
            if isinstance(outcome, Newer):
                newer[record.partition] = outcome.reason
            else:
                decoded.append((record, outcome))
        self._refused.clear()
        try:
            await self._apply_decoded(store, decoded)
        finally:
            if self._refused:
                _LOG.error("records_refused_by_database", records=self._refused.total(), errors=dict(self._refused))
        for partition in newer.keys() & self._standing.positions.keys():
            await self._standing.stop(store, partition, newer[partition])

    async def _apply_decoded(self, store: Store, decoded: Sequence[Decoded]) -> None:
        """Apply a batch up to the first reject, in each partition, that opens its breaker; there it stops."""
        opened = self._where_breakers_open(decoded)
        if opened:
            decoded = [pair for pair in decoded if pair[0].offset < opened.get(pair[0].partition, pair[0].offset + 1)]
        await self._apply_admitted(store, decoded)
        for partition in opened.keys() & self._standing.positions.keys():
            await self._standing.stop(store, partition, "breaker_open")

    def _where_breakers_open(self, decoded: Sequence[Decoded]) -> Mapping[int, int]:
        """The partitions whose breaker the rejects of a batch open, and the offset at which each does."""
        rejects: dict[int, list[int]] = {}
        for _, outcome in decoded:
            if isinstance(outcome, Reject):
                rejects.setdefault(outcome.partition, []).append(outcome.offset)
        opened = {p: self._standing.positions[p].breaker.opens_at(offsets) for p, offsets in rejects.items()}
        return {p: offset for p, offset in opened.items() if offset is not None}

    async def _apply_admitted(self, store: Store, decoded: Sequence[Decoded]) -> None:
        """Apply a batch; when the database refuses the data of some record, halve until that one stands alone."""
        if not decoded:
            return
        if len(decoded) > self._at_most:
            await self._apply_in_parts(store, decoded, self._at_most)
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
            if len(decoded) == 1:
                self._refused[str(error)] += 1
                await self._reject(store, *decoded[0])
            else:
                await self._apply_in_parts(store, decoded, len(decoded) // 2)
            return
        except TooSlow:
            self._at_most = max(1, len(decoded) // 2)
            raise
        except DigestKeyMissing as error:
            for partition in error.partitions:
                await self._standing.stop(store, partition, "digest_key_missing", remedy=str(error))
            await self._apply_decoded(store, self._still_read(decoded))
            return
        self._at_most = min(2 * self._at_most, sys.maxsize)
        self._telemetry.applied(applied, asyncio.get_running_loop().time() - started)
        _tell_quarantined(batch.rejects, applied.conflict)
        for read in reads:
            self._standing.positions[read.partition].next_offset = read.next_offset
            self._telemetry.next_offset.labels(read.partition).set(read.next_offset)
            self._standing.moves(read.partition)
        for reject in batch.rejects:
            self._standing.positions[reject.partition].breaker.took(reject.offset)

    async def _apply_in_parts(self, store: Store, decoded: Sequence[Decoded], first: int) -> None:
        """Apply so many records, and then what is behind them."""
        await self._apply_decoded(store, decoded[:first])
        await self._apply_decoded(store, self._still_read(decoded[first:]))

    def _still_read(self, decoded: Sequence[Decoded]) -> Sequence[Decoded]:
        """Without what is of partitions that came to stand still meanwhile."""
        return [pair for pair in decoded if pair[0].partition in self._standing.positions]

    async def _reject(self, store: Store, record: Record, outcome: Arrival | Reject) -> None:
        """Quarantine the one record that the database refuses; if it refuses even that, the partition stands still."""
        if isinstance(outcome, Reject):
            await self._standing.stop(store, record.partition, "unstorable")
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
                self._standing.epochs[partition],
                self._standing.positions[partition].next_offset,
                record.offset + 1,
                self._decoder.fingerprint(record),
                record.timestamp,
            )
            for partition, record in last.items()
        ]


def _tell_quarantined(rejects: Sequence[Reject], conflicts: int) -> None:
    """One line a batch of what went to quarantine: how many for which reason, and nothing of what they say."""
    reasons = Counter(reject.reason for reject in rejects)
    if conflicts:
        reasons["conflict"] = conflicts
    if reasons:
        _LOG.warning("records_quarantined", records=reasons.total(), reasons=dict(sorted(reasons.items())))
