"""Answers that were withdrawn stand nowhere: no column of any table, no quarantine, no line of the aggregator's log.

The rows are searched for what betrays the answers: their stored bytes, their JSON, and a text that only an invalid
copy of them holds. What stays is the ledger's keyed digest, from which nobody without the key can tell answers.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from builders.events import PROVIDER, answers, body, recorded, submitted, withdrawn
from builders.process import aggregator_environ, aggregator_process
from builders.states import arrival

from palautevirta.local.postgres import Database
from services.aggregator.merge import ResponseRegister
from services.runtime.partitioning import partition_of

HOME = partition_of(PROVIDER, 16)
GIVEN = {"start_01": 1, "start_02": 5, "start_nps": {"nps": 7}, "start_reason": {"choice": "interest"}}
STRANGE = "distinctive_a8f3c1"

REQUEST = recorded()
ANSWERED = submitted(answers(**GIVEN), id="answered")
CONFLICT = ANSWERED | {"data": ANSWERED["data"] | {"answers": answers(**GIVEN | {"start_02": 4})}}
INVALID = submitted([{"question": "start_reason", "choice": STRANGE}], id="invalid", questionnaire=STRANGE)
WITHDRAWN = withdrawn(time="2025-08-20T10:00:00+03:00")


def traces() -> list[bytes]:
    """What betrays the answers, in whichever form they could stand in a column or a line of a log."""
    found = [STRANGE.encode(), b"start_nps", b"interest"]
    for event in (ANSWERED, CONFLICT):
        register = arrival(event).register
        assert isinstance(register, ResponseRegister)
        assert register.answers
        found += [register.answers, register.answers.hex().encode()]
    return found


async def columns(connection: "asyncpg.Connection[asyncpg.Record]") -> list[tuple[str, str]]:
    """Every table of every schema that isn't Postgres' own, with its columns, without what describes forms."""
    rows = await connection.fetch(
        """
        SELECT format('%I.%I', n.nspname, c.relname) AS place, quote_ident(a.attname) AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relname NOT IN ('questionnaire_slot', 'schema_migration')
        """
    )
    return [(row["place"], row["name"]) for row in rows]


async def places_of_answers(connection: "asyncpg.Connection[asyncpg.Record]", log: bytes) -> set[str]:
    """Where the answers can be found."""
    found = {"log"} if any(trace in log for trace in traces()) else set()
    for place, name in await columns(connection):
        for (value,) in await connection.fetch(f"SELECT {name}::text FROM {place}"):
            if value is not None and any(shows(value.encode(), trace) for trace in traces()):
                found.add(f"{place}.{name}")
    return found


def shows(text: bytes, trace: bytes) -> bool:
    """Whether a column's text holds the trace, as it stands or as the hexadecimal digits of bytes."""
    return trace in text or trace.hex().encode() in text


class Aggregating:
    """An aggregator in a process of its own, and all that it wrote to its log."""

    def __init__(self, kafka: str, topic: str, database: Database, log: Path) -> None:
        self._environ = aggregator_environ(kafka, topic, database) | {"LOG_LEVEL": "DEBUG"}
        self._kafka = kafka
        self._topic = topic
        self.log = log

    async def work_off(
        self, connection: "asyncpg.Connection[asyncpg.Record]", records: Sequence[dict[str, Any]], expected: int
    ) -> None:
        """Write records one by one, each when the one before it was applied, until the fence stands at `expected`."""
        sql = "SELECT next_offset FROM feedback.fence WHERE partition = $1"
        async with (
            aggregator_process(self._environ, log=self.log),
            asyncio.timeout(60),
            AIOKafkaProducer(bootstrap_servers=self._kafka, acks="all") as producer,
        ):
            for offset, record in enumerate(records, expected - len(records)):
                await producer.send_and_wait(self._topic, body(record), partition=HOME)
                while await connection.fetchval(sql, HOME) != offset + 1:  # noqa: ASYNC110 - the database has no event
                    await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "order",
    [
        (REQUEST, ANSWERED, WITHDRAWN),
        (WITHDRAWN, ANSWERED, REQUEST),
        (REQUEST, ANSWERED, CONFLICT, INVALID, WITHDRAWN),
        (REQUEST, WITHDRAWN, INVALID, ANSWERED, CONFLICT),
    ],
    ids=["withdrawn_last", "withdrawn_first", "bad_copies_before", "bad_copies_after"],
)
async def test_withdrawn_answers_stand_nowhere(
    kafka: str, topic: str, database: Database, tmp_path: Path, order: tuple[dict[str, Any], ...]
) -> None:
    connection = await asyncpg.connect(database.dsn)
    aggregating = Aggregating(kafka, topic, database, tmp_path / "aggregator.log")
    try:
        await aggregating.work_off(connection, order, len(order))
        bad = await connection.fetch("SELECT reason FROM feedback.quarantine ORDER BY reason")
        assert [row["reason"] for row in bad] == (["conflict", "unknown_questionnaire"] if CONFLICT in order else [])
        assert await places_of_answers(connection, aggregating.log.read_bytes()) == set()
        assert {row["heads"] for row in await sums(connection)} <= {0}
    finally:
        await connection.close()


async def sums(connection: "asyncpg.Connection[asyncpg.Record]") -> Sequence[asyncpg.Record]:
    return await connection.fetch("SELECT DISTINCT unnest(heads || days) AS heads FROM feedback.month_answers")


async def test_the_search_finds_answers_while_they_stand(
    kafka: str, topic: str, database: Database, tmp_path: Path
) -> None:
    connection = await asyncpg.connect(database.dsn)
    aggregating = Aggregating(kafka, topic, database, tmp_path / "aggregator.log")
    try:
        await aggregating.work_off(connection, (REQUEST, ANSWERED), 2)
        assert await places_of_answers(connection, b"") == {f"feedback.request_{HOME}.answers"}
        await aggregating.work_off(connection, (WITHDRAWN,), 3)
        assert await places_of_answers(connection, aggregating.log.read_bytes()) == set()
    finally:
        await connection.close()
