"""An operator lets a partition go on behind what can't be read: on a real log and a real database."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from aiokafka import AIOKafkaProducer
from builders.command import run_command
from builders.events import body, recorded
from builders.thread import HOME, Thread

from palautevirta.local.postgres import Database

STOPPED = "SELECT stopped FROM feedback.fence WHERE partition = $1"
SUBJECTS = "SELECT string_agg(subject, '' ORDER BY subject) FROM feedback.request"
QUARANTINE = "SELECT log_offset, reason, outcome FROM feedback.quarantine ORDER BY log_offset"
SURE = ("--because", "looked at it", "--actor", "op")

Tool = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def tool(thread: Thread, database: Database) -> Tool:
    """Runs `palautevirta …` as the database's owner."""
    return partial(run_command, settings=thread.settings | {"DATABASE_URL": database.dsn})


async def stop_of(thread: Thread) -> str:
    reason: str = await thread.until(STOPPED, lambda value: value is not None, HOME)
    return reason


async def test_a_record_that_cannot_be_taken_apart_is_passed_over_by_an_operator(thread: Thread, tool: Tool) -> None:
    await thread.post(recorded(subject="A"))
    await thread.post_with_a_broken_header_name()
    await thread.post(recorded(subject="B"))
    async with thread.aggregator():
        assert await stop_of(thread) == "unreadable_record"
        await thread.read_up_to(1)

        code, told = await tool("log", "pass", f"{HOME}-1", *SURE, typed="n\n")
        assert (code, "the 1 offsets from 1 to 1 will stand in quarantine" in told) == (1, True), told
        assert await thread.connection.fetch(QUARANTINE) == []

        code, told = await tool("log", "pass", f"{HOME}-1", *SURE, typed="y\n")
        assert code == 0, told
        await thread.read_up_to(3)  # the aggregator that was shut out takes the partition up again
    assert await thread.connection.fetchval(SUBJECTS) == "AB"
    assert [tuple(row) for row in await thread.connection.fetch(QUARANTINE)] == [(1, "passed", None)]
    steps = await thread.connection.fetch("SELECT log_offset, action, actor, remark FROM feedback.quarantine_step")
    assert [tuple(step) for step in steps] == [(1, "pass", "op", "looked at it")]
    assert await thread.broken() == []


async def test_a_marker_at_the_end_of_a_partition_stops_it_and_is_passed_over(
    thread: Thread, tool: Tool, kafka: str, topic: str
) -> None:
    await thread.count(recorded(subject="A"))
    async with (
        AIOKafkaProducer(bootstrap_servers=kafka, transactional_id="nobody-may") as producer,
        producer.transaction(),
    ):
        await producer.send_and_wait(topic, body(recorded(subject="B")), partition=HOME, headers=[("model", b"2")])
    async with thread.aggregator():
        assert await stop_of(thread) == "gap"
        await thread.read_up_to(2)
        code, told = await tool("log", "pass", f"{HOME}-2", *SURE, "--yes")
        assert code == 0, told
        complete = "SELECT stopped IS NULL AND next_offset = 3 FROM feedback.fence WHERE partition = $1"
        await thread.until(complete, bool, HOME)
        before = await thread.connection.fetchval("SELECT clock_timestamp()")
        await thread.until("SELECT complete_until > $2 FROM feedback.fence WHERE partition = $1", bool, HOME, before)
    assert await thread.connection.fetchval(SUBJECTS) == "AB"
    assert await thread.broken() == []


async def test_what_was_passed_over_opens_no_breaker_and_can_be_replayed_when_it_can_be_read(
    thread: Thread, tool: Tool
) -> None:
    await thread.count(recorded(subject="A"))
    await thread.post(recorded(subject="B"), *(recorded(subject="A") for _ in range(99)), b"{}", recorded(subject="C"))
    await thread.connection.execute(
        "UPDATE feedback.fence SET stopped = 'unreadable_record' WHERE partition = $1", HOME
    )
    code, told = await tool("log", "pass", f"{HOME}-100", *SURE, "--yes")
    assert (code, "the 100 offsets from 1 to 100 " in told) == (0, True), told
    async with thread.aggregator():
        await thread.read_up_to(103)
    assert await thread.connection.fetchval(SUBJECTS) == "AC"
    code, told = await run_command("quarantine", "replay", f"{HOME}-1", settings=thread.settings)
    assert (code, "distinct" in told) == (0, True), told
    assert await thread.connection.fetchval(SUBJECTS) == "ABC"
    assert await thread.broken() == []


async def test_only_what_stands_still_for_good_is_passed_over_and_no_more_than_there_is(
    thread: Thread, tool: Tool
) -> None:
    await thread.count(recorded(subject="A"))
    await thread.post(recorded(subject="B"))
    stop = "UPDATE feedback.fence SET stopped = $2 WHERE partition = $1"
    for stopped, offset, why in (
        (None, 1, "doesn't stand still"),
        ("newer_model", 1, "stands still as newer_model"),
        ("gap", 0, "nothing to pass over"),
        ("gap", 2, "the log ends before offset 2"),
    ):
        await thread.connection.execute(stop, HOME, stopped)
        code, told = await tool("log", "pass", f"{HOME}-{offset}", *SURE, "--yes")
        assert (code, why in told) == (1, True), told
    await thread.connection.execute("UPDATE feedback.fence SET topic_id = 'another' WHERE partition = $1", HOME)
    code, told = await tool("log", "pass", f"{HOME}-1", *SURE, "--yes")
    assert (code, "log adopt" in told) == (1, True), told
    assert await thread.connection.fetch(QUARANTINE) == []
