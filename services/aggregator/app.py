"""The composition root of the aggregator: settings in, leases and two lanes out."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry

from schemas.national.model import load_models
from services.aggregator.consumer import KafkaLog
from services.aggregator.contribution import Rulebook
from services.aggregator.decode import Decoder
from services.aggregator.leases import LEASE, Leases
from services.aggregator.loop import LANES, Lane
from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import Store, StoreUnavailable, connect
from services.aggregator.telemetry import Telemetry
from services.aggregator.watch import Watch
from services.runtime.http_server import serve_http
from services.runtime.kafka import client_options
from services.runtime.logging import logger
from services.runtime.operations import Health, operations_app
from services.runtime.partitioning import declared_partitions
from services.runtime.postgres import connect_options
from services.runtime.process import settle_garbage_collector
from services.runtime.topic_settings import tell_differences
from services.runtime.waiting import set_within

_STUCK_S: Final = 90.0
_RETRY_S: Final = 1.0
_SHUTDOWN_S: Final = 2.0

_LOG: Final = logger(__name__)


async def serve(settings: AggregatorSettings, stopping: asyncio.Event) -> None:
    """Aggregate until `stopping` is set, then finish the batches in hand and give the leases back."""
    models = load_models()
    rules = Rulebook(models)
    keys = settings.keys()
    partitions = declared_partitions()
    telemetry = Telemetry(CollectorRegistry())
    database = connect_options(settings)
    kafka = client_options(settings)
    # A name that is used twice, or by a process that was only asleep, must never be taken for one owner.
    leases = Leases(
        f"{settings.owner}/{secrets.token_hex(4)}",
        len(settings.held()),
        database,
        transaction_timeout_s=settings.transaction_timeout_seconds,
    )

    async def new_store() -> Store:
        connection = await connect(database, transaction_timeout_s=settings.transaction_timeout_seconds)
        return Store(connection, rules, keys, partitions)

    lanes = [
        Lane(
            number,
            topic=settings.kafka_topic,
            leases=leases,
            decoder=Decoder(models, keys, partitions),
            new_log=lambda: KafkaLog(settings.kafka_topic, kafka),
            new_store=new_store,
            telemetry=telemetry,
            batch_records=settings.batch_records,
        )
        for number in range(LANES)
    ]
    operations = operations_app(_health(leases, lanes), telemetry.registry)
    async with (
        serve_http(operations, settings.operations_host, settings.operations_port, shutdown_timeout_s=_SHUTDOWN_S),
        asyncio.TaskGroup() as tasks,
    ):
        if await _prepare(new_store, settings.held(), stopping):
            settle_garbage_collector()
            telemetry.held.set_function(lambda: len(leases.held))
            beating = tasks.create_task(leases.run(stopping), name="leases")
            working = [
                tasks.create_task(lane.run(stopping), name=f"lane-{number}") for number, lane in enumerate(lanes)
            ]
            watch = Watch(leases, telemetry, database)
            watching = tasks.create_task(watch.run(stopping), name="watch")
            comparing = tasks.create_task(
                tell_differences(kafka, settings.kafka_topic, stopping), name="topic-settings"
            )
            await asyncio.gather(beating, *working)
            comparing.cancel()
            watching.cancel()  # a look at a large partition may take long, and changes nothing
            await leases.leave()


async def _prepare(
    new_store: Callable[[], Awaitable[Store]], partitions: frozenset[int], stopping: asyncio.Event
) -> bool:
    """Write down what every aggregator needs in the database, as soon as there is one; False when told to stop."""
    while not stopping.is_set():
        try:
            store = await new_store()
            try:
                await store.prepare_partitions(partitions)
                await store.register_questionnaires()
            finally:
                await store.close()
        except StoreUnavailable as error:
            _LOG.warning("database_awaited", reason=str(error))
            await set_within(stopping, _RETRY_S)
        else:
            return True
    return False


def _health(leases: Leases, lanes: Sequence[Lane]) -> Health:
    """Live while the lanes move or try to; ready while the database knows of us and the lanes have begun."""

    def moving() -> str | None:
        now = asyncio.get_running_loop().time()
        signs = [lane.last_sign_of_life for lane in lanes]
        stuck = [n for n, sign in enumerate(signs) if sign is not None and now - sign > _STUCK_S]
        return f"lanes {stuck} haven't moved for {_STUCK_S:.0f} s" if stuck else None

    def known() -> str | None:
        return None if leases.seconds_since_heartbeat < LEASE.total_seconds() else "Postgres hasn't heard of us"

    def begun() -> str | None:
        return None if all(lane.last_progress is not None for lane in lanes) else "a lane hasn't begun to read"

    def trusted() -> str | None:
        stopped = {p: reason for lane in lanes for p, reason in lane.stopped.items()}
        return f"partitions stand still: {stopped}" if stopped else None

    return Health(live={"lanes": moving}, ready={"leases": known, "lanes": begun, "partitions": trusted})
