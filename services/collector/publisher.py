"""Publishing: one coalescing writer a partition.

What queued up while a partition's last batch was in flight goes out as one batch. A request hands over slices, runs of
records for one partition that stay together in one batch, and each slice has one future, not each record. The
publisher promises that every slice is settled within the deadline: with the offset of its first record, or with None
when it isn't known whether Kafka has it.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from services.collector.telemetry import Telemetry
from services.runtime.clock import SYSTEM_CLOCK, Clock
from services.runtime.tasks import watched_task

BATCH_LIMIT_BYTES: Final = 900 * 1024
"""At most this much goes out as one batch: below the topic's 1 MiB, with room for what the estimate leaves out."""
SLICE_LIMIT_BYTES: Final = 256 * 1024
"""A slice is closed when it passes this, so that slices fill batches well whatever the requests' sizes."""
RECORD_OVERHEAD_BYTES: Final = 160
"""An upper bound of what a record's headers and framing add to key and value."""

Record = tuple[bytes, bytes]
"""Key and value."""


class Slice:
    """Records of one partition that are published together, in their order."""

    __slots__ = ("acknowledged", "deadline", "partition", "records", "size_bytes")

    def __init__(self, partition: int, acknowledged: asyncio.Future[int | None]) -> None:
        self.partition = partition
        self.records: list[Record] = []
        self.size_bytes = 0
        self.deadline = 0.0
        self.acknowledged = acknowledged

    def add(self, key: bytes, value: bytes) -> None:
        """Append a record."""
        self.records.append((key, value))
        self.size_bytes += len(key) + len(value) + RECORD_OVERHEAD_BYTES

    @property
    def full(self) -> bool:
        """Whether the next record begins another slice."""
        return self.size_bytes >= SLICE_LIMIT_BYTES

    def settle(self, offset: int | None) -> None:
        """Tell whoever waits the offset of the first record, or None when it isn't known."""
        if not self.acknowledged.done():
            self.acknowledged.set_result(offset)


class Sink(Protocol):
    """Where batches go."""

    async def send(self, partition: int, records: Sequence[Record]) -> int | None:
        """The offset of the first record once all are durable; None when that can't be known.

        It may take for ever, and is cancelled at the deadline: a cancelled batch may still become durable.
        """
        ...


class Publisher:
    """The writers and their queues. `start` needs a running loop; `close` settles all that is left."""

    def __init__(
        self,
        sink: Sink,
        partitions: int,
        telemetry: Telemetry,
        *,
        acknowledgement_timeout_s: float,
        queue_limit_bytes: int,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._telemetry = telemetry
        self._timeout_s = acknowledgement_timeout_s
        self._limit_bytes = queue_limit_bytes
        self._queued_bytes = 0
        self._queues = tuple(deque[Slice]() for _ in range(partitions))
        self._wake = tuple(asyncio.Event() for _ in range(partitions))
        self._writers: tuple[asyncio.Task[None], ...] = ()
        self._closed = False

    def start(self) -> None:
        """Start the writers."""
        self._writers = tuple(
            watched_task(self._write(partition), f"writer-{partition}") for partition in range(len(self._queues))
        )

    def publish(self, piece: Slice) -> None:
        """Queue a slice; when the queue is full or closed it is settled at once, unpublished, as to be sent again."""
        if self._closed or self._queued_bytes + piece.size_bytes > self._limit_bytes:
            self._telemetry.queue_refused()
            piece.settle(None)
            return
        piece.deadline = asyncio.get_running_loop().time() + self._timeout_s
        self._account(piece.size_bytes)
        self._queues[piece.partition].append(piece)
        self._wake[piece.partition].set()

    def failing(self) -> str | None:
        """Why the process should be replaced: a writer that ended would leave its partition waiting for ever."""
        ended = [writer.get_name() for writer in self._writers if writer.done()]
        return f"ended: {', '.join(ended)}" if ended and not self._closed else None

    async def close(self, timeout_s: float) -> None:
        """Publish what is queued, in bounded time, and settle the rest as unknown."""
        self._closed = True
        for wake in self._wake:
            wake.set()
        if self._writers:
            await asyncio.wait(self._writers, timeout=timeout_s)
            for writer in self._writers:
                writer.cancel()
            await asyncio.wait(self._writers)
        for queue in self._queues:
            for piece in queue:
                piece.settle(None)
            queue.clear()

    async def _write(self, partition: int) -> None:
        queue, wake, loop = self._queues[partition], self._wake[partition], asyncio.get_running_loop()
        while queue or not self._closed:
            if not queue:
                wake.clear()
                await wake.wait()
                continue
            batch = self._take(queue, loop.time())
            if batch:
                await self._send(partition, batch)

    def _take(self, queue: deque[Slice], now: float) -> list[Slice]:
        """The slices of the next batch. Those whose time is over are settled instead: nobody waits for them."""
        batch: list[Slice] = []
        size_bytes = 0
        while queue and (not batch or size_bytes + queue[0].size_bytes <= BATCH_LIMIT_BYTES):
            piece = queue.popleft()
            self._account(-piece.size_bytes)
            if piece.deadline <= now:
                self._telemetry.deadline_passed()
                piece.settle(None)
                continue
            size_bytes += piece.size_bytes
            batch.append(piece)
        return batch

    async def _send(self, partition: int, batch: list[Slice]) -> None:
        records = [record for piece in batch for record in piece.records]
        began = self._clock.monotonic()  # the loop's own clock may count in milliseconds
        offset: int | None = None
        try:
            # The oldest slice decides: when its time is over, the outcome of the whole batch is unknown.
            async with asyncio.timeout_at(batch[0].deadline):
                offset = await self._sink.send(partition, records)
        except TimeoutError:
            self._telemetry.deadline_passed()
        finally:
            for piece in batch:
                piece.settle(offset)
                if offset is not None:
                    offset += len(piece.records)
        if offset is not None:
            seconds = self._clock.monotonic() - began
            self._telemetry.acknowledged(partition, offset - 1, records=len(records), seconds=seconds)

    def _account(self, size_bytes: int) -> None:
        self._queued_bytes += size_bytes
        self._telemetry.queued(self._queued_bytes)
