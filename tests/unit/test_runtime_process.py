import asyncio
import os
import signal
import threading

import pytest

from services.runtime.process import run
from services.runtime.settings import KafkaSettings


async def _use(settings: KafkaSettings, stopping: asyncio.Event) -> None:
    raise AssertionError(f"{settings} and {stopping} came into being")


def test_settings_that_cant_be_used_are_printed_whole_and_the_exit_code_is_two(
    capsys: pytest.CaptureFixture[str],
) -> None:
    environ = {"KAFKA_SECURITY_PROTOCOL": "TELNET"}
    assert run(lambda stopping: _use(KafkaSettings.from_environ(environ), stopping)) == 2
    told = capsys.readouterr().err
    assert "KAFKA_BOOTSTRAP is not set" in told
    assert "KAFKA_SECURITY_PROTOCOL is not usable" in told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_begins_the_drain_and_a_service_that_returns_ended_well(number: signal.Signals) -> None:
    drained = threading.Event()

    async def service(stopping: asyncio.Event) -> None:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
        await stopping.wait()
        drained.set()

    assert run(service) == 0
    assert drained.is_set()


def test_a_service_that_doesnt_drain_in_time_is_cancelled() -> None:
    cancelled = threading.Event()

    async def service(_: asyncio.Event) -> None:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError):
        run(service, stop_within_seconds=0.01)
    assert cancelled.is_set()
    assert not any(
        isinstance(thread, threading.Timer) and not thread.finished.is_set() for thread in threading.enumerate()
    )


def test_a_service_that_ends_unasked_has_failed() -> None:
    async def service(_: asyncio.Event) -> None:
        return

    assert run(service) == 1
