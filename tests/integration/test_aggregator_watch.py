"""A record that is missing or doubled behind the aggregator's back raises a metric, and mending it takes that back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
from builders.events import recorded, submitted
from builders.thread import HOME, Thread
from prometheus_client import CollectorRegistry

from palautevirta.local.postgres import Database
from services.aggregator.telemetry import Telemetry
from services.aggregator.watch import Watch
from services.runtime.partitioning import partition_of

PROMISED_S = 60
NEIGHBOURS = [oid for oid in (f"1.2.246.562.10.{10**10 + n}" for n in range(100)) if partition_of(oid, 16) == HOME][:3]
"""Providers of one partition."""


class Leases:
    """Holds what a test says."""

    def __init__(self) -> None:
        self.held: Mapping[int, int] = {HOME: 1}


class Bench:
    """A watch over a database, whose looks a test takes one by one."""

    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self.leases = Leases()
        self.watch = Watch(self.leases, Telemetry(self.registry), {"dsn": database.aggregator_dsn})

    def round_ended(self) -> float | None:
        name = "aggregator_requests_compared_timestamp_seconds"
        return self.registry.get_sample_value(name, {"partition": str(HOME)})

    async def seen(self, name: str) -> float | None:
        await self.watch.look(HOME)
        return self.registry.get_sample_value(f"aggregator_{name}", {"partition": str(HOME)})


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    bench = Bench(database)
    yield bench
    await bench.watch.close()


async def within(seconds: float, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - a gauge can't be waited on
            await asyncio.sleep(0.05)


async def test_a_running_aggregator_tells_of_a_missing_ledger_row_within_a_minute_and_of_its_return(
    thread: Thread,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry = CollectorRegistry()
    monkeypatch.setattr("services.aggregator.watch._ROUND_S", 1.5)  # tests/unit holds it to 15 s
    monkeypatch.setattr("services.aggregator.app.CollectorRegistry", lambda: registry)

    def differs(value: int) -> bool:
        of_home = {"partition": str(HOME)}
        return registry.get_sample_value("aggregator_books_out_of_balance", of_home) == value

    await thread.post(recorded(), submitted(), b"{}")
    async with thread.aggregator():
        await thread.read_up_to(3)
        await within(PROMISED_S, lambda: differs(0))
        await thread.connection.execute("CREATE TABLE kept AS SELECT * FROM feedback.ledger WHERE log_offset = 1")
        await thread.connection.execute("DELETE FROM feedback.ledger WHERE log_offset = 1")
        await within(PROMISED_S, lambda: differs(1))
        await thread.connection.execute("INSERT INTO feedback.ledger SELECT * FROM kept")
        await within(PROMISED_S, lambda: differs(0))


@pytest.mark.parametrize(
    ("damage", "repair"),
    [
        (
            "UPDATE feedback.provider_day SET records = 2 * records",
            "UPDATE feedback.provider_day SET records = records / 2",
        ),
        (
            (
                "INSERT INTO feedback.provider_day"
                " SELECT partition, provider, day + 1, 1, 0, 0, 0 FROM feedback.provider_day"
            ),
            "DELETE FROM feedback.provider_day WHERE day = (SELECT max(day) FROM feedback.provider_day)",
        ),
        (
            "UPDATE feedback.provider_day SET duplicate = duplicate + 1",
            "UPDATE feedback.provider_day SET duplicate = duplicate - 1",
        ),
        (
            (
                "INSERT INTO feedback.ledger"
                " SELECT partition, provider, '\\x00', '', 1, 1, 0, now(), '' FROM feedback.request"
            ),
            "DELETE FROM feedback.ledger WHERE event_key = '\\x00'",
        ),
        (
            "UPDATE feedback.fence SET next_offset = next_offset + 1",
            "UPDATE feedback.fence SET next_offset = next_offset - 1",
        ),
        (
            "UPDATE feedback.quarantine SET log_offset = 7, partition = partition + 1",
            "UPDATE feedback.quarantine SET log_offset = 2, partition = partition - 1",
        ),
    ],
)
async def test_whatever_is_missing_or_doubled_in_the_books_is_seen_and_so_is_its_mending(
    thread: Thread,
    bench: Bench,
    damage: str,
    repair: str,
) -> None:
    await thread.post(recorded(), submitted(), b"{}")
    async with thread.aggregator():
        await thread.read_up_to(3)
    assert await bench.seen("books_out_of_balance") == 0
    await thread.connection.execute(damage)
    assert await bench.seen("books_out_of_balance") == 1
    await thread.connection.execute(repair)
    assert await bench.seen("books_out_of_balance") == 0


KEEP = """
    CREATE TABLE kept AS SELECT * FROM feedback.request;
    CREATE TABLE figures AS SELECT * FROM feedback.month_figure;
    CREATE TABLE histograms AS SELECT * FROM feedback.month_answers;
