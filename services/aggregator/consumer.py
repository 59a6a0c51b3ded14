"""The log as the aggregator reads it: partitions by assignment, positions from the fence, nothing skipped silently."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import ConnectionGroup
from aiokafka.errors import CorruptRecordException, KafkaError, OffsetOutOfRangeError, UnsupportedCodecError

from services.aggregator.decode import Record
from services.aggregator.generations import Generation, GenerationRequest, generation
from services.aggregator.offsets import GroupOffsets

_CALL_TIMEOUT_S: Final = 15.0
_LEADER_TIMEOUT_S: Final = 5.0
_STOP_TIMEOUT_S: Final = 5.0
_REPORT_TIMEOUT_S: Final = 1.0
_FETCH_BYTES: Final = 4 << 20
_FETCH_WAIT_MS: Final = 50  # once a second the ends are asked for behind a fetch that waits so long
_NOBODY: Final = frozenset({None, -1})

Answer = TypeVar("Answer")


class LogUnavailable(Exception):
    """The broker can't be reached or doesn't answer in time: start again from the fence."""


class LogMoved(Exception):
    """The position that we asked for is outside the log: look at its bounds before anything else."""


class LogUnreadable(Exception):
    """Something of some partition can't even be taken apart; which partition, only reading them one by one tells."""


class Log(Protocol):
    """What a lane needs of the log."""

    async def start(self) -> None:
        """Connect. Raises LogUnavailable."""

    async def stop(self) -> None:
        """Disconnect in bounded time."""

    async def identity(self) -> str:
        """What tells this log from one of the same name elsewhere: the cluster's id. Raises LogUnavailable."""

    async def bounds(self, partitions: Iterable[int]) -> dict[int, tuple[int, int]]:
        """First and next offset of each partition that a broker leads. Raises LogUnavailable when none does."""

    async def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """The next offset of each partition that a broker leads. Raises LogUnavailable when none does."""

    async def generation(self, partitions: Iterable[int]) -> Generation:
        """Which log of which topic those of these partitions are now that a broker leads.

        Raises LogUnavailable when none does.
        """

    def read_from(self, positions: Mapping[int, int]) -> None:
        """Read these partitions, and no others, from these offsets on."""

    async def fetch(self, most_records: int, timeout_ms: int) -> Mapping[int, Sequence[Record]]:
        """The next records a partition, in order. Raises LogMoved, LogUnreadable, LogUnavailable."""

    async def position(self, partition: int) -> int:
        """The offset from which the partition is fetched next. Raises LogUnavailable."""

    async def report(self, positions: Mapping[int, int]) -> None:
        """Tell the world how far we are. Raises LogUnavailable."""


