"""The second step of a lane: fetch what comes next, and let only records through that follow on without a gap."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.aggregator.consumer import Log, LogUnreadable
from services.aggregator.decode import Decoder, Record
from services.aggregator.standing import Standing
from services.aggregator.store import Store

FETCH_TIMEOUT_MS: Final = 200


class Reading:
    """The log as one lane reads it: which partitions are assigned, and from where on."""

    def __init__(self, standing: Standing, decoder: Decoder, most_records: int) -> None:
        self._standing = standing
        self._decoder = decoder
        self._most_records = most_records
        self._assigned: frozenset[int] = frozenset()

    def assign(self, log: Log) -> None:
        """Read on where we stand; a partition that stands still isn't fetched."""
        positions = self._standing.positions
        log.read_from({p: at.next_offset - (at.verify is not None) for p, at in positions.items()})
        self._assigned = frozenset(positions)

    def leave_what_stands_still(self, log: Log) -> None:
        """Assign anew when a partition came to stand still since it was assigned."""
        if self._assigned - self._standing.positions.keys():
            self.assign(log)

    async def read_on(self, log: Log, store: Store) -> list[Record]:
        """The records that come next, dense a partition. Raises LogMoved."""
        fetched = await self._fetch(log, store)
        if fetched:
            await self._standing.doubt(log, fetched)
        fresh: list[Record] = []
        for partition, records in fetched.items():
            fresh += await self._dense(store, partition, records)
        return fresh

    async def _fetch(self, log: Log, store: Store) -> Mapping[int, Sequence[Record]]:
        if not self._standing.positions:
            return {}
        try:
            return await log.fetch(self._most_records, FETCH_TIMEOUT_MS)
        except LogUnreadable:
            await self._isolate(log, store)
            return {}

    async def _isolate(self, log: Log, store: Store) -> None:
        """Find the partition with a record that can't be taken apart, and let that one stand still. Raises LogMoved."""
        for partition, position in list(self._standing.positions.items()):
            log.read_from({partition: position.next_offset})
            try:
                await log.fetch(self._most_records, FETCH_TIMEOUT_MS)
            except LogUnreadable:
                await self._standing.stop(store, partition, "unreadable_record")
        self.assign(log)  # what was fetched here is fetched again

    async def _dense(self, store: Store, partition: int, read: Sequence[Record]) -> Sequence[Record]:
        """The records that follow on from our position; the one before it is compared, never applied again."""
        position = self._standing.positions.get(partition)
        if position is None:
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
        for number, record in enumerate(read):
            if record.offset != position.next_offset + number:
                await self._standing.stop(store, partition, "gap")
                return ()
        return read
