"""What an operator does about quarantine: on a real log and a real database, and the books balance after each step."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import pytest
from builders.command import run_command
from builders.events import PROVIDER, cancelled, recorded, student_background, submitted, withdrawn
from builders.process import KEYS
from builders.states import MODELS, RULES, Record
from builders.thread import HOME, Thread

from palautevirta.local.postgres import Database
from schemas.national.model import NationalModels
from services.aggregator import decode
from services.aggregator.consumer import KafkaLog
from services.aggregator.decode import Arrival, Decoder, DigestKeys, Newer, Reject
from services.aggregator.replay import Quarantine, replay_each
from services.runtime.receipts import Receipt

HETU = "010203-123N"
DIGEST_KEYS = DigestKeys({1: bytes.fromhex("5a" * 32)})

Tool = Callable[..., Awaitable[tuple[int, str]]]


class ForgivingDecoder(Decoder):
    """A release that no longer looks at the header which an older one couldn't read."""

    def decode(self, record: decode.Record) -> Arrival | Reject | Newer:
        return super().decode(Record(record.value, record.offset, record.partition, record.timestamp))


@pytest.fixture
def tool(thread: Thread) -> Tool:
    """Runs `palautevirta quarantine …` as an operator would: exit code and what it says."""
    return partial(run_command, "quarantine", settings=thread.settings)


@pytest.fixture
def older_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """The aggregators know the first version of the national model only; the tool knows all."""
    monkeypatch.setattr("services.aggregator.app.load_models", lambda: NationalModels(MODELS.versions[:1]))


@asynccontextmanager
async def quarantine(database: Database) -> AsyncIterator[Quarantine]:
    store = Quarantine(await asyncpg.connect(database.aggregator_dsn), RULES, DIGEST_KEYS, 16)
    try:
        yield store
    finally:
        await store.close()


async def book(thread: Thread) -> tuple[int, ...]:
    """Records, standing, superseded, duplicate, conflict, rejected of the one provider."""
    row = await thread.connection.fetchrow(
        "SELECT records, standing, superseded, duplicate, conflict, rejected FROM reporting.book"
    )
    return tuple(row)


