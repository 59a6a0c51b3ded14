"""`palautevirta recompute`: figures come to new rules under live traffic, and whatever interrupts it is harmless."""

import asyncio
import os
import re
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from builders.events import PROVIDER, body, recorded, submitted
from builders.model_versions import with_new_version
from builders.states import RULES
from builders.thread import Thread
from integration.test_erasure import ANSWERED, REQUEST, WITHDRAWN, places_of_answers, sums
from recount.ledger import Event
from traffic.load import load

from palautevirta.local.postgres import Database, create_database, drop_database
from services.aggregator.contribution import Rulebook
from services.aggregator.decode import DigestKeys
from services.aggregator.recomputation import Recomputation
from services.aggregator.recompute import OutOfBalance, Recompute, Recomputed
from services.runtime.partitioning import partition_of

SEED = 20260701
REQUESTS = 400
PARTITIONS = 16
TEMPLATE = "palautevirta_template"

MONTHS = "SELECT * FROM reporting.month_figure WHERE targets <> 0 ORDER BY 1, 2, 3, 4"
ANSWERS = "SELECT * FROM reporting.month_answers WHERE 0 < ANY (heads) ORDER BY 1, 2, 3, 4"
CONTRIBUTIONS = """
    SELECT provider, subject, target, response, month, target_days, respondent_days, points
    FROM reporting.request ORDER BY 1, 2
"""


def other_attribution(rules: dict[str, Any]) -> None:
    """Students count by their valid-from date until the end of 2025."""
    rules["attribution"]["valid_from_until"] = "2025-12-31"


def history() -> list[Event]:
    """Events of eight providers with every kind of trouble, as a collector lets them through."""
    return [
        planned.event
        for client in load(SEED, requests=REQUESTS, clients=1)
        for posting in client.postings
        for planned, status in zip(posting.planned, posting.expected, strict=True)
        if status == "accepted"
    ]


class Scene(Thread):
    """A log and a database, an aggregator between them when a test wants one, and an operator."""

    def __init__(self, kafka: str, topic: str, database: Database, producer: AIOKafkaProducer) -> None:
        super().__init__(kafka, topic, database, producer)
        self.counts: dict[int, int] = {}

    async def post_to_homes(self, events: Sequence[Event]) -> None:
        """Write events to their providers' partitions."""
        sent = []
        for event in events:
            partition = partition_of(event["providerid"], PARTITIONS)
            self.counts[partition] = self.counts.get(partition, 0) + 1
            sent.append(await self._producer.send(self._topic, body(event), partition=partition))
        await asyncio.gather(*sent)

    async def all_read(self, counts: Mapping[int, int]) -> None:
        """Wait until so many records of each partition are counted."""
        for partition, count in counts.items():
            await self.read_up_to(count, partition)

    async def another_connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        """One more, for a reader or for somebody who locks."""
        return await asyncpg.connect(self._database.dsn)

    async def tables(self) -> list[list[tuple[Any, ...]]]:
        """All figures, histograms and contributions."""
        return [[tuple(row) for row in await self.connection.fetch(sql)] for sql in (MONTHS, ANSWERS, CONTRIBUTIONS)]

    async def waiting(self, number: int) -> None:
        """Wait until at least so many transactions wait for a lock in this database."""
        await self.until(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            lambda value: value >= number,
        )

    async def started(self, *arguments: str, parameters: str = "") -> asyncio.subprocess.Process:
        """`palautevirta recompute …` as an operator would start it."""
        database = {"DATABASE_URL": self.settings["DATABASE_URL"] + parameters}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "palautevirta", "recompute", *arguments),
            env={**os.environ, **self.settings, **database},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def recompute(self, *arguments: str, parameters: str = "") -> tuple[int | None, str, str]:
        """The same to its end: exit code, what it says, and what it says meanwhile."""
        process = await self.started(*arguments, parameters=parameters)
        async with asyncio.timeout(60):
            told, meanwhile = await process.communicate()
        return process.returncode, told.decode(), meanwhile.decode()

    async def recompute_by(self, rules: Rulebook, **settings: str) -> list[Recomputed | None]:
        """What became of every provider under these rules; `settings` are its database session's."""
        connection = await asyncpg.connect(self._database.aggregator_dsn, server_settings=settings)
        store = Recompute(connection, rules, DigestKeys({1: b"1" * 32}), PARTITIONS)
        try:
            await store.register_questionnaires()
            return [await store.recompute(provider, lambda _: None) for provider in await store.providers()]
        finally:
            await store.close()


