"""Editions over a real Postgres: what the aggregator's own apply counted is frozen, and nothing changes it any more."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import asyncpg
import pytest
from builders.applied import COMPLETE, AppliedLog, applied_log
from builders.events import cancelled, withdrawn
from builders.small_nation import (
    AS_OF,
    COOK,
    INSTITUTION,
    MERGERS,
    ORGANISATIONS,
    PERIOD,
    SITE,
    A,
    B,
    C,
    load_reference_data,
    load_shares,
    small_nation,
)
from builders.states import MODELS
from builders.surveys import survey

from palautevirta.local.postgres import Database
from palautevirta.verification import verify
from schemas.national.parameters import EntrepreneurFactor
from schemas.national.version import NationalModel
from services.editions import store
from services.editions.plan import Refusal
from services.editions.settings import EditionsSettings
from services.editions.store import Digests, Published, check, publish

PARTS = ("", "_offset", "_cell", "_answers", "_structure", "_organisation", "_coefficient", "_funding_input")
AUGUST = date(2024, 8, 12)
STRAY = "INSERT INTO feedback.edition_structure VALUES ($1, 'x', 'y')"


@pytest.fixture
async def log(database: Database) -> AsyncIterator[AppliedLog]:
    """The small nation, applied."""
    async with applied_log(database.aggregator_dsn) as log:
        await log.apply(*small_nation())
        await log.mark_complete()
        await load_reference_data(database.dsn)
        await load_shares(database.dsn)
        yield log


@pytest.fixture
async def connection(database: Database) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """The database, as its owner."""
    connection = await asyncpg.connect(database.dsn)
    yield connection
    await connection.close()


def settings_of(database: Database) -> EditionsSettings:
    return EditionsSettings.model_validate({"database_url": database.editions_dsn})


async def cut(database: Database, model: NationalModel = MODELS.newest, **asked: Any) -> Published:
    published = await publish(
        settings_of(database), model, **{"period": PERIOD, "as_of": AS_OF, "draft": False} | asked
    )
    assert isinstance(published, Published), published
    return published


async def all_of(connection: "asyncpg.Connection[asyncpg.Record]", number: int) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of an edition, part by part."""
    return {
        part: [
            tuple(row)
            for row in await connection.fetch(
                f"SELECT * FROM feedback.edition{part} e WHERE {'edition' if part else 'number'} = $1 ORDER BY e",
                number,
            )
        ]
        for part in PARTS
    }


async def storm(log: AppliedLog, database: Database) -> None:
    """All that may happen later: requests, corrections, cancellations, withdrawals, answers, mergers, a new table."""
    later = "2024-12-24T12:00:00+02:00"
    await log.apply(
        *survey("new", "start", AUGUST, targets=9, respondents=9, provider=C),
        *survey("new-work", "workplace", date(2024, 11, 1), targets=3, respondents=2, days=9, provider=B),
        *(
            event | {"id": f"again-{number}", "time": later}
            for number, event in enumerate(
                survey("a-august", "completion_whole", AUGUST, targets=2, respondents=2, score=1, provider=A)
            )
        ),
        *(cancelled(subject=f"b-august-{number}", providerid=B, time=later) for number in (1, 6)),
        *(withdrawn(subject=f"a-whole-{number}", providerid=A, time=later) for number in (1, 2)),
        withdrawn(subject="a-february-1", providerid=A, time=later),
    )
    await log.mark_complete(COMPLETE + timedelta(days=1))
    others = tuple((*row[:3], f"{row[3]} uusi", row[4], []) for row in ORGANISATIONS)
    await load_shares(database.dsn, ((A, "4/5"), (C, "1/5")))
    await load_reference_data(database.dsn, others, (*MERGERS, (C, A, date(2025, 2, 1))))


def other_rules() -> NationalModel:
    """A model version that counts otherwise: a coefficient that is always 2, and copies without 9/8."""
    rules = MODELS.newest.rules
    row = rules.coefficients[-1]
    always = row.pieces[-1].model_copy(update={"branch": "constant", "polynomial": (Fraction(2),)})
    changed = row.model_copy(update={"pieces": (always,)})
    return replace_rules(
        coefficients=(*rules.coefficients[:-1], changed),
        entrepreneur_factor=(EntrepreneurFactor(from_period="2018-2019", factor=Fraction(1)),),
    )


def replace_rules(**changes: Any) -> NationalModel:
    model = MODELS.newest
    return model.model_copy(update={"version": "2099.1", "rules": model.rules.model_copy(update=changes)})