"""
MEND = """
    TRUNCATE feedback.request, feedback.month_figure, feedback.month_answers;
    INSERT INTO feedback.request SELECT * FROM kept;
    INSERT INTO feedback.month_figure SELECT * FROM figures;
    INSERT INTO feedback.month_answers SELECT * FROM histograms;
"""


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        ("TRUNCATE feedback.request, feedback.month_figure, feedback.month_answers", ["requests"]),
        ("DELETE FROM feedback.request WHERE background_at_us IS NULL", ["requests"]),
        ("UPDATE feedback.month_figure SET targets = 2 * targets", ["month_figures"]),
        ("DELETE FROM feedback.month_answers", ["month_answers"]),
        ("UPDATE feedback.request SET points = 2 * points", ["month_figures"]),
    ],
)
async def test_what_was_lost_or_doubled_on_both_sides_of_the_books_is_seen_and_so_is_its_mending(
    thread: Thread,
    bench: Bench,
    damage: str,
    names: list[str],
) -> None:
    await thread.count(recorded(), submitted(), submitted(subject="waits"), recorded(subject="r-2"))
    assert await bench.seen("books_out_of_balance") == 0
    await thread.connection.execute(KEEP)
    await thread.connection.execute(damage)
    assert await thread.broken() == names
    assert await bench.seen("books_out_of_balance") == 1
    await thread.connection.execute(MEND)
    assert await bench.seen("books_out_of_balance") == 0


async def test_who_cannot_be_compared_in_one_look_comes_in_the_next(
    thread: Thread,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await thread.count(*(recorded(providerid=provider) for provider in NEIGHBOURS))
    await thread.connection.execute(
        "DELETE FROM feedback.request WHERE provider IN (SELECT min(provider) FROM feedback.request"
        " UNION SELECT max(provider) FROM feedback.request)"
    )
    monkeypatch.setattr("services.aggregator.watch._ROUND_S", 0.0)  # one provider a look
    rounds = [
        (await bench.seen("books_out_of_balance"), bench.round_ended() is not None) for _ in range(len(NEIGHBOURS))
    ]
    assert rounds == [(1, False), (1, False), (1, True)]
    await thread.connection.execute("TRUNCATE feedback.ledger, feedback.request, feedback.month_figure")
    await thread.connection.execute("UPDATE feedback.provider_day SET duplicate = records")
    again = [await bench.seen("books_out_of_balance") for _ in NEIGHBOURS]
    assert again == [1, 1, 0]


async def test_age_and_number_of_what_stands_in_quarantine_are_told(
    thread: Thread,
    bench: Bench,
) -> None:
    first = recorded()
    await thread.post(first, b"{}", first | {"subject": "another"})
    async with thread.aggregator():
        await thread.read_up_to(3)
    await thread.connection.execute(
        "UPDATE feedback.quarantine SET received_at = received_at - interval '1 hour' WHERE log_offset = 1"
    )
    assert await bench.seen("quarantine_open") == 2
    assert await bench.seen("quarantine_oldest_seconds") == pytest.approx(3600, abs=60)
    await thread.connection.execute("UPDATE feedback.quarantine SET outcome = 'closed' WHERE log_offset = 1")
    assert await bench.seen("quarantine_open") == 1
    assert await bench.seen("quarantine_oldest_seconds") == pytest.approx(0, abs=60)
    await thread.connection.execute("UPDATE feedback.quarantine SET outcome = 'closed'")
    assert await bench.seen("quarantine_open") == 0
    assert await bench.seen("quarantine_oldest_seconds") == 0


async def test_of_a_partition_that_is_somebody_elses_nothing_more_is_told(
    thread: Thread,
    bench: Bench,
) -> None:
    await thread.post(recorded())
    async with thread.aggregator():
        await thread.read_up_to(1)
    assert await bench.seen("quarantine_open") == 0
    bench.leases.held = {}
    bench.watch.forget({HOME})
    assert await bench.seen("quarantine_open") is None
