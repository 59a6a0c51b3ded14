"""The aggregator as a process's heart: records of a real log become rows of a real database, exactly once."""

import asyncio

import asyncpg
import pytest
from builders.events import (
    PROVIDER,
    answers,
    body,
    cancelled,
    employer_background,
    recorded,
    student_background,
    submitted,
    withdrawn,
)
from builders.process import KEYS
from builders.states import KEYS as STATE_KEYS
from builders.states import RULES, arrival
from builders.thread import HOME, Thread

from palautevirta.local.postgres import Database
from palautevirta.verification import verify
from services.aggregator.store import Batch, FenceLost, Read, Store
from services.runtime.partitioning import partition_of


async def test_a_request_and_its_response_become_a_figure(thread: Thread) -> None:
    await thread.post(recorded(), submitted())
    async with thread.aggregator():
        await thread.read_up_to(2)
    figure = await thread.connection.fetchrow("SELECT * FROM reporting.month_figure")
    assert dict(figure) | {"month": str(figure["month"])} == {
        "provider": PROVIDER,
        "month": "2025-08-01",
        "survey_kind": "start",
        "entrepreneur": False,
        "targets": 1,
        "respondents": 1,
        "target_days": 0,
        "respondent_days": 0,
        "points": 4,
        "kind": "start",
    }
    assert await thread.broken() == []


async def test_duplicates_change_nothing_and_conflicts_are_quarantined_in_a_batch_and_across_batches(
    thread: Thread,
) -> None:
    first = recorded()
    other_content = first | {"data": student_background(qualification="321101")}
    await thread.post(first, first, other_content)
    async with thread.aggregator():
        await thread.read_up_to(3)
        await thread.post(first, other_content, other_content)
        await thread.read_up_to(6)
    book = await thread.connection.fetchrow("SELECT * FROM reporting.book")
    assert dict(book) == {
        "provider": PROVIDER,
        "records": 6,
        "standing": 1,
        "waiting": 0,
        "superseded": 0,
        "duplicate": 2,
        "conflict": 3,
        "rejected": 0,
    }
    assert await thread.connection.fetchval("SELECT qualification FROM reporting.request") == "351301"
    quarantined = await thread.connection.fetch("SELECT log_offset, reason FROM reporting.quarantine ORDER BY 1")
    assert [tuple(row) for row in quarantined] == [(2, "conflict"), (4, "conflict"), (5, "conflict")]
    assert await thread.broken() == []


async def test_a_digest_made_with_an_older_key_still_tells_duplicates_from_conflicts(thread: Thread) -> None:
    first = recorded()
    await thread.post(first)
    async with thread.aggregator():
        await thread.read_up_to(1)
    await thread.post(first, first | {"subject": "another"})
    async with thread.aggregator(DIGEST_KEYS=f"{KEYS},2:{'c3' * 32}"):
        await thread.read_up_to(3)
    book = await thread.connection.fetchrow("SELECT duplicate, conflict FROM reporting.book")
    assert tuple(book) == (1, 1)


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[]", "not_an_object"),
        (b"{}", "missing"),
        (body(recorded(providerid="1.2.246.562.10.10000000003")), "wrong_partition"),
        (body(submitted(questionnaire="start-1999")), "unknown_questionnaire"),
        (body(recorded(student_background(qualification="1\u0000"))), "malformed_code"),
    ],
)
async def test_poison_is_quarantined_once_and_stops_nothing(thread: Thread, poison: bytes, reason: str) -> None:
    await thread.post(recorded(), poison, submitted())
    async with thread.aggregator():
        await thread.read_up_to(3)
    async with thread.aggregator():  # a second life doesn't read it again
        await thread.post(cancelled())
        await thread.read_up_to(4)
    quarantined = await thread.connection.fetch("SELECT log_offset, reason FROM feedback.quarantine")
    assert [tuple(row) for row in quarantined] == [(1, reason)]
    assert await thread.connection.fetchval("SELECT count(*) FROM feedback.ledger") == 3
    assert await thread.broken() == []


async def test_a_withdrawal_erases_answers_that_came_before_it_and_that_come_after_it(thread: Thread) -> None:
    late = submitted(answers(start_01=5), time="2025-08-15T10:00:00+03:00")
    await thread.post(recorded(), submitted())
    async with thread.aggregator():
        await thread.read_up_to(2)
        assert await thread.connection.fetchval("SELECT answers FROM feedback.request") is not None
        await thread.post(withdrawn(), late)
        await thread.read_up_to(4)
    row = await thread.connection.fetchrow("SELECT answers, questionnaire, response::text FROM feedback.request")
    assert tuple(row) == (None, None, "withdrawn")
    heads = await thread.connection.fetchval("SELECT heads FROM feedback.month_answers")
    assert set(heads) == {0}
    assert await thread.broken() == []


