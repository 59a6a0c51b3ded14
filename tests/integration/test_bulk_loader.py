"""The benchmarks' bulk loader leaves the database that the real apply makes of the same events, table by table."""

from collections import Counter
from collections.abc import Mapping

import asyncpg
import pytest
from benchmarks.history import History
from benchmarks.loader import PARTITIONS, Record, load, records_of
from builders.states import DECODER, KEYS, MODELS, RULES
from builders.tables import contents

from palautevirta.local.postgres import Database
from palautevirta.verification import verify
from schemas.national.surveys import SURVEY_KINDS
from services.aggregator.decode import Arrival
from services.aggregator.store import Batch, Read, Store
from services.runtime.partitioning import partition_of

HISTORY = History(4_000, years=2, stories=5_000)
BATCH = 700
OUTCOMES = {"counts", "cancelled", "excluded", "no_response", "withdrawn", "answered_after_window"}


def log() -> dict[int, list[Record]]:
    """The log of the history's events: providers by their partition, one after the other, period by period."""
    partitions: dict[int, list[Record]] = {}
    for provider in sorted(HISTORY.providers):
        records = partitions.setdefault(partition_of(provider, PARTITIONS), [])
        for period in HISTORY.periods:
            for asked in HISTORY.asked(provider, period):
                for story in asked.stories(MODELS, HISTORY.stories_a_cell):
                    for copy in range(story.copies):
                        records += records_of(story.copy(copy), len(records))
    return partitions


async def apply(dsn: str, partitions: Mapping[int, list[Record]]) -> None:
    """Decode and apply these logs as a lane does."""
    connection = await asyncpg.connect(dsn)
    store = Store(connection, RULES, KEYS, PARTITIONS)
    await store.prepare_partitions(range(PARTITIONS))
    await store.register_questionnaires()
    for partition, records in partitions.items():
        await store.open_fence(partition, 0, "topic", "log", 0, topic_id=b"")
        for at in range(0, len(records), BATCH):
            batch = records[at : at + BATCH]
            arrivals = [decoded for record in batch if isinstance(decoded := DECODER.decode(record), Arrival)]
            assert len(arrivals) == len(batch)
            fingerprint = DECODER.fingerprint(batch[-1])
            read = Read(partition, 0, at, at + len(batch), fingerprint, batch[-1].timestamp)
            applied = await store.apply(Batch([read], arrivals, []))
            assert applied.distinct == len(batch)
    await store.close()


@pytest.mark.timeout(60)
async def test_the_loaders_database_is_the_one_that_the_real_apply_makes(
    database: Database, second_database: Database
) -> None:
    loaded = await load(database.dsn, HISTORY, MODELS, KEYS)
    partitions = log()
    await apply(second_database.dsn, partitions)
    assert loaded.events == sum(map(len, partitions.values()))
    by_loader, by_apply = await contents(database.dsn), await contents(second_database.dsn)
    assert by_loader.keys() == by_apply.keys()
    # The loader numbers all organisations of the nation, also those that nobody of a small history went to.
    named, numbered = by_apply.pop("oid"), by_loader.pop("oid")
    assert [row for row in named if row not in numbered] == []
    for table, rows in by_apply.items():
        assert by_loader[table] == rows, table
    requests = by_loader["request"]
    assert len(requests) == loaded.requests
    assert {row["survey_kind"] for row in requests} - {None} == set(SURVEY_KINDS)
    assert {row["response"] for row in requests} >= OUTCOMES
    copies = Counter(row["subject"].rpartition(":")[0] for row in requests)
    assert len(set(copies.values())) > 3
    assert [finding.name for finding in await verify(database.dsn) if finding.broken_by] == []
