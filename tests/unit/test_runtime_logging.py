import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from services.runtime.logging import configure_logging, logger


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    for name in ("aiokafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_own_and_foreign_records_leave_as_the_same_kind_of_json() -> None:
    stream = io.StringIO()
    configure_logging("json", "info", service="collector", stream=stream)
    logger("ours").info("batch_published", records=3)
    logging.getLogger("theirs").warning("Lost %s", "node 1")
    ours, theirs = records(stream)
    assert (ours["event"], ours["records"], ours["logger"]) == ("batch_published", 3, "ours")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("Lost node 1", "warning", "theirs")
    assert ours["service"] == theirs["service"] == "collector"
    assert ours["timestamp"].endswith("Z")
    assert theirs["timestamp"].endswith("Z")


def test_a_traceback_never_shows_local_variables() -> None:
    stream = io.StringIO()
    configure_logging("json", "info", service="collector", stream=stream)

    def fail(answer: str) -> None:
        raise RuntimeError(f"failed after {len(answer)} characters")

    try:
        fail("an-answer")
    except RuntimeError:
        logger("ours").exception("request_failed")
    assert "failed after 9 characters" in stream.getvalue()
    assert "an-answer" not in stream.getvalue()


def test_the_kafka_library_never_writes_records_at_its_debug_level() -> None:
    stream = io.StringIO()
    configure_logging("json", "debug", service="collector", stream=stream)
    logging.getLogger("aiokafka.producer.producer").debug("Sending (key=%s value=%s)", "k", "an answer")
    logger("ours").debug("turn_taken")
    assert [record["event"] for record in records(stream)] == ["turn_taken"]
