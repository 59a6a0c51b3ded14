"""What an operator asks of the log and does about a lost one: on a real log and a real database."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from builders.command import run_command
from builders.events import recorded, submitted
from builders.thread import HOME, Thread

from palautevirta.local.postgres import Database
from services.runtime.partitioning import partition_of

ELSEWHERE = "1.2.246.562.10.10000000003"
OTHER = partition_of(ELSEWHERE, 16)
ANOTHER_CLUSTER = "UPDATE feedback.fence SET log_id = 'a-lost-cluster' WHERE log_id IS NOT NULL"
FENCES = "SELECT partition, log, epoch, log_id, first_offset, next_offset FROM feedback.fence ORDER BY partition"

Tool = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def tool(thread: Thread, database: Database) -> Tool:
    """Runs `palautevirta …` as the database's owner."""
    return partial(run_command, settings=thread.settings | {"DATABASE_URL": database.dsn})


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[[str], str]:
    """Writes a file of receipts; its name."""

    def written(text: str) -> str:
        (tmp_path / "receipts").write_text(text)
        return str(tmp_path / "receipts")

    return written


async def standing(thread: Thread) -> list[tuple[int, int]]:
    rows = await thread.connection.fetch(
        "SELECT partition, log_offset FROM feedback.quarantine WHERE outcome IS NULL ORDER BY 1, 2"
    )
    return [tuple(row) for row in rows]


async def test_a_receipt_beyond_the_end_of_the_log_breaks_the_books(
    thread: Thread, tool: Tool, file_of: Callable[[str], str]
) -> None:
    await thread.post(recorded(), submitted())
    metrics = f'# HELP x\ncollector_events_total{{status="accepted"}} 2.0\n{HOME}-0\n'
    highest = f'collector_highest_receipt_offset{{partition="{HOME}"}} '
    code, told = await tool("verify", "--receipts", file_of(f"{metrics}{highest}1.0\n{HOME}-1\n"))
    assert (code, "holds   receipts: " in told) == (0, True), told
    for planted in (f"{HOME}-2\n", f"{highest}2.0\n"):
        code, told = await tool("verify", "--receipts", file_of(metrics + planted))
        assert (code, "BROKEN  receipts: " in told) == (1, True), told
        assert f"    partition={HOME}, receipt=2, end=2" in told
        assert "Held against it: " in told


async def test_verify_says_what_it_cannot_hold_against_the_log(tool: Tool, file_of: Callable[[str], str]) -> None:
    code, told = await tool("verify", "--receipts", file_of("0-1\nseven\n"))
    assert (code, "line 2: 'seven' is no receipt" in told, "Traceback" in told) == (2, True, False), told