async def test_a_response_waits_for_its_request_and_counts_when_it_comes(thread: Thread) -> None:
    await thread.post(submitted())
    async with thread.aggregator():
        await thread.read_up_to(1)
        assert await thread.connection.fetchval("SELECT waiting FROM reporting.book") == 1
        await thread.post(recorded())
        await thread.read_up_to(2)
    row = await thread.connection.fetchrow("SELECT target, response FROM reporting.request")
    assert tuple(row) == ("counts", "counts")
    assert await thread.connection.fetchval("SELECT waiting FROM reporting.book") == 0


async def test_a_corrected_background_moves_the_contribution(thread: Thread) -> None:
    employer = employer_background(apprenticeship_basis="entrepreneur")
    given = answers(instructor_01=5, instructor_02=3)
    answered = submitted(
        given, questionnaire="workplace_instructor-2025", answered_at="2025-11-05T10:00:00Z", subject="w-1"
    )
    await thread.post(recorded(employer, subject="w-1"), answered)
    async with thread.aggregator():
        await thread.read_up_to(2)
        corrected = employer | {"work_period_end": "2025-09-30", "duration_days": 20, "apprenticeship_basis": None}
        await thread.post(recorded(corrected, subject="w-1", time="2025-11-06T08:00:00+02:00"))
        await thread.read_up_to(3)
    figures = await thread.connection.fetch(
        "SELECT month::text, entrepreneur, targets, respondents, target_days, respondent_days, points"
        " FROM reporting.month_figure ORDER BY month"
    )
    # The month that everything left keeps its rows, which readers don't see.
    assert [tuple(row) for row in figures] == [("2025-09-01", False, 1, 1, 20, 20, 160)]
    months = "SELECT count(DISTINCT month) FROM {}.month_answers"
    assert await thread.connection.fetchval(months.format("reporting")) == 1
    assert await thread.connection.fetchval(months.format("feedback")) == 2
    assert await thread.broken() == []


async def test_two_aggregators_share_the_partitions_and_a_parting_one_hands_over(thread: Thread) -> None:
    owners = "SELECT count(DISTINCT owner) FROM feedback.lease"
    most = "SELECT max(n) FROM (SELECT count(*) AS n FROM feedback.lease GROUP BY owner) AS shares"
    async with thread.aggregator(OWNER="one"):
        await thread.until("SELECT count(*) FROM feedback.lease WHERE owner LIKE 'one/%'", lambda n: n == 16)
        async with thread.aggregator(OWNER="two"):
            await thread.until(owners, lambda n: n == 2)
            await thread.until(most, lambda n: n == 8)
            await thread.post(recorded(subject="while-two"))
            await thread.read_up_to(1)
        await thread.until("SELECT count(*) FROM feedback.lease WHERE owner LIKE 'one/%'", lambda n: n == 16)
        await thread.post(recorded(subject="after-two"))
        await thread.read_up_to(2)
    assert await thread.broken() == []


async def test_a_record_of_a_newer_model_stops_its_partition_and_only_that(thread: Thread) -> None:
    elsewhere = "1.2.246.562.10.10000000003"
    other = partition_of(elsewhere, 16)
    assert other != HOME
    await thread.post(recorded())
    await thread.post(recorded(subject="from-the-future"), model=3)
    await thread.post(recorded(providerid=elsewhere), partition=other)
    async with thread.aggregator():
        await thread.read_up_to(1, other)
        reason = await thread.until(
            "SELECT stopped FROM feedback.fence WHERE partition = $1", lambda value: value is not None, HOME
        )
        await thread.read_up_to(1)
    assert reason == "newer_model"
    assert await thread.connection.fetchval("SELECT count(*) FROM feedback.quarantine") == 0


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("last_fingerprint = '\\x000100'", "another_record"),
        ("last_fingerprint = '\\x0009'", "digest_key_missing"),
        ("log_id = 'another-cluster'", "another_log"),
        ("next_offset = 7", "log_too_short"),
    ],
)
async def test_a_log_that_does_not_fit_its_fence_stops_the_partition(thread: Thread, damage: str, reason: str) -> None:
    await thread.post(recorded())
    async with thread.aggregator():
        await thread.read_up_to(1)
    await thread.connection.execute(f"UPDATE feedback.fence SET {damage} WHERE partition = {HOME}")
    await thread.post(submitted())
    async with thread.aggregator():
        stopped = await thread.until(
            "SELECT stopped FROM feedback.fence WHERE partition = $1", lambda value: value is not None, HOME
        )
    assert stopped == reason
    assert await thread.connection.fetchval("SELECT count(*) FROM feedback.ledger") == 1


