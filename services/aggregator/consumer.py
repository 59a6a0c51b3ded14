"""The log as the aggregator reads it: partitions by assignment, positions from the fence, nothing skipped silently."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CorruptRecordException, KafkaError, OffsetOutOfRangeError

from services.aggregator.decode import Record
from services.aggregator.generations import Generation, GenerationRequest, generation

GROUP: Final = "palautevirta-aggregator"
"""Offsets are also committed under this group, for lag tools and autoscalers; nothing here ever reads them."""

_CALL_TIMEOUT_S: Final = 15.0
_STOP_TIMEOUT_S: Final = 5.0
_REPORT_TIMEOUT_S: Final = 1.0
_FETCH_BYTES: Final = 4 << 20


class LogUnavailable(Exception):
    """The broker can't be reached or doesn't answer in time: start again from the fence."""


class LogMoved(Exception):
    """The position that we asked for is outside the log: look at its bounds before anything else."""


class LogUnreadable(Exception):
    """A record of some partition can't even be taken apart; which partition, only reading them one by one tells."""


class Log(Protocol):
    """What a lane needs of the log."""

    async def start(self) -> None:
        """Connect. Raises LogUnavailable."""

    async def stop(self) -> None:
        """Disconnect in bounded time."""

    async def identity(self) -> str:
        """What tells this log from one of the same name elsewhere: the cluster's id. Raises LogUnavailable."""

    async def bounds(self, partitions: Iterable[int]) -> dict[int, tuple[int, int]]:
        """First and next offset of each partition. Raises LogUnavailable."""

    async def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """The next offset of each partition. Raises LogUnavailable."""

    async def generation(self, partitions: Iterable[int]) -> Generation:
        """Which log of which topic these partitions are now. Raises LogUnavailable."""

    def read_from(self, positions: Mapping[int, int]) -> None:
        """Read these partitions, and no others, from these offsets on."""

    async def fetch(self, most_records: int, timeout_ms: int) -> Mapping[int, Sequence[Record]]:
        """The next records a partition, in order. Raises LogMoved, LogUnreadable, LogUnavailable."""

    async def report(self, positions: Mapping[int, int]) -> None:
        """Tell the world how far we are. Raises LogUnavailable."""


class KafkaLog:
    """The log in Kafka, through aiokafka."""

    def __init__(self, topic: str, options: Mapping[str, Any]) -> None:
        self._topic = topic
        self._options = options
        self._consumer = AIOKafkaConsumer(
            **options,
            group_id=GROUP,
            enable_auto_commit=False,
            auto_offset_reset="none",
            # No transactional producer may write the topic; committed-only reading would hide markers as gaps.
            isolation_level="read_uncommitted",
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_FETCH_BYTES // 2,
            fetch_max_wait_ms=200,
            check_crcs=True,
        )

    async def start(self) -> None:
        """Connect. Raises LogUnavailable."""
        await _bounded(self._consumer.start())

    async def stop(self) -> None:
        """Disconnect in bounded time."""
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await self._disconnect()
        except (KafkaError, TimeoutError, OSError):
            pass  # we go away in any case

    async def _disconnect(self) -> None:
        try:
            await self._consumer.stop()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Not we were cancelled: aiokafka cancels a fetch of its own that waits to try again, and passes that on
            # before it has closed its connections.
            await self._consumer._client.close()  # noqa: SLF001 - a second stop does nothing

    async def identity(self) -> str:
        """The cluster's id. Raises LogUnavailable."""
        admin = AIOKafkaAdminClient(**self._options)
        try:
            await _bounded(admin.start())
            cluster = await _bounded(admin.describe_cluster())
        finally:
            await _bounded(admin.close())
        return str(cluster["cluster_id"])

    async def bounds(self, partitions: Iterable[int]) -> dict[int, tuple[int, int]]:
        """First and next offset of each partition. Raises LogUnavailable."""
        wanted = self._topic_partitions(partitions)
        begins = await _bounded(self._consumer.beginning_offsets(wanted))
        ends = await _bounded(self._consumer.end_offsets(wanted))
        return {one.partition: (begins[one], ends[one]) for one in wanted}

    async def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """The next offset of each partition. Raises LogUnavailable."""
        ends = await _bounded(self._consumer.end_offsets(self._topic_partitions(partitions)))
        return {one.partition: offset for one, offset in ends.items()}

    async def generation(self, partitions: Iterable[int]) -> Generation:
        """Which log of which topic these partitions are now, asked of those who lead them. Raises LogUnavailable."""
        client = self._consumer._client  # noqa: SLF001 - the driver gives no other way to ask this
        led: dict[int, list[int]] = {}
        for one in self._topic_partitions(partitions):
            leader = client.cluster.leader_for_partition(one)
            if leader is None or leader < 0:
                raise LogUnavailable(f"partition {one.partition} has no leader")
            led.setdefault(leader, []).append(one.partition)
        answers = [await _bounded(self._ask(leader, mine)) for leader, mine in led.items()]
        ((cluster, topic), *others) = {(answer.cluster, answer.topic) for answer in answers}
        if others:
            raise LogUnavailable("the brokers don't agree on which topic this is")
        return Generation(cluster, topic, {p: epoch for answer in answers for p, epoch in answer.leaders.items()})

    async def _ask(self, leader: int, partitions: Sequence[int]) -> Generation:
        request = GenerationRequest(self._topic)
        return generation(await self._consumer._client.send(leader, request), partitions)  # noqa: SLF001 - as above

    def read_from(self, positions: Mapping[int, int]) -> None:
        """Read these partitions, and no others, from these offsets on."""
        self._consumer.assign(self._topic_partitions(positions))
        for partition, offset in positions.items():
            self._consumer.seek(TopicPartition(self._topic, partition), offset)

    async def fetch(self, most_records: int, timeout_ms: int) -> Mapping[int, Sequence[Record]]:
        """The next records a partition, in order. Raises LogMoved, LogUnreadable, LogUnavailable."""
        try:
            found = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=most_records)
        except OffsetOutOfRangeError as error:
            raise LogMoved(str(error)) from error
        except (UnicodeError, CorruptRecordException) as error:  # a header's name that isn't UTF-8, a wrong checksum
            raise LogUnreadable(type(error).__name__) from error
        except (KafkaError, OSError) as error:
            raise LogUnavailable(f"{type(error).__name__} while fetching") from error
        return {one.partition: cast("Sequence[Record]", records) for one, records in found.items()}

    async def report(self, positions: Mapping[int, int]) -> None:
        """Commit the positions under our group. Raises LogUnavailable."""
        await _bounded(
            self._consumer.commit(
                {TopicPartition(self._topic, partition): offset for partition, offset in positions.items()}
            ),
            _REPORT_TIMEOUT_S,
        )

    def _topic_partitions(self, partitions: Iterable[int]) -> list[TopicPartition]:
        return [TopicPartition(self._topic, partition) for partition in sorted(partitions)]


async def _bounded(call: Any, timeout_s: float = _CALL_TIMEOUT_S) -> Any:
    """The call's answer, in bounded time; aiokafka has calls that wait for a broker for ever."""
    try:
        async with asyncio.timeout(timeout_s):
            return await call
    except (KafkaError, TimeoutError, OSError) as error:
        raise LogUnavailable(f"Kafka doesn't answer: {type(error).__name__}") from error
