"""The sink that is Kafka: an idempotent producer, watched, and replaced as soon as it can't be trusted.

aiokafka's producer has no way back from a refused batch: its sequence numbers have run ahead and every later send
fails; and with the broker away a send, or the stop, waits for ever. So each send has a deadline (the publisher's),
every failure of whatever kind replaces the producer, and everything awaited here is bounded. A producer that was given
up gets time for its other sends before it is torn down; a batch of its may still become durable, which is why every
failure means "unknown" and never "not stored".
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.collector.publisher import BATCH_LIMIT_BYTES, Record
from services.collector.settings import CollectorSettings
from services.collector.telemetry import Telemetry
from services.runtime.kafka import client_options
from services.runtime.logging import logger
from services.runtime.tasks import watched_task
from services.runtime.waiting import set_within

_MOST_BATCH_BYTES: Final = 1_000_000
"""What the builder takes; the publisher's own limit is below it, the topic's 1 MiB above."""
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_CONNECT_TIMEOUT_S: Final = 10.0
_CONNECT_GRACE_S: Final = 1.0
"""How long a send waits for a producer; an outage that lasts longer is answered at once."""
_STOP_TIMEOUT_S: Final = 3.0

assert BATCH_LIMIT_BYTES < _MOST_BATCH_BYTES

_log = logger(__name__)


class _TopicUnusable(Exception):
    """The topic isn't there, or has another shape than the contract; the message says what to do."""