@pytest.mark.parametrize(
    "failing",
    [
        ({"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "the database can't be asked"),
        ({"DATABASE_URL": "postgresql://x@127.0.0.1:abc/x"}, "DATABASE_URL is not usable"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"KAFKA_BOOTSTRAP": ""}, "KAFKA_BOOTSTRAP is not set"),
        ({"KAFKA_BOOTSTRAP": "127.0.0.1:1"}, "Kafka doesn't answer"),
        ({"KAFKA_BOOTSTRAP": "127.0.0.1:abc"}, "KAFKA_BOOTSTRAP"),
    ],
)
@pytest.mark.parametrize("command", [("verify", "--receipts"), ("log", "adopt", "--receipts")])
async def test_what_cannot_be_asked_is_not_what_is_broken(
    thread: Thread,
    database: Database,
    file_of: Callable[[str], str],
    command: tuple[str, ...],
    failing: tuple[dict[str, str], str],
) -> None:
    wrong, sentence = failing
    settings = thread.settings | {"DATABASE_URL": database.dsn} | wrong
    code, told = await run_command(*command, file_of("0-1\n"), settings=settings)
    assert (code, sentence in told, "Traceback" in told) == (2, True, False), told


async def test_adoption_asks_and_closes_what_the_lost_log_held_in_quarantine(thread: Thread, tool: Tool) -> None:
    await thread.count(recorded(), b"{}", b"[]", submitted())
    await thread.connection.execute("UPDATE feedback.quarantine SET outcome = 'closed' WHERE log_offset = 2")
    assert (await tool("log", "adopt", "--yes"))[0] == 1  # the log is the one that was read
    await thread.connection.execute(ANOTHER_CLUSTER)
    before = await thread.connection.fetch(FENCES)

    code, told = await tool("log", "adopt", typed="n\n")
    assert (code, "Go on with the new log?" in told, "and no log" in told) == (1, True, True)
    assert f"partition {HOME}: everything before offset 4 of log a-lost-cluster is counted" in told
    assert "the new log has offsets 0 to 4" in told
    assert "that stand there will be closed with it, 1 in all (1 missing)" in told
    assert await thread.connection.fetch(FENCES) == before
    assert await standing(thread) == [(HOME, 1)]

    code, told = await tool("log", "adopt", typed="y\n")
    assert code == 0, told
    assert await standing(thread) == []
    steps = await thread.connection.fetch("SELECT log_offset, action, actor, result FROM feedback.quarantine_step")
    assert [tuple(step) for step in steps] == [(1, "close", "log adopt", "closed")]
    assert await thread.broken() == []
    assert await tool("quarantine", "list") == (0, "none stands\n")
    listed = (await tool("quarantine", "list", "--all"))[1]
    assert [line.rpartition("  ")[2] for line in listed.splitlines()] == ["closed, of former log 0"] * 2
    shown = (await tool("quarantine", "show", f"{HOME}-1"))[1]
    assert "close by log adopt, closed: the log that held it was lost" in shown


async def test_a_partition_that_lost_unread_records_goes_on_alone(
    thread: Thread, tool: Tool, kafka: str, topic: str
) -> None:
    await thread.count(recorded(), b"{}")
    await thread.count(recorded(providerid=ELSEWHERE), b"{}", partition=OTHER)
    await thread.post(recorded(subject="lost"), recorded(subject="kept"))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, HOME): RecordsToDelete(before_offset=3)})
    finally:
        await admin.close()
    code, told = await tool("log", "adopt", "--yes")
    assert (code, told.count(" is counted, and ")) == (0, 1), told
    assert f"partition {HOME}: everything before offset 2 " in told
    assert "the log lost the records from there up to 3 before they were counted" in told
    assert await standing(thread) == [(OTHER, 1)]
    async with thread.aggregator():
        await thread.read_up_to(4)
    subjects = await thread.connection.fetch("SELECT DISTINCT subject FROM feedback.request ORDER BY 1")
    assert [row["subject"] for row in subjects] == ["kept", "r-1001"]
    assert await thread.broken() == []


async def test_a_log_is_adopted_under_an_aggregator_that_still_runs_and_counts_once(thread: Thread, tool: Tool) -> None:
    await thread.count(recorded(), submitted())
    await thread.connection.execute(ANOTHER_CLUSTER)
    stopped = f"SELECT stopped FROM feedback.fence WHERE partition = {HOME}"
    async with thread.aggregator():
        await thread.until(stopped, lambda value: value == "another_log")
        code, told = await tool("log", "adopt", "--yes")
        assert code == 0, told
        await thread.until(stopped, lambda value: value is None)
        await thread.read_up_to(2)
        await thread.post(recorded(subject="after"))
        await thread.read_up_to(3)
    book = await thread.connection.fetchrow("SELECT records, standing, duplicate FROM reporting.book")
    assert tuple(book) == (5, 3, 2)
    assert await thread.broken() == []


async def test_an_aggregator_that_reads_on_while_adoption_begins_is_not_taken_for_one_of_a_lost_log(
    thread: Thread, tool: Tool
) -> None:
    await thread.count(recorded())
    async with thread.connection.transaction():
        await thread.connection.execute(f"SELECT FROM feedback.fence WHERE partition = {HOME} FOR UPDATE")
        adopting = asyncio.create_task(tool("log", "adopt", "--yes"))
        await thread.until("SELECT count(*) FROM pg_locks WHERE NOT granted", lambda waiting: waiting == 1)
        await thread.post(submitted())
        await thread.connection.execute(f"UPDATE feedback.fence SET next_offset = 2 WHERE partition = {HOME}")
    code, told = await adopting
    assert (code, "there is nothing to adopt" in told) == (1, True), told


async def test_a_topic_is_made_anew_by_the_command_that_the_recovery_page_names(kafka: str, thread: Thread) -> None:
    name = f"test.{secrets.token_hex(6)}"
    settings = thread.settings | {"KAFKA_TOPIC": name}
    code, told = await run_command("topics", "create", settings=settings)
    assert (code, told.startswith(f"created {name}: 16 partitions, replication factor 1 instead of 3")) == (0, True), (
        told
    )
    code, told = await run_command("topics", "create", settings=settings)
    assert (code, told) == (0, f"{name} stands already; its settings were left as they are\n")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.delete_topics([name])
    finally:
        await admin.close()
    away = settings | {"KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    code, told = await run_command("topics", "create", settings=away)
    assert (code, told.splitlines()[-1].startswith("Error: Kafka doesn't answer")) == (2, True), told