async def test_freshness_is_known_once_every_partition_was_read_to_its_end(thread: Thread) -> None:
    assert await thread.connection.fetchval("SELECT as_of FROM reporting.freshness") is None
    before = await thread.connection.fetchval("SELECT clock_timestamp()")
    async with thread.aggregator():
        await thread.until("SELECT as_of FROM reporting.freshness", lambda value: value is not None and value > before)


async def test_the_aggregators_role_can_neither_delete_requests_nor_touch_the_migrations(database: Database) -> None:
    connection = await asyncpg.connect(database.aggregator_dsn)
    try:
        for forbidden in (
            "DELETE FROM feedback.request",
            "TRUNCATE feedback.ledger",
            "UPDATE feedback.schema_migration SET name = 'x'",
            "CREATE TABLE feedback.mine ()",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


async def test_verification_names_a_figure_that_was_tampered_with(thread: Thread) -> None:
    await thread.post(recorded(), submitted(), b"{}")
    async with thread.aggregator():
        await thread.read_up_to(3)
    assert await thread.broken() == []
    for damage, finding in {
        "UPDATE feedback.month_figure SET points = points + 1": "month_figures",
        "UPDATE feedback.month_answers SET heads[1] = heads[1] + 1": "month_answers",
        "DELETE FROM feedback.quarantine": "partition_books",
        "UPDATE feedback.provider_day SET duplicate = duplicate + 1": "provider_books",
        "UPDATE feedback.provider_day SET conflict = conflict + 1": "quarantine_books",
        "DELETE FROM feedback.ledger": "registers",
        "UPDATE feedback.request SET response_withdrawn = true": "contributions",
    }.items():
        await thread.connection.execute(damage)
        assert finding in await thread.broken(), damage


async def test_verification_names_the_provider_by_its_oid_both_sides_and_that_there_is_more(
    thread: Thread, database: Database
) -> None:
    await thread.count(recorded(), submitted())
    await thread.connection.execute("UPDATE feedback.month_figure SET points = points + 3")
    findings = {finding.name: finding for finding in await verify(database.dsn)}
    (row,) = findings["month_figures"].broken_by
    assert (row["provider"], row["figures_points"] - row["stored_points"]) == (PROVIDER, 3)
    assert not findings["month_figures"].more
    await thread.connection.execute(
        "INSERT INTO feedback.month_figure SELECT partition, provider, month + make_interval(months => n), survey_kind,"
        " entrepreneur, 1, 0, 0, 0, 0 FROM feedback.month_figure, generate_series(1, 20) AS n"
    )
    (many,) = [finding for finding in await verify(database.dsn) if finding.name == "month_figures"]
    assert (len(many.broken_by), many.more) == (20, True)


async def test_traffic_on_one_partition_does_not_hold_up_what_is_known_of_the_others(thread: Thread) -> None:
    moment = "SELECT as_of FROM reporting.freshness"
    async with thread.aggregator():
        first = await thread.until(moment, lambda value: value is not None)
        posting = asyncio.create_task(_post_for_ever(thread))
        try:
            await thread.until(moment, lambda value: (value - first).total_seconds() > 2)
        finally:
            posting.cancel()
    assert await thread.broken() == []


async def _post_for_ever(thread: Thread) -> None:
    for number in range(10_000):
        await thread.post(recorded(id=f"steady-{number}", subject=f"steady-{number}"))


async def test_a_header_without_value_is_quarantined_like_any_other_poison(thread: Thread) -> None:
    await thread.post_with_headers(recorded(), [("model", None)])
    await thread.post(recorded())
    async with thread.aggregator():
        await thread.read_up_to(2)
    assert await thread.connection.fetchval("SELECT reason FROM feedback.quarantine") == "malformed_header"


async def test_what_an_older_epoch_applies_or_marks_is_refused(thread: Thread, database: Database) -> None:
    await thread.post(recorded())
    async with thread.aggregator():
        await thread.read_up_to(1)
    connection = await asyncpg.connect(database.aggregator_dsn)
    store = Store(connection, RULES, STATE_KEYS, 16)
    (fence,) = (await store.load_fences([HOME])).values()
    assert fence.next_offset == 1
    late = Read(HOME, fence.epoch - 1, 1, 2, b"", 1_764_000_000_000)
    try:
        with pytest.raises(FenceLost):
            await store.apply(Batch([late], [arrival(recorded(subject="late"), 1)], []))
        await store.mark_stopped(HOME, fence.epoch - 1, "too late")
        await store.apply(Batch([late_with(late, fence.epoch)], [arrival(recorded(subject="in-time"), 1)], []))
    finally:
        await store.close()
    subjects = await thread.connection.fetch("SELECT subject FROM feedback.request ORDER BY subject")
    assert [row["subject"] for row in subjects] == ["in-time", "r-1001"]
    assert await thread.connection.fetchval("SELECT count(stopped) FROM feedback.fence") == 0


def late_with(read: Read, epoch: int) -> Read:
    return Read(read.partition, epoch, read.loaded_offset, read.next_offset, read.last_fingerprint, read.last_ms)


async def test_readers_see_answers_only_where_they_count(thread: Thread) -> None:
    too_late = submitted(answered_at="2025-12-24T12:00:00Z", subject="late")
    await thread.post(recorded(), submitted(), recorded(subject="late"), too_late)
    async with thread.aggregator():
        await thread.read_up_to(4)
    rows = await thread.connection.fetch("SELECT subject, answers IS NULL AS hidden FROM reporting.request ORDER BY 1")
    assert [tuple(row) for row in rows] == [("late", True), ("r-1001", False)]


async def test_a_header_name_that_is_no_text_stops_its_partition_alone_until_it_is_understood(thread: Thread) -> None:
    elsewhere = "1.2.246.562.10.10000000003"
    other = partition_of(elsewhere, 16)
    await thread.post_with_a_broken_header_name()
    async with thread.aggregator():
        reason = await thread.until(
            "SELECT stopped FROM feedback.fence WHERE partition = $1", lambda value: value is not None, HOME
        )
        await thread.post(recorded(providerid=elsewhere), partition=other)
        await thread.read_up_to(1, other)
    assert reason == "unreadable_record"


async def test_a_stop_is_taken_back_by_whatever_moves_the_partition(thread: Thread) -> None:
    await thread.post(recorded())
    async with thread.aggregator():
        await thread.read_up_to(1)
    await thread.connection.execute(f"UPDATE feedback.fence SET stopped = 'newer_model' WHERE partition = {HOME}")
    await thread.post(submitted())
    async with thread.aggregator():
        await thread.read_up_to(2)
    assert await thread.connection.fetchval("SELECT count(stopped) FROM feedback.fence") == 0


async def test_the_breaker_stops_a_partition_alone_and_is_not_forgotten_by_a_restart(thread: Thread) -> None:
    elsewhere = "1.2.246.562.10.10000000003"
    other = partition_of(elsewhere, 16)
    stopped = f"SELECT stopped FROM feedback.fence WHERE partition = {HOME}"
    first = recorded()
    await thread.post(first, first | {"subject": "a-conflict"})
    await thread.post(*[b"{"] * 101)
    await thread.post(submitted())
    async with thread.aggregator():
        assert await thread.until(stopped, lambda value: value is not None) == "breaker_open"
        await thread.read_up_to(102)
        await thread.post(recorded(providerid=elsewhere), partition=other)
        await thread.read_up_to(1, other)
    await thread.connection.execute("UPDATE feedback.fence SET stopped = NULL")
    async with thread.aggregator():
        assert await thread.until(stopped, lambda value: value is not None) == "breaker_open"
        await thread.read_up_to(102)
    await thread.connection.execute("UPDATE feedback.quarantine SET outcome = 'closed' WHERE log_offset = 2")
    async with thread.aggregator():
        await thread.read_up_to(104)
    assert await thread.connection.fetchval(stopped) is None
    assert await thread.connection.fetchval("SELECT count(*) FROM feedback.quarantine") == 102
    assert await thread.broken() == []


async def test_a_broker_whose_clock_runs_ahead_promises_nothing_that_has_not_come(
    thread: Thread, database: Database
) -> None:
    await thread.count(recorded())
    before = await thread.connection.fetchval(
        "UPDATE feedback.fence SET complete_until = NULL RETURNING clock_timestamp()"
    )
    store = Store(await asyncpg.connect(database.aggregator_dsn), RULES, STATE_KEYS, 16)
    try:
        (fence,) = (await store.load_fences([HOME])).values()
        an_hour_ahead = round((before.timestamp() + 3600) * 1000)
        read = Read(HOME, fence.epoch, 1, 2, b"", an_hour_ahead)
        await store.apply(Batch([read], [arrival(recorded(subject="ahead"), 1)], []))
    finally:
        await store.close()
    until = await thread.connection.fetchval(f"SELECT complete_until FROM feedback.fence WHERE partition = {HOME}")
    assert before < until < await thread.connection.fetchval("SELECT clock_timestamp()")