@pytest.mark.usefixtures("older_release")
async def test_after_an_upgrade_what_was_not_understood_is_replayed_once_and_the_books_balance(
    thread: Thread,
    tool: Tool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = submitted()
    await thread.count(recorded(), answer, answer, answer | {"subject": "another"}, model=1)
    assert await book(thread) == (4, 1, 0, 0, 0, 3)
    monkeypatch.undo()
    async with thread.aggregator():
        done = await tool("replay", "--reason", "unknown_questionnaire")
        assert done == (1, f"{HOME}-1  distinct\n{HOME}-2  duplicate\n{HOME}-3  conflict\n")
        assert await book(thread) == (4, 2, 0, 1, 1, 0)
        assert await thread.broken() == []
        assert await thread.connection.fetchval("SELECT sum(respondents) FROM reporting.month_figure") == 1
        again = await tool("replay", f"{HOME}-1", f"{HOME}-2", f"{HOME}-3")
        assert again == (1, f"{HOME}-1  already_replayed\n{HOME}-2  already_replayed\n{HOME}-3  conflict\n")
        assert await tool("replay", "--reason", "unknown_questionnaire") == (0, "")
        assert await book(thread) == (4, 2, 0, 1, 1, 0)
        await thread.post(answer, model=1)  # the partition goes on, and knows what was replayed
        await thread.read_up_to(5)
    assert await book(thread) == (5, 2, 0, 2, 1, 0)
    assert await thread.broken() == []
    rows = await thread.connection.fetch(
        "SELECT log_offset, reason, outcome, event FROM reporting.quarantine ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [
        (1, "unknown_questionnaire", "replayed", None),
        (2, "unknown_questionnaire", "replayed", None),
        (3, "conflict", None, "response.submitted"),
    ]


async def test_a_withdrawal_whose_id_was_taken_is_found_among_the_conflicts(thread: Thread, tool: Tool) -> None:
    answer = submitted()
    kinds = ["response.withdrawn", "response.submitted", "request.recorded", "request.cancelled"]
    same = {"id": answer["id"]}
    await thread.count(
        *(
            recorded(),
            answer,
            withdrawn() | same,
            submitted(subject="another") | same,
            recorded() | same,
            cancelled() | same,
        ),
        b"{}",
    )
    assert await thread.connection.fetchval("SELECT answers IS NOT NULL FROM feedback.request")
    stored = await thread.connection.fetch("SELECT reason, event FROM reporting.quarantine ORDER BY log_offset")
    assert [tuple(row) for row in stored] == [*(("conflict", kind) for kind in kinds), ("missing", None)]
    code, told = await tool("list", "--reason", "conflict")
    assert code == 0
    assert [line.split("  ")[:2] for line in told.splitlines()] == [
        [f"{HOME}-{offset}", f"conflict ({kind})"] for offset, kind in enumerate(kinds, 2)
    ]
    assert "conflict (response.withdrawn)" in (await tool("show", f"{HOME}-2"))[1]


async def test_what_still_is_not_understood_costs_a_step_and_nothing_else(
    thread: Thread,
    tool: Tool,
) -> None:
    await thread.count(recorded(), submitted(questionnaire="start-1999"))
    before = await book(thread)
    assert await tool("replay", f"{HOME}-1", "--actor", "kerttu") == (1, f"{HOME}-1  unknown_questionnaire\n")
    assert await tool("replay", f"{HOME}-0") == (1, f"{HOME}-0  not_in_quarantine\n")
    assert await book(thread) == before
    code, told = await tool("show", f"{HOME}-1")
    assert code == 0
    assert f"provider  {PROVIDER}" in told
    assert "pointer   /data/questionnaire" in told
    assert "replay by kerttu, unknown_questionnaire" in told
    assert "start-1999" not in told
    assert await thread.broken() == []


async def test_a_record_is_closed_with_a_reason_and_stays_counted(
    thread: Thread,
    tool: Tool,
) -> None:
    await thread.count(recorded(), b"{}", b"[]")
    code, told = await tool("close", f"{HOME}-1", "--because", f"of {HETU}")
    assert (code, HETU in told) == (2, False)
    assert (await tool("close", f"{HOME}-1", "--because", " "))[0] == 2
    assert await tool("close", f"{HOME}-1", "--because", "a test by hand") == (0, f"{HOME}-1  closed\n")
    assert await tool("close", f"{HOME}-1", "--because", "again") == (0, f"{HOME}-1  already_closed\n")
    assert await tool("replay", f"{HOME}-1") == (0, f"{HOME}-1  already_closed\n")
    listed = (await tool("list"))[1]
    assert (f"{HOME}-1" in listed, f"{HOME}-2  not_an_object" in listed) == (False, True)
    assert "closed" in (await tool("list", "--all"))[1]
    assert "closed: a test by hand" in (await tool("show", f"{HOME}-1"))[1]
    assert await thread.connection.fetchval("SELECT count(*) FROM feedback.quarantine_step") == 1
    many = await tool("close", "--reason", "not_an_object", "--because", "all of a kind")
    assert many == (0, f"{HOME}-2  closed\n")
    assert await thread.broken() == []


async def test_a_record_that_stood_under_no_provider_is_booked_under_its_own_when_it_is_replayed(
    thread: Thread,
    kafka: str,
    topic: str,
    database: Database,
) -> None:
    first = recorded()
    await thread.post(first)
    for value in (recorded(subject="nameless"), first, first | {"data": student_background(qualification="321101")}):
        await thread.post_with_headers(value, [("model", None)])
    async with thread.aggregator():
        await thread.read_up_to(4)
    assert await book(thread) == (1, 1, 0, 0, 0, 0)
    log = KafkaLog(topic, {"bootstrap_servers": kafka})
    await log.start()
    try:
        async with quarantine(database) as store:
            receipts: list[Receipt] = [(HOME, 1), (HOME, 2), (HOME, 3)]
            decoder = ForgivingDecoder(MODELS, DIGEST_KEYS, 16)
            replaying = replay_each(receipts, log=log, topic=topic, store=store, decoder=decoder, actor="kerttu")
            results = [result async for _, result in replaying]
    finally:
        await log.stop()
    assert results == ["distinct", "duplicate", "conflict"]
    assert await book(thread) == (4, 2, 0, 1, 1, 0)
    assert await thread.broken() == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE feedback.quarantine SET log_offset = 7", "not_in_log"),
        ("UPDATE feedback.fence SET log_id = 'another-cluster'", "another_log"),
        ("UPDATE feedback.quarantine SET received_at = received_at - interval '1 hour'", "another_record"),
    ],
)
@pytest.mark.usefixtures("older_release")
async def test_a_record_that_the_log_does_not_hold_says_so(
    thread: Thread,
    tool: Tool,
    damage: str,
    told: str,
) -> None:
    await thread.count(submitted(), model=1)
    await thread.connection.execute(damage)
    offset = await thread.connection.fetchval("SELECT log_offset FROM feedback.quarantine")
    assert await tool("replay", f"{HOME}-{offset}") == (1, f"{HOME}-{offset}  {told}\n")
    assert await thread.connection.fetchval("SELECT result FROM feedback.quarantine_step") == told
    assert await thread.connection.fetchval("SELECT count(*) FROM feedback.ledger") == 0