@asynccontextmanager
async def opened(kafka: str, topic: str, database: Database) -> AsyncIterator[Scene]:
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        scene = Scene(kafka, topic, database, producer)
        scene.connection = await asyncpg.connect(database.dsn)
        yield scene
        await scene.connection.close()


@pytest.fixture
async def scene(kafka: str, topic: str, database: Database) -> AsyncIterator[Scene]:
    async with opened(kafka, topic, database) as scene:
        yield scene


@pytest.fixture
async def always(kafka: str, topic: str, postgres: str, role_passwords: dict[str, str]) -> AsyncIterator[Scene]:
    """The same log over a second, empty database."""
    name = f"test_{secrets.token_hex(6)}"
    database = Database(await create_database(postgres, name, template=TEMPLATE), role_passwords)
    async with opened(kafka, topic, database) as scene:
        yield scene
    await drop_database(postgres, name)


async def test_new_rules_reach_what_was_counted_before_as_if_they_had_always_held(
    scene: Scene, always: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = with_new_version(tmp_path, other_attribution)
    monkeypatch.setattr("services.aggregator.recompute._REQUESTS_AT_ONCE", 7)
    await scene.post_to_homes(history())
    async with scene.aggregator():
        await scene.all_read(scene.counts)
    before = await scene.tables()
    assert await scene.broken() == []

    done = await scene.recompute_by(Rulebook(models))
    assert await scene.broken() == []
    after = await scene.tables()
    assert after != before
    assert sum(one.changed for one in done if one) == sum(
        old != new for old, new in zip(before[2], after[2], strict=True)
    ) > 10  # fmt: skip
    assert {one.wrong for one in done if one} == {0}
    assert await scene.connection.fetchval("SELECT array_agg(DISTINCT rules) FROM feedback.request") == [3]

    monkeypatch.setattr("services.aggregator.app.load_models", lambda: models)
    async with always.aggregator():
        await always.all_read(scene.counts)
    assert after == await always.tables()

    assert {(one.changed, one.wrong) for one in await scene.recompute_by(Rulebook(models)) if one} == {(0, 0)}
    assert await scene.tables() == after


async def test_wrong_contributions_and_wrong_month_rows_are_healed_and_said(scene: Scene) -> None:
    await scene.post_to_homes(history())
    async with scene.aggregator():
        await scene.all_read(scene.counts)
    right = await scene.tables()
    provider = await scene.connection.fetchval(
        "SELECT provider FROM reporting.request WHERE points > 0 GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    number = await scene.connection.fetchval("SELECT id FROM feedback.oid WHERE oid = $1", provider)
    planted = await scene.connection.fetch(
        "UPDATE feedback.request SET points = points + 1 WHERE points > 0 AND provider = $1 RETURNING month", number
    )
    await scene.connection.execute(
        """
        INSERT INTO feedback.month_figure (partition, provider, month, survey_kind, entrepreneur, targets, respondents,
                                           target_days, respondent_days, points)
        SELECT partition, id, '2019-01-01', 'workplace', true, 7, 7, 7, 7, 7 FROM feedback.oid WHERE id = $1
        """,
        number,
    )
    (histogram,) = await scene.connection.fetch(
        """
        UPDATE feedback.month_answers SET heads[1] = heads[1] + 3
        WHERE (partition, provider, month, survey_kind, questionnaire) = (
            SELECT partition, provider, month, survey_kind, questionnaire FROM feedback.month_answers
            WHERE provider = $1 AND 0 < ANY (heads) ORDER BY month LIMIT 1
        )
        RETURNING month
        """,
        number,
    )
    assert await scene.broken() == ["month_answers", "month_figures"]
    assert histogram["month"] is not None

    code, told, meanwhile = await scene.recompute("--provider", provider)
    cells = await scene.connection.fetchval(
        """
        SELECT count(DISTINCT (month, survey_kind, entrepreneur)) FROM feedback.request
        WHERE provider = $1 AND points > 0
        """,
        number,
    )
    assert (code, meanwhile.splitlines()) == (
        0,
        [f"{provider}  {cells + 2} month rows weren't the sum of what was counted, and now are"],
    )
    requests = await scene.connection.fetchval("SELECT count(*) FROM feedback.request WHERE provider = $1", number)
    assert told == (
        f"1 provider, {requests:,} requests looked at, {len(planted):,} contributions changed, "
        f"{cells + 2} month rows healed\n"
    )
    assert await scene.broken() == []
    assert await scene.tables() == right
    code, told, meanwhile = await scene.recompute()
    assert (code, meanwhile) == (0, "")
    assert told.endswith(" 0 contributions changed, 0 month rows healed\n")


async def test_a_live_lane_waits_for_a_provider_and_goes_on_where_it_stood(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine: the recompute mustn't give up after the role's lock_timeout of 10 s, before the lane
    # stands behind it, nor may the aggregator lose its leases, which can't be taken while somebody holds the fence row.
    patient = {"lock_timeout": "0", "transaction_timeout": "0"}
    monkeypatch.setattr("services.aggregator.leases.LEASE", timedelta(minutes=5))
    await scene.post(recorded(), submitted())
    async with scene.aggregator():
        await scene.read_up_to(2)
        epochs = "SELECT array_agg(epoch ORDER BY partition) FROM feedback.fence"
        held = await scene.connection.fetchval(epochs)
        await scene.connection.execute("UPDATE feedback.request SET points = points + 5")
        await scene.connection.execute("UPDATE feedback.month_figure SET points = points + 5")
        reader = await scene.another_connection()
        try:
            async with reader.transaction():
                await reader.execute("SELECT FROM feedback.request FOR UPDATE")
                recomputing = asyncio.create_task(scene.recompute_by(RULES, **patient))
                await scene.waiting(1)
                await scene.post(recorded(subject="r-2"))
                await scene.waiting(2)
                assert await scene.broken() == []
                figures = "SELECT targets, points FROM feedback.month_figure"
                assert tuple(await scene.connection.fetchrow(figures)) == (1, 9)
        finally:
            await reader.close()
        async with asyncio.timeout(20):
            assert await recomputing == [Recomputed(requests=1, changed=1, wrong=0)]
        await scene.read_up_to(3)
        assert await scene.broken() == []
        assert tuple(await scene.connection.fetchrow(figures)) == (2, 4)
        assert await scene.connection.fetchval(epochs) == held


async def test_killed_in_the_middle_of_a_provider_while_events_arrive_it_leaves_all_in_balance(scene: Scene) -> None:
    events = history()
    first, later = events[: len(events) // 2], events[len(events) // 2 :]
    await scene.post_to_homes(first)
    async with scene.aggregator():
        await scene.all_read(scene.counts)
        sql = "UPDATE feedback.request SET points = points + 1 WHERE response = 'counts' RETURNING 1"
        planted = len(await scene.connection.fetch(sql))
        await scene.connection.execute("UPDATE feedback.month_figure SET points = points + respondents")
        order = [
            row["provider"]
            for row in await scene.connection.fetch(
                """
                SELECT DISTINCT o.partition, o.oid AS provider
                FROM feedback.request r JOIN feedback.oid o ON o.id = r.provider
                WHERE r.response = 'counts' ORDER BY 1, 2
                """
            )
        ]
        middle = order[len(order) // 2]
        holder = await scene.another_connection()
        try:
            async with holder.transaction():
                await holder.execute(
                    """
                    SELECT FROM feedback.request
                    WHERE response = 'counts' AND provider = (SELECT id FROM feedback.oid WHERE oid = $1)
                    ORDER BY subject DESC LIMIT 1 FOR UPDATE
                    """,
                    middle,
                )
                process = await scene.started(parameters="?lock_timeout=0&transaction_timeout=0")
                await scene.waiting(1)
                await scene.post_to_homes(later)
                process.send_signal(signal.SIGKILL)
                assert await process.wait() == -signal.SIGKILL
                assert await scene.broken() == []
        finally:
            await holder.close()
        await scene.all_read(scene.counts)
        assert await scene.broken() == []
        code, told, _ = await scene.recompute()
        assert code == 0
        changed = re.search(r", ([0-9,]+) contributions changed, 0 month rows healed", told)
        assert changed is not None
        assert 0 < int(changed[1].replace(",", "")) < planted, "the first run was in the middle"
        assert await scene.broken() == []
    assert {one.changed for one in await scene.recompute_by(RULES) if one} == {0}


async def test_withdrawn_answers_are_nowhere_after_a_recompute(scene: Scene) -> None:
    await scene.post(REQUEST, ANSWERED)
    async with scene.aggregator():
        await scene.read_up_to(2)
        await scene.connection.execute("CREATE TABLE kept AS SELECT * FROM feedback.month_answers")
        await scene.post(WITHDRAWN)
        await scene.read_up_to(3)
    # As if the withdrawal had left the answers in the histograms.
    await scene.connection.execute("UPDATE feedback.month_answers m SET heads = kept.heads FROM kept")
    await scene.connection.execute("DROP TABLE kept")
    assert {row["heads"] for row in await sums(scene.connection)} == {0, 1}
    code, told, _ = await scene.recompute()
    assert (code, told) == (0, "1 provider, 1 request looked at, 0 contributions changed, 1 month row healed\n")
    assert {row["heads"] for row in await sums(scene.connection)} == {0}
    assert await places_of_answers(scene.connection, b"") == set()
    assert await scene.broken() == []


async def test_what_a_newer_release_counted_is_left_as_it_was(scene: Scene, tmp_path: Path) -> None:
    await scene.post(recorded(), submitted())
    async with scene.aggregator():
        await scene.read_up_to(2)
    await scene.recompute_by(Rulebook(with_new_version(tmp_path, other_attribution)))
    before = await scene.tables()
    code, told, meanwhile = await scene.recompute()
    assert (code, meanwhile) == (1, f"{PROVIDER}  left as it was: it was counted under newer rules\n")
    assert told.startswith("0 providers, 0 requests looked at")
    assert await scene.tables() == before


async def test_a_provider_that_never_posted_is_named_and_nothing_is_done(scene: Scene) -> None:
    await scene.post(recorded())
    async with scene.aggregator():
        await scene.read_up_to(1)
    await scene.connection.execute("UPDATE feedback.month_figure SET points = 5")
    code, _, meanwhile = await scene.recompute("--provider", "1.2.246.562.10.10000000077", "--provider", PROVIDER)
    assert code == 2
    assert "nothing was ever posted for 1.2.246.562.10.10000000077" in meanwhile
    assert await scene.broken() == ["month_figures"]


async def test_a_provider_that_takes_too_long_stops_it_and_is_left_as_it_was(scene: Scene) -> None:
    await scene.post(recorded(), submitted())
    async with scene.aggregator():
        await scene.read_up_to(2)
    await scene.connection.execute("UPDATE feedback.month_figure SET points = 99")
    holder = await scene.another_connection()
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM feedback.month_figure FOR UPDATE")
            code, _, meanwhile = await scene.recompute(parameters="?transaction_timeout=200ms")
    finally:
        await holder.close()
    assert code == 2
    assert f"while recomputing {PROVIDER}. Done so far: 0 providers" in meanwhile
    assert await scene.broken() == ["month_figures"]


async def test_a_partition_that_stays_busy_stops_it_and_it_says_so(scene: Scene) -> None:
    await scene.post(recorded(), submitted())
    async with scene.aggregator():
        await scene.read_up_to(2)
    holder = await scene.another_connection()
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM feedback.fence FOR UPDATE")
            code, _, meanwhile = await scene.recompute(parameters="?lock_timeout=200ms")
    finally:
        await holder.close()
    assert code == 2
    assert f"kept the partition busy for longer than lock_timeout while recomputing {PROVIDER}" in meanwhile


async def test_a_recompute_that_would_put_figures_out_of_balance_is_not_committed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.post(recorded(), submitted())
    async with scene.aggregator():
        await scene.read_up_to(2)
    await scene.connection.execute("UPDATE feedback.request SET points = points + 1")
    await scene.connection.execute("UPDATE feedback.month_figure SET points = points + 1")
    before = await scene.tables()

    def forgetful(_: Recomputation, stored: Iterable[Any], *, look_at: Any = Recomputation.look_at) -> list[Any]:
        look_at(_, stored)
        return []

    monkeypatch.setattr(Recomputation, "look_at", forgetful)
    with pytest.raises(OutOfBalance, match="1 rows break the statement month_figures"):
        await scene.recompute_by(RULES)
    assert await scene.tables() == before
