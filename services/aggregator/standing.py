"""Where a lane stands: how far it has read each partition that it holds, and why some of them stand still."""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Final, Literal, get_args

from msgspec import Struct

from services.aggregator.breaker import Breaker
from services.aggregator.consumer import Log, LogMoved
from services.aggregator.generations import Generation
from services.aggregator.store import Store
from services.aggregator.telemetry import Telemetry
from services.runtime.logging import logger

StopReason = Literal[
    "another_log",
    "another_record",
    "another_topic",
    "breaker_open",
    "digest_key_missing",
    "gap",
    "log_too_short",
    "newer_model",
    "newer_type",
    "records_lost",
    "unreadable_record",
    "unstorable",
]
"""Why a partition stands still, as `feedback.fence.stopped` says it; docs/architecture.md has what to do about each."""

STOP_REASONS: Final[tuple[StopReason, ...]] = get_args(StopReason)

_REMEDY: Final = "look it up in the failure table of docs/architecture.md"
_LOG: Final = logger(__name__)


class Position(Struct):
    """How far a partition was read. `verify` is the fingerprint of the record just before, until that was compared."""

    next_offset: int
    verify: bytes | None
    breaker: Breaker


class Standing:
    """What one lane knows of its partitions. The fence is the truth: all of this may be forgotten at any moment."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._stopped: dict[int, StopReason] = {}
        self.epochs: Mapping[int, int] = {}
        """The epoch under which each partition is held, also of those that stand still."""
        self.positions: dict[int, Position] = {}
        """The partitions that are read."""
        self.left_at: dict[int, int] = {}
        """The next offset of each partition that stands still: what waits behind it goes on growing."""
        self.generation = Generation("", b"", {})
        """Which logs of which topic these partitions were when they were taken up."""
        self.left_out: frozenset[int] = frozenset()
        """The partitions that no broker led when they were to be taken up: they aren't read, and the others are."""

    @property
    def stopped(self) -> Mapping[int, StopReason]:
        """The partitions that stand still, and why."""
        return self._stopped

    def begin(self, epochs: Mapping[int, int]) -> None:
        """Forget all positions; these partitions are held from now on, and the others' stops aren't ours to tell."""
        for partition in self.epochs.keys() - epochs.keys():
            self._forget_lag(partition)  # whoever holds it now tells
        self.epochs = epochs
        self.positions = {}
        self.left_at = {}
        for partition in self._stopped.keys() - epochs.keys():
            self._forget_stop(partition)

    def leave_out(self, partitions: Iterable[int]) -> None:
        """No broker that leads these partitions answers; they are looked at again soon."""
        before, self.left_out = self.left_out, frozenset(partitions)
        for partition in self.left_out - before:
            self._telemetry.left_out.labels(partition).set(1)
            self._forget_lag(partition)
        for partition in before - self.left_out:
            self._telemetry.left_out.labels(partition).set(0)
        if self.left_out != before:
            _LOG.warning("partitions_without_leader", partitions=sorted(self.left_out))

    async def doubt(self, log: Log, partitions: Iterable[int]) -> None:
        """Before anything is believed of these partitions: did somebody work on their logs? Raises LogMoved."""
        now, before = await log.generation(partitions), self.generation
        other = (now.cluster, now.topic) != (before.cluster, before.topic)
        if other or any(p not in now.leaders or now.leaders[p] != before.leaders.get(p) for p in partitions):
            raise LogMoved("the topic was made anew, or another broker leads a partition, or none")

    async def stop(self, store: Store, partition: int, reason: StopReason, remedy: str = _REMEDY) -> None:
        """Let a partition stand still and say so, rather than skip anything; it is looked at again every minute."""
        position = self.positions.pop(partition, None)
        if position is not None:
            self.left_at[partition] = position.next_offset
        if self._stopped.get(partition) != reason:
            _LOG.error("partition_stopped", partition=partition, reason=reason, remedy=remedy)
        self._stopped[partition] = reason
        self._telemetry.stopped.labels(partition).set(1)
        await store.mark_stopped(partition, self.epochs[partition], reason)

    def moves(self, partition: int) -> None:
        """A partition that stood still is read again: say so; its fence says so already."""
        if partition in self._stopped:
            self._forget_stop(partition)
            _LOG.info("partition_resumed", partition=partition)

    def _forget_lag(self, partition: int) -> None:
        """Nobody looks at its end any more."""
        with contextlib.suppress(KeyError):
            self._telemetry.lag.remove(str(partition))

    def _forget_stop(self, partition: int) -> None:
        del self._stopped[partition]
        self._telemetry.stopped.labels(partition).set(0)