@pytest.mark.usefixtures("older_release")
async def test_what_the_database_refuses_again_costs_a_step_and_nothing_else(
    thread: Thread,
    tool: Tool,
) -> None:
    await thread.count(submitted(), model=1)
    await thread.connection.execute("ALTER TABLE feedback.request ADD CHECK (subject <> 'r-1001')")
    assert await tool("replay", f"{HOME}-0") == (1, f"{HOME}-0  unstorable\n")
    assert await thread.connection.fetchval("SELECT count(*) FROM feedback.ledger") == 0
    assert await thread.connection.fetchval("SELECT result FROM feedback.quarantine_step") == "unstorable"
    assert await thread.broken() == []


@pytest.mark.usefixtures("older_release")
async def test_two_operators_replay_one_record_once(
    thread: Thread,
    tool: Tool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await thread.count(recorded(), submitted(), model=1)
    monkeypatch.undo()
    both = await asyncio.gather(*(tool("replay", f"{HOME}-1") for _ in range(2)))
    assert sorted(both) == [(0, f"{HOME}-1  already_replayed\n"), (0, f"{HOME}-1  distinct\n")]
    assert await book(thread) == (2, 2, 0, 0, 0, 0)
    assert await thread.broken() == []


@pytest.mark.usefixtures("older_release")
async def test_a_replay_waits_for_whoever_writes_the_partition(
    thread: Thread,
    tool: Tool,
) -> None:
    await thread.count(submitted(), model=1)
    async with thread.connection.transaction():
        await thread.connection.execute(f"SELECT FROM feedback.fence WHERE partition = {HOME} FOR UPDATE")
        replaying = asyncio.create_task(tool("replay", f"{HOME}-0"))
        await thread.until("SELECT count(*) FROM pg_locks WHERE NOT granted", lambda waiting: waiting == 1)
        assert not replaying.done()
    assert await replaying == (0, f"{HOME}-0  distinct\n")


@pytest.mark.usefixtures("older_release")
async def test_a_replay_without_the_key_of_what_stands_already_says_which_key_and_changes_nothing(
    thread: Thread,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = submitted()
    await thread.count(recorded(), answer, model=1)
    monkeypatch.undo()
    await thread.post(answer)
    async with thread.aggregator():
        await thread.read_up_to(3)
    newer = f"2:{'c3' * 32}"
    replay = partial(run_command, "quarantine", "replay", f"{HOME}-1")
    code, told = await replay(settings=thread.settings | {"DIGEST_KEYS": newer})
    assert (code, told.startswith("Error: DIGEST_KEYS has no key 1"), "Traceback" in told) == (1, True, False), told
    assert await thread.connection.fetchval("SELECT count(*) FROM feedback.quarantine_step") == 0
    both = thread.settings | {"DIGEST_KEYS": f"{KEYS},{newer}"}
    assert await replay(settings=both) == (0, f"{HOME}-1  duplicate\n")
    assert await thread.broken() == []


async def test_a_list_says_that_it_was_cut_and_a_conflict_which_event_stands(
    thread: Thread,
    tool: Tool,
) -> None:
    first = recorded()
    await thread.count(first, first | {"subject": "another"}, b"[]")
    one, cut = (await tool("list", "--most", "1"))[1].splitlines()
    assert one.endswith("standing")
    assert cut.startswith("there are more than these 1")
    assert len((await tool("list", "--most", "2"))[1].splitlines()) == 2
    assert f"stands    {HOME}-0, the event that came first" in (await tool("show", f"{HOME}-1"))[1]


@pytest.mark.parametrize("arguments", [("list",), ("show", "0-1"), ("close", "0-1", "--because", "x")])
async def test_what_only_the_database_is_needed_for_asks_for_nothing_else(
    thread: Thread, arguments: tuple[str, ...]
) -> None:
    away = dict.fromkeys(thread.settings, "") | {"DATABASE_URL": thread.settings["DATABASE_URL"]}
    told = (await run_command("quarantine", *arguments, settings=away))[1]
    assert told in {"", "Error: 0-1 isn't in quarantine\n", "0-1  not_in_quarantine\n"}


async def test_a_database_that_is_away_or_not_named_is_one_sentence_and_exit_code_2(thread: Thread) -> None:
    for url, sentence in {
        "postgresql://x@127.0.0.1:1/x": "Postgres can't be reached",
        "postgresql://x@127.0.0.1:abc/x": "DATABASE_URL is not usable",
        "": "DATABASE_URL is not set",
    }.items():
        code, told = await run_command("quarantine", "list", settings=thread.settings | {"DATABASE_URL": url})
        assert (code, told.startswith(f"Error: {sentence}"), told.count("\n")) == (2, True, 1), told


async def test_the_tool_says_what_is_wrong_with_its_arguments_and_settings(tool: Tool) -> None:
    assert "nonsense is none of answer_of_wrong_kind, " in (await tool("list", "--reason", "nonsense"))[1]
    assert "is no receipt" in (await tool("replay", "seven"))[1]
    assert "name receipts, or a reason" in (await tool("replay"))[1]
    assert (await tool("show", "0-1"))[1] == "Error: 0-1 isn't in quarantine\n"