class KafkaLog:
    """The log in Kafka, through aiokafka."""

    def __init__(self, topic: str, options: Mapping[str, Any]) -> None:
        self._topic = topic
        self._options = options
        self._consumer = AIOKafkaConsumer(
            **options,
            # Without a group: the driver's coordinator ends in an error when partitions are assigned again before it
            # has found the group's broker, and takes the fetching down with it.
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            # No transactional producer may write the topic; committed-only reading would hide markers as gaps.
            isolation_level="read_uncommitted",
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_FETCH_BYTES // 2,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            check_crcs=True,
        )
        self._offsets = GroupOffsets(topic, self._consumer._client)  # noqa: SLF001 - the driver gives no other way

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
        """First and next offset of each partition that a broker leads. Raises LogUnavailable when none does."""

        async def ask(_: int, led: Sequence[TopicPartition]) -> dict[int, tuple[int, int]]:
            begins = await self._consumer.beginning_offsets(led)
            ends = await self._consumer.end_offsets(led)
            return {one.partition: (begins[one], ends[one]) for one in led}

        return {p: found for answer in await self._ask_leaders(partitions, ask) for p, found in answer.items()}

    async def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """The next offset of each partition that a broker leads. Raises LogUnavailable when none does."""

        async def ask(_: int, led: Sequence[TopicPartition]) -> dict[int, int]:
            return {one.partition: end for one, end in (await self._consumer.end_offsets(led)).items()}

        return {p: found for answer in await self._ask_leaders(partitions, ask) for p, found in answer.items()}

    async def generation(self, partitions: Iterable[int]) -> Generation:
        """Which log of which topic those of these partitions are now that a broker leads, as that one says.

        Raises LogUnavailable when none does.
        """

        async def ask(leader: int, led: Sequence[TopicPartition]) -> Generation:
            client = self._consumer._client  # noqa: SLF001 - the driver gives no other way to ask this
            # A broker answers what comes over one connection in order, and a fetch of what isn't there yet waits there.
            answer = await client.send(leader, GenerationRequest(self._topic), group=ConnectionGroup.COORDINATION)
            return generation(answer, [one.partition for one in led])

        answers = await self._ask_leaders(partitions, ask)
        ((cluster, topic), *others) = {(answer.cluster, answer.topic) for answer in answers}
        if others:
            raise LogUnavailable("the brokers don't agree on which topic this is")
        return Generation(cluster, topic, {p: epoch for answer in answers for p, epoch in answer.leaders.items()})

    async def _ask_leaders(
        self, partitions: Iterable[int], ask: Callable[[int, Sequence[TopicPartition]], Awaitable[Answer]]
    ) -> list[Answer]:
        """What the brokers that lead these partitions answer; one that is away must not hold up the others' partitions.

        Raises LogUnavailable when none answers.
        """
        wanted = self._topic_partitions(partitions)
        led = await self._leaders(wanted)

        async def asked(leader: int) -> Answer | LogUnavailable:
            try:
                return cast("Answer", await _bounded(ask(leader, led[leader]), _LEADER_TIMEOUT_S))
            except LogUnavailable as error:
                return error

        answers = await asyncio.gather(*(asked(leader) for leader in led))
        known = [answer for answer in answers if not isinstance(answer, LogUnavailable)]
        if not known:
            raise LogUnavailable(f"no broker answers for {[one.partition for one in wanted]}: {answers}")
        return known

    async def _leaders(self, partitions: Sequence[TopicPartition]) -> Mapping[int, Sequence[TopicPartition]]:
        """Who leads which of these partitions; some may have no leader at the moment."""
        client = self._consumer._client  # noqa: SLF001 - the driver gives no other way to ask this
        if any(client.cluster.leader_for_partition(one) in _NOBODY for one in partitions):
            client.add_topic(self._topic)
            await _bounded(client.force_metadata_update())
        led: dict[int, list[TopicPartition]] = {}
        for one in partitions:
            leader = client.cluster.leader_for_partition(one)
            if leader not in _NOBODY:
                led.setdefault(leader, []).append(one)
        return led

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
        except (UnicodeError, CorruptRecordException, UnsupportedCodecError) as error:
            # A header's name that isn't UTF-8, a wrong checksum, a compression for which nothing is installed.
            raise LogUnreadable(type(error).__name__) from error
        except (KafkaError, OSError) as error:
            raise LogUnavailable(f"{type(error).__name__} while fetching") from error
        return {one.partition: cast("Sequence[Record]", records) for one, records in found.items()}

    async def position(self, partition: int) -> int:
        """The offset from which the partition is fetched next. Raises LogUnavailable."""
        return int(await _bounded(self._consumer.position(TopicPartition(self._topic, partition))))

    async def report(self, positions: Mapping[int, int]) -> None:
        """Commit the positions under our group. Raises LogUnavailable."""
        await _bounded(self._offsets.commit(positions), _REPORT_TIMEOUT_S)

    def _topic_partitions(self, partitions: Iterable[int]) -> list[TopicPartition]:
        return [TopicPartition(self._topic, partition) for partition in sorted(partitions)]


async def _bounded(call: Any, timeout_s: float = _CALL_TIMEOUT_S) -> Any:
    """The call's answer, in bounded time; aiokafka has calls that wait for a broker for ever."""
    try:
        async with asyncio.timeout(timeout_s):
            return await call
    except (KafkaError, TimeoutError, OSError) as error:
        raise LogUnavailable(f"Kafka doesn't answer: {type(error).__name__}") from error
