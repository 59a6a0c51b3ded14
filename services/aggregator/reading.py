"""The second step of a lane: fetch what comes next, and let only records through that follow on without a gap."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.aggregator.consumer import Log, LogUnreadable
from services.aggregator.decode import Decoder, Record
from services.aggregator.standing import Position, Standing
from services.aggregator.store import Store

FETCH_TIMEOUT_MS: Final = 200


class Reading:
    """The log as one lane reads it: which partitions are assigned, and from where on."""

    def __init__(self, standing: Standing, decoder: Decoder, most_records: int) -> None:
        self._standing = standing
        self._decoder = decoder
        self._most_records = most_records
        self._assigned: frozenset[int] | None = None

    def assign(self, log: Log) -> None:
        """Read on where we stand; a partition that stands still isn't fetched."""
        positions = self._standing.positions
        log.read_from({p: _begin(at) for p, at in positions.items()})
        self._assigned = frozenset(positions)

    def follow_what_was_applied(self, log: Log) -> None:
        """Assign anew when a partition came to stand still since it was assigned, or one was read on its own."""
        if self._assigned != self._standing.positions.keys():
            self.assign(log)

    async def read_on(self, log: Log, store: Store) -> list[Record]:
        """The records that come next, dense a partition. Raises LogMoved."""
        fetched = await self._fetch(log, store)
        if fetched:
            await self._standing.doubt(log, fetched)
        fresh: list[Record] = []
        for partition, records in fetched.items():
            fresh += await self._dense(store, partition, records)
        for partition in self._standing.positions.keys() - fetched.keys():
            await self._stop_behind_a_gap(log, store, partition)
        return fresh

    async def _fetch(self, log: Log, store: Store) -> Mapping[int, Sequence[Record]]:
        if not self._standing.positions:
            return {}
        try:
            return await log.fetch(self._most_records, FETCH_TIMEOUT_MS)
        except LogUnreadable:
            return await self._isolate(log, store)

    async def _isolate(self, log: Log, store: Store) -> Mapping[int, Sequence[Record]]:
        """Find the partitions with a record that can't be taken apart, and give what comes before it.

        One that begins with such a record stands still from now on. Raises LogMoved.
        """
        self._assigned = None  # what is fetched of the others here is fetched again
        found: dict[int, Sequence[Record]] = {}
        for partition, position in list(self._standing.positions.items()):
            log.read_from({partition: _begin(position)})
            try:
                await log.fetch(self._most_records, FETCH_TIMEOUT_MS)
            except LogUnreadable:
                log.read_from({partition: _begin(position)})
                found[partition] = await self._up_to_the_unreadable(log, store, partition)
        return found

    async def _up_to_the_unreadable(self, log: Log, store: Store, partition: int) -> Sequence[Record]:
        """Records of the one partition that is fetched, one by one."""
        read: list[Record] = []
        try:
            while len(read) < self._most_records and (fetched := await log.fetch(1, FETCH_TIMEOUT_MS)):
                read += fetched[partition]
        except LogUnreadable:
            if not read:
                await self._standing.stop(store, partition, "unreadable_record")
        return read

    async def _stop_behind_a_gap(self, log: Log, store: Store, partition: int) -> None:
        """Nothing was fetched of the partition: the reading must not have moved all the same, as past a marker."""
        if self._assigned is not None and await log.position(partition) > _begin(self._standing.positions[partition]):
            await self._standing.stop(store, partition, "gap")

    async def _dense(self, store: Store, partition: int, read: Sequence[Record]) -> Sequence[Record]:
        """The records that follow on from our position; the one before it is compared, never applied again.

        What comes before a gap was acknowledged, so it is applied; the partition stops where nothing does.
        """
        position = self._standing.positions.get(partition)
        if position is None or not read:
            return ()
        if position.verify is not None:
            if read[0].offset != position.next_offset - 1:
                await self._standing.stop(store, partition, "gap")
                return ()
            doubt = self._decoder.doubts(read[0], position.verify)
            if doubt is not None:
                await self._standing.stop(store, partition, doubt)
                return ()
            position.verify = None
            read = read[1:]
        dense = [record for number, record in enumerate(read) if record.offset == position.next_offset + number]
        if read and not dense:
            await self._standing.stop(store, partition, "gap")
        return dense


def _begin(position: Position) -> int:
    """From which offset on a partition is read: the record before its position is compared first."""
    return position.next_offset - (position.verify is not None)