async def test_nothing_that_happens_later_changes_an_edition(
    log: AppliedLog, database: Database, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    first = await cut(database)
    frozen = await all_of(connection, first.number)
    await storm(log, database)
    assert [finding.name for finding in await verify(database.dsn) if finding.broken_by] == []
    second = await cut(database, other_rules())
    assert second.digest != first.digest
    assert await all_of(connection, first.number) == frozen
    later = await all_of(connection, second.number)
    for part in PARTS:
        assert [row[1:] for row in frozen[part]] != [row[1:] for row in later[part]]
    assert await check(settings_of(database), first.number) == Digests(first.digest, first.digest)
    assert await check(settings_of(database), second.number) == Digests(second.digest, second.digest)


async def test_the_same_inputs_give_the_same_digest_also_as_a_draft_and_at_another_moment(
    log: AppliedLog, database: Database
) -> None:
    first = await cut(database)
    await log.mark_complete(COMPLETE + timedelta(days=1))
    second = await cut(database, draft=True)
    assert (second.number, second.digest) == (first.number + 1, first.digest)
    assert second.complete_until != first.complete_until


async def test_an_edition_is_of_one_moment_whatever_is_applied_while_it_is_cut(
    log: AppliedLog, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await cut(database)
    freeze_sums = store._freeze_sums  # noqa: SLF001 - the middle of the transaction

    async def then_a_storm(*arguments: Any) -> int:
        cells = await freeze_sums(*arguments)
        await storm(log, database)
        return cells

    monkeypatch.setattr(store, "_freeze_sums", then_a_storm)
    assert (await cut(database)).digest == before.digest


@pytest.mark.usefixtures("log")
async def test_editions_that_are_cut_at_once_get_numbers_one_after_the_other(database: Database) -> None:
    found = await asyncio.gather(*(cut(database) for _ in range(4)))
    assert sorted(one.number for one in found) == [1, 2, 3, 4]
    assert len({one.digest for one in found}) == 1


@pytest.mark.parametrize("asked", [{"as_of": date(2025, 4, 15)}, {"period": "2023-2024"}])
@pytest.mark.usefixtures("log")
async def test_another_question_gives_another_digest(database: Database, asked: dict[str, Any]) -> None:
    assert (await cut(database)).digest != (await cut(database, **asked)).digest


async def test_each_input_is_in_the_digest(log: AppliedLog, database: Database) -> None:
    digests = [(await cut(database)).digest, (await cut(database, other_rules())).digest]
    await load_reference_data(database.dsn, mergers=())
    digests.append((await cut(database)).digest)
    await load_shares(database.dsn, ())
    digests.append((await cut(database)).digest)
    await log.apply(*survey("late", "start", date(2025, 1, 13), targets=1, provider=A))
    digests.append((await cut(database)).digest)
    await log.apply(*survey("in-time", "start", AUGUST, targets=1, provider=A))
    digests.append((await cut(database)).digest)
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.usefixtures("log")
async def test_the_database_refuses_to_change_an_edition_even_to_its_owner(
    database: Database, connection: "asyncpg.Connection[asyncpg.Record]", part: str
) -> None:
    number = (await cut(database)).number
    table = f"feedback.edition{part}"
    name = "edition" if part else "number"
    statements = [f"UPDATE {table} SET {name} = {name}", f"DELETE FROM {table}", f"TRUNCATE {table}"]
    if part:
        row = (await all_of(connection, number))[part][0]
        assert row[0] == number
        statements.append(f"INSERT INTO {table} SELECT * FROM {table}")
    for statement in statements:
        with pytest.raises(asyncpg.RestrictViolationError if "INSERT" not in statement else asyncpg.PostgresError):
            await connection.execute(statement)


TAMPERING = {
    "": "as_of = as_of + 1",
    "_offset": "next_offset = next_offset + 1",
    "_cell": "points = points + 1",
    "_answers": "heads = heads || 1::bigint",
    "_structure": "successor = provider",
    "_organisation": "funded_years = '{2099}'",
    "_coefficient": "value = '1'",
    "_funding_input": "share = '1/3'",
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.usefixtures("log")
async def test_who_gets_around_the_triggers_is_told_by_the_digest(
    database: Database, connection: "asyncpg.Connection[asyncpg.Record]", part: str
) -> None:
    published = await cut(database)
    await connection.execute(f"ALTER TABLE feedback.edition{part} DISABLE TRIGGER frozen")
    await connection.execute(f"UPDATE feedback.edition{part} SET {TAMPERING[part]}")
    found = await check(settings_of(database), published.number)
    assert found is not None
    assert found.sealed == published.digest != found.stored


@pytest.mark.usefixtures("log")
async def test_no_row_is_added_to_a_sealed_edition(
    database: Database, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    number = (await cut(database)).number
    with pytest.raises(asyncpg.RestrictViolationError, match="never changes"):
        await connection.execute("INSERT INTO feedback.edition_structure VALUES ($1, 'x', 'y')", number)
    for dsn in (database.reporting_dsn, database.aggregator_dsn, database.editions_dsn):
        role = await asyncpg.connect(dsn)
        with pytest.raises(asyncpg.PostgresError):
            await role.execute("DELETE FROM feedback.edition_cell")
        await role.close()


@pytest.mark.parametrize("isolation", ["read_committed", "repeatable_read"])
@pytest.mark.usefixtures("log")
async def test_no_row_is_added_by_a_transaction_that_began_before_the_head(database: Database, isolation: Any) -> None:
    other = await asyncpg.connect(database.editions_dsn)
    adding = other.transaction(isolation=isolation)
    await adding.start()
    await other.fetchval("SELECT count(*) FROM feedback.edition")
    published = await cut(database)
    with pytest.raises((asyncpg.RestrictViolationError, asyncpg.SerializationError)):
        await other.execute(STRAY, published.number)
    await adding.rollback()
    await other.close()


@pytest.mark.usefixtures("log")
async def test_rows_of_an_edition_that_is_not_cut_yet_are_neither_published_nor_added_meanwhile(
    database: Database,
) -> None:
    other = await asyncpg.connect(database.editions_dsn)
    adding = other.transaction()
    await adding.start()
    await other.execute(STRAY, 1)
    cutting = asyncio.create_task(cut(database))
    watching = await asyncpg.connect(database.dsn)
    async with asyncio.timeout(20):
        while not cutting.done() and not await watching.fetchval(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
        ):
            await asyncio.wait([cutting], timeout=0.02)
    await watching.close()
    await adding.commit()
    with pytest.raises(store.EditionsUnavailable, match="SerializationError"):
        await cutting
    await other.close()
    refused = await publish(settings_of(database), MODELS.newest, period=PERIOD, as_of=AS_OF, draft=False)
    assert isinstance(refused, Refusal)
    assert "Rows of edition 1 stand already" in refused.detail


@pytest.mark.usefixtures("log")
async def test_without_the_row_of_turns_nothing_is_cut(
    database: Database, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await connection.execute("TRUNCATE feedback.edition_turn")
    with pytest.raises(store.EditionsUnavailable, match="lost its row"):
        await cut(database)


async def test_withdrawn_answers_are_nowhere_in_an_edition_that_is_cut_later(
    log: AppliedLog, database: Database, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    everything = [
        withdrawn(subject=event["subject"], providerid=event["providerid"], time="2026-01-05T12:00:00+02:00")
        for event in small_nation()
        if event["type"] == "fi.feedback.response.submitted.v1"
    ]
    before = await all_of(connection, (await cut(database)).number)
    await log.apply(*everything)
    after = await all_of(connection, (await cut(database)).number)
    assert len(before["_answers"]) > 5
    assert after["_answers"] == []
    assert {(row[10], row[12], row[13]) for row in after["_cell"]} == {(0, 0, 0)}
    assert [row[9] for row in after["_cell"]] == [row[9] for row in before["_cell"]]


@pytest.mark.usefixtures("log")
async def test_cells_are_of_the_months_that_are_out_and_of_those_that_stand_for_others(
    database: Database, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    cells = [
        (str(row[2])[:7], row[3], row[1][-1], row[4][-1:], row[5][-1:], row[6], row[7], str(row[8])[:7], *row[9:])
        for row in (await all_of(connection, (await cut(database)).number))["_cell"]
    ]
    i, s = INSTITUTION[-1], SITE[-1]
    assert cells == [
        ("2024-08", "start", "1", i, s, COOK, False, "2024-08", 5, 4, 0, 0, 20),
        ("2024-09", "start", "1", i, "", "351301", False, "2024-09", 5, 2, 0, 0, 6),
        ("2024-10", "completion_whole", "1", i, s, COOK, False, "2024-10", 4, 4, 0, 0, 20),
        ("2024-10", "completion_parts", "1", i, s, COOK, False, "2024-10", 2, 1, 0, 0, 4),
        ("2024-11", "workplace_instructor", "1", i, "", "351301", False, "2024-11", 1, 1, 0, 0, 0),
        ("2024-11", "workplace_instructor", "1", i, s, COOK, False, "2024-11", 2, 1, 50, 20, 80),
        ("2024-11", "workplace", "1", i, s, COOK, False, "2024-11", 1, 1, 10, 10, 50),
        ("2024-11", "workplace", "1", i, s, COOK, True, "2024-11", 1, 1, 20, 20, 80),
        ("2025-02", "start", "1", i, s, COOK, False, "2024-02", 5, 4, 0, 0, 20),
        ("2024-08", "start", "2", "", "", "351301", False, "2024-08", 10, 5, 0, 0, 20),
        ("2024-08", "start", "3", "", "", "351301", False, "2024-08", 2, 2, 0, 0, 10),
    ]


@pytest.mark.usefixtures("log")
async def test_coefficients_are_of_merged_providers_over_the_months_that_are_out_and_over_the_estimate(
    database: Database, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    found = (await all_of(connection, (await cut(database)).number))["_coefficient"]
    assert [(row[1], row[2], row[3][-1], *row[4:]) for row in found if row[2] == "start"] == [
        (False, "start", "1", "11/20", "linear", "53/30"),
        (False, "start", "3", "1", "reciprocal", "1"),
        (True, "start", "1", "3/5", "reciprocal", "5/3"),
        (True, "start", "3", "1", "reciprocal", "1"),
    ]
    assert {row[2:] for row in found if row[2].startswith("workplace")} == {
        ("workplace_instructor", A, "2/5", "linear", "31/15")
    }
    as_it_was = await cut(database, as_of=date(2025, 2, 28) - timedelta(days=60))
    assert (await all_of(connection, as_it_was.number))["_structure"] == []


@pytest.mark.usefixtures("log")
async def test_the_copy_is_out_when_the_workplace_survey_is(
    database: Database, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    number = (await cut(database, as_of=date(2025, 2, 28))).number
    kinds = {row[3] for row in (await all_of(connection, number))["_cell"]}
    assert "workplace_instructor" in kinds
    assert "workplace" not in kinds


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"period": "2024-2026"}, "two consecutive years"),
        ({"period": "2017-2018"}, "no rules for periods before 2018-2019"),
        ({"as_of": date(2024, 9, 30)}, "Nothing of 2024-2025 is out on 2024-09-30: its first month is from 2024-10-01"),
        ({"as_of": date(1, 1, 1)}, "no rules for days before 2018-07-01: 0001-01-01"),
        ({"as_of": date(2199, 1, 1)}, "2199-01-01 is still to come"),
    ],
)
@pytest.mark.usefixtures("log")
async def test_what_cannot_be_published_is_refused_and_leaves_nothing(
    database: Database, connection: "asyncpg.Connection[asyncpg.Record]", asked: dict[str, Any], told: str
) -> None:
    refused = await publish(
        settings_of(database), MODELS.newest, **{"period": PERIOD, "as_of": AS_OF, "draft": False} | asked
    )
    assert isinstance(refused, Refusal)
    assert told in refused.detail
    assert await connection.fetchval("SELECT count(*) FROM feedback.edition") == 0


@pytest.mark.usefixtures("log")
async def test_what_other_rules_counted_is_published_as_a_draft_at_most(
    database: Database, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    newer = MODELS.newest.model_copy(update={"number": MODELS.newest.number + 1})
    refused = await publish(settings_of(database), newer, period=PERIOD, as_of=AS_OF, draft=False)
    assert isinstance(refused, Refusal)
    assert "44 requests were counted by other rules: run palautevirta recompute" in refused.detail
    assert (await cut(database, newer, draft=True)).number == 1
    row = await connection.fetchrow("SELECT counted_by, counted_otherwise FROM feedback.edition")
    assert tuple(row) == ([MODELS.newest.number], 44)


@pytest.mark.parametrize(
    "mistake",
    [
        "UPDATE feedback.month_figure SET points = points + 1 WHERE month = '2024-02-01'",
        "UPDATE feedback.month_answers SET heads[2] = heads[2] + 1 WHERE month = '2024-02-01'",
        "DELETE FROM feedback.month_answers WHERE month = '2024-02-01'",
    ],
)
@pytest.mark.usefixtures("log")
async def test_a_record_that_disagrees_with_itself_is_not_published(
    database: Database, connection: "asyncpg.Connection[asyncpg.Record]", mistake: str
) -> None:
    await connection.execute(mistake)
    refused = await publish(settings_of(database), MODELS.newest, period=PERIOD, as_of=AS_OF, draft=False)
    assert isinstance(refused, Refusal)
    assert "palautevirta verify" in refused.detail
    assert [await connection.fetchval(f"SELECT count(*) FROM feedback.edition{part}") for part in PARTS] == [0] * len(
        PARTS
    )