class KafkaSink:
    """One topic as a sink. `start` returns at once; whether there is a connection, `unready` tells."""

    def __init__(
        self, settings: CollectorSettings, telemetry: Telemetry, *, partitions: int, headers: Mapping[str, bytes]
    ) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._partitions = partitions
        self._headers = list(headers.items())
        self._producer: AIOKafkaProducer | None = None
        self._connected = asyncio.Event()
        self._distrusted = asyncio.Event()
        self._reason: str | None = "not connected yet"
        self._supervisor: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to connect, and stay connected."""
        self._supervisor = watched_task(self._supervise(), "kafka-supervisor")

    def unready(self) -> str | None:
        """Why nothing can be published at the moment."""
        return self._reason

    def failing(self) -> str | None:
        """Why the process should be replaced."""
        ended = self._supervisor is not None and self._supervisor.done()
        return "the task that keeps the producer has ended" if ended else None

    async def send(self, partition: int, records: Sequence[Record]) -> int | None:
        """The offset of the first record once all are durable, or None when that can't be known."""
        producer = self._producer or await self._awaited_producer()
        if producer is None:
            return None
        batch = producer.create_batch()
        for key, value in records:
            # The log's clock is the broker's, whatever stands here (LogAppendTime).
            if batch.append(key=key, value=value, timestamp=None, headers=self._headers) is None:
                raise AssertionError("the publisher's estimate of a batch is too low")
        batch.close()
        try:
            acknowledged = await producer.send_batch(batch, self._settings.kafka_topic, partition=partition)
            offset = int((await acknowledged).offset)
        except asyncio.CancelledError:
            self._distrust(producer, "the deadline has passed")
            raise
        except KafkaError as error:
            self._distrust(producer, type(error).__name__)
            return None
        # -1 is the answer to a repeated batch of which the broker has forgotten the place: stored, but where?
        return offset if offset >= 0 else None

    async def close(self) -> None:
        """Let go of the connection, in bounded time."""
        self._reason = "stopping"
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait({self._supervisor})
        for task in self._retiring:
            task.cancel()
        if self._retiring:
            await asyncio.wait(set(self._retiring))
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await _tear_down(producer)

    async def _awaited_producer(self) -> AIOKafkaProducer | None:
        await set_within(self._connected, _CONNECT_GRACE_S)
        return self._producer

    def _distrust(self, producer: AIOKafkaProducer, reason: str) -> None:
        if producer is self._producer:
            _log.warning("producer_distrusted", reason=reason)
            self._producer = None
            self._connected.clear()
            self._reason = f"reconnecting: {reason}"
            self._retire(producer)
            self._telemetry.producer_replaced()
            self._distrusted.set()

    def _retire(self, producer: AIOKafkaProducer) -> None:
        task = watched_task(self._tear_down_later(producer), "kafka-retired-producer")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _tear_down_later(self, producer: AIOKafkaProducer) -> None:
        """Other partitions' batches may be on their way: the longest deadline that any of them can have."""
        try:
            await asyncio.sleep(self._settings.acknowledgement_timeout_ms / 1000)
        finally:
            await _tear_down(producer)

    async def _supervise(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                producer = await self._connect()
            except (KafkaError, OSError, TimeoutError, _TopicUnusable) as error:
                self._reason = str(error) or type(error).__name__
                _log.warning("kafka_not_connected", reason=self._reason)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                continue
            pause_s = _FIRST_PAUSE_S
            self._distrusted.clear()
            self._producer, self._reason = producer, None
            self._connected.set()
            _log.info("kafka_connected", topic=self._settings.kafka_topic, partitions=self._partitions)
            await self._until_distrusted(producer)

    async def _until_distrusted(self, producer: AIOKafkaProducer) -> None:
        distrusted = asyncio.create_task(self._distrusted.wait())
        try:
            await asyncio.wait({distrusted, _sender_task(producer)}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            distrusted.cancel()
        self._distrust(producer, "the sender task has ended")

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(**self._options())
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                await producer.start()
                await self._require_topic(producer)
        except BaseException:
            await _tear_down(producer)
            raise
        return producer

    async def _require_topic(self, producer: AIOKafkaProducer) -> None:
        topic = self._settings.kafka_topic
        try:
            found = await producer.partitions_for(topic)
        except KafkaError as error:
            raise _TopicUnusable(f"the topic {topic} can't be found ({type(error).__name__}): create it") from error
        if len(found) != self._partitions:
            raise _TopicUnusable(
                f"the topic {topic} has {len(found)} partitions instead of {self._partitions}, for which there is "
                "no remedy but another topic"
            )

    def _options(self) -> dict[str, Any]:
        return {
            **client_options(self._settings),
            "client_id": "collector",
            "acks": "all",
            "enable_idempotence": True,
            "compression_type": None,
            "linger_ms": 0,
            "max_batch_size": _MOST_BATCH_BYTES,
            "max_request_size": _MOST_BATCH_BYTES,
            "request_timeout_ms": self._settings.kafka_request_timeout_ms,
            "retry_backoff_ms": 50,
            "metadata_max_age_ms": self._settings.kafka_metadata_max_age_ms,
            "connections_max_idle_ms": 540_000,
        }


def _sender_task(producer: AIOKafkaProducer) -> "asyncio.Task[None]":
    # aiokafka shows its sender task to nobody, and a producer whose sender has died hangs silently.
    task: asyncio.Task[None] = producer._sender.sender_task  # noqa: SLF001 - see above
    return task


async def _tear_down(producer: AIOKafkaProducer) -> None:
    """Stop a producer in bounded time, whatever state it is in; what it still holds is given up."""
    # Its own stop would wait for these for ever, when the broker is away.
    producer._message_accumulator.fail_all(KafkaError("the producer was given up"))  # noqa: SLF001
    await _bounded(producer.stop())
    await _bounded(producer.client.close())  # which a stop that failed hasn't reached; a second time does no harm


async def _bounded(stop: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(stop)
    done, _ = await asyncio.wait({task}, timeout=_STOP_TIMEOUT_S)
    if not done:
        task.cancel()
        await asyncio.wait({task})
    if task.cancelled() or task.exception() is not None:
        reason = "it took too long" if task.cancelled() else type(task.exception()).__name__
        _log.warning("producer_stop_failed", reason=reason)
