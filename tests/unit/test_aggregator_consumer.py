"""The log's adapter goes away quietly, whatever its driver makes of that."""

import asyncio

import pytest

from services.aggregator.consumer import KafkaLog


class Client:
    """The driver's connections."""

    closed = False

    async def close(self) -> None:
        self.closed = True


class FetchWaiting:
    """Closes as the driver's fetcher does while a fetch waits to try again: it cancels that one, and awaits it."""

    async def close(self) -> None:
        fetch = asyncio.create_task(asyncio.Event().wait())
        fetch.cancel()
        await fetch


class FetchEndless:
    """Does not close before it is cancelled."""

    async def close(self) -> None:
        await asyncio.Event().wait()


def of_driver(fetcher: object) -> tuple[KafkaLog, Client]:
    log, client = KafkaLog("unread", {"bootstrap_servers": "127.0.0.1:1"}), Client()
    log._consumer._fetcher, log._consumer._client = fetcher, client  # noqa: SLF001 - the driver gives no other way in
    return log, client


async def test_a_fetch_that_the_driver_cancels_is_not_taken_for_our_own_cancellation() -> None:
    log, client = of_driver(FetchWaiting())
    await log.stop()
    assert client.closed


async def test_our_own_cancellation_is_passed_on() -> None:
    log, _ = of_driver(FetchEndless())
    task = asyncio.create_task(log.stop())
    await asyncio.wait([task], timeout=0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
