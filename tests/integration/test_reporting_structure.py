"""Mergers, loaded as an operator does and seen through HTTP (national model §5)."""

import random
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
from builders.reporting import AUGUST, CAR, COOK, NATIONAL, SEPTEMBER, A, Asking, B, C, Record, answered

from palautevirta.local.postgres import Database
from palautevirta.reference_data.loading import MERGERS, Loaded, load

START = "/v1/figures?survey=start&period=2025-2026"
LATEST = f"{START}&structure=latest"
LONG_AGO = date(2024, 1, 1)


def survey(record: Record, provider: str, month: date, respondents: int, **columns: Any) -> None:
    """Ten requests, of which some were answered with 10 points each."""
    answers = answered("start-2025", {"start_01": 4, "start_reason": 1})
    for number in range(10):
        record.request(provider, month, **columns, **({"points": 10} | answers if number < respondents else {}))


@pytest.fixture
async def filled(database: Database) -> None:
    """A: 9 of 10 and 90 points; B: 1 of 10 and 10 points; C: 5 of 10 and 50 points."""
    record = Record()
    survey(record, A, AUGUST, 9)
    survey(record, B, SEPTEMBER, 1, qualification=COOK)
    survey(record, C, SEPTEMBER, 5)
    await record.write(database.dsn)


async def merge(database: Database, *rows: tuple[str, str, date]) -> None:
    lines = "".join(f"{provider},{successor},{day}\n" for provider, successor, day in rows)
    loaded = await load(database.dsn, MERGERS, f"provider,successor,day\n{lines}".encode(), LONG_AGO)
    assert isinstance(loaded, Loaded)


async def today(database: Database) -> date:
    connection = await asyncpg.connect(database.dsn)
    try:
        day: date = await connection.fetchval("SELECT (now() AT TIME ZONE 'Europe/Helsinki')::date")
    finally:
        await connection.close()
    return day


def told(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    columns = ("targets", "respondents", "response_rate", "points", "coefficient", "weighted_points")
    return [(row.get("provider"), *(row[column] for column in columns)) for row in rows]


A_AS_WAS = (
    A, 10, 9, "0.900000000000000000", "90.0000", "1.111111111111111111", "100.000000000000000000",
)  # fmt: skip
B_AS_WAS = (
    B, 10, 1, "0.100000000000000000", "10.0000", "2.666666666666666667", "26.666666666666666667",
)  # fmt: skip
A_AND_B = (
    B, 20, 10, "0.500000000000000000", "100.0000", "1.866666666666666667", "186.666666666666666667",
)  # fmt: skip
C_AS_WAS = (
    C, 10, 5, "0.500000000000000000", "50.0000", "1.866666666666666667", "93.333333333333333333",
)  # fmt: skip
ALL_IN_C = (
    C, 30, 15, "0.500000000000000000", "150.0000", "1.866666666666666667", "280.000000000000000000",
)  # fmt: skip


@pytest.mark.usefixtures("filled")
async def test_providers_are_mapped_before_rates_and_coefficients_are_computed(database: Database, ask: Asking) -> None:
    await merge(database, (A, B, LONG_AGO))
    assert told(await ask.rows(f"{LATEST}&by=provider")) == [A_AND_B, C_AS_WAS]
    assert told(await ask.rows(f"{START}&by=provider")) == [A_AS_WAS, B_AS_WAS, C_AS_WAS], "the usual one is as_was"
    assert told(await ask.rows(f"{START}&by=provider&structure=as_was")) == [A_AS_WAS, B_AS_WAS, C_AS_WAS]
    (nation,) = await ask.rows(LATEST)
    assert (nation["targets"], nation["weighted_points"]) == (30, "280.000000000000000000")
    (nation,) = await ask.rows(START)
    assert nation["weighted_points"] == "220.000000000000000000"


@pytest.mark.usefixtures("filled")
async def test_the_coefficient_of_the_structure_holds_at_every_grain(database: Database, ask: Asking) -> None:
    await merge(database, (A, B, LONG_AGO))
    by_month = await ask.rows(f"{LATEST}&by=provider,month&provider={B}")
    assert [(row["provider"], row["month"], row["weighted_points"]) for row in by_month] == [
        (B, "2025-08", "168.000000000000000000"),
        (B, "2025-09", "18.666666666666666667"),
    ]
    fine = await ask.rows(f"{LATEST}&by=provider,month,qualification")
    assert [(row["provider"], row["month"], row["qualification"], row["coefficient"]) for row in fine] == [
        (B, "2025-08", CAR, "1.866666666666666667"),
        (B, "2025-09", COOK, "1.866666666666666667"),
        (C, "2025-09", CAR, "1.866666666666666667"),
    ]
    (cook,) = await ask.rows(f"{LATEST}&qualification={COOK}&by=provider")
    assert (cook["provider"], cook["targets"], cook["weighted_points"]) == (B, 10, "18.666666666666666667")


@pytest.mark.usefixtures("filled")
async def test_chains_are_followed_and_a_merger_holds_from_its_day_on(database: Database, ask: Asking) -> None:
    day = await today(database)
    await merge(database, (A, B, LONG_AGO), (B, C, day + timedelta(days=2)))  # 2: midnight may pass meanwhile
    assert told(await ask.rows(f"{LATEST}&by=provider")) == [A_AND_B, C_AS_WAS]
    await merge(database, (A, B, LONG_AGO), (B, C, day))
    assert told(await ask.rows(f"{LATEST}&by=provider")) == [ALL_IN_C]
    await merge(database, (C, B, LONG_AGO))
    rows = await ask.rows(f"{LATEST}&by=provider")
    assert [(row["provider"], row["targets"]) for row in rows] == [(A, 10), (B, 20)], "only the newest table holds"


@pytest.mark.usefixtures("filled")
async def test_answers_are_pooled_in_the_structure(database: Database, ask: Asking) -> None:
    await merge(database, (A, B, LONG_AGO))
    for finer in ("", f"&qualification={CAR},{COOK}"):
        path = LATEST.replace("figures", "figures/questions") + "&by=provider" + finer
        first = [(row["provider"], row["n"]) for row in await ask.rows(path) if row["question"] == "start_01"]
        assert first == [(B, 10), (C, 5)]
        path = LATEST.replace("figures", "figures/choices") + "&by=provider" + finer
        chosen = [(row["provider"], row["n"]) for row in await ask.rows(path) if row["n"]]
        assert chosen == [(B, 10), (C, 5)]
        path = START.replace("figures", "figures/questions") + "&by=provider" + finer
        first = [(row["provider"], row["n"]) for row in await ask.rows(path) if row["question"] == "start_01"]
        assert first == [(A, 9), (B, 1), (C, 5)]


@pytest.mark.usefixtures("filled")
async def test_pages_of_the_latest_structure_go_on_where_the_page_before_ended(database: Database, ask: Asking) -> None:
    await merge(database, (A, C, LONG_AGO))
    first = await ask.envelope(f"{LATEST}&by=provider&limit=1")
    assert [row["provider"] for row in first["rows"]] == [B]
    second = await ask.envelope(f"{LATEST}&by=provider&limit=1&next={first['next']}")
    assert ([row["provider"] for row in second["rows"]], second["next"]) == ([C], None)


@pytest.mark.usefixtures("filled")
async def test_whoever_is_asked_for_stands_for_all_of_its_group(database: Database, ask: Asking) -> None:
    await merge(database, (A, B, LONG_AGO))
    for provider in (A, B, f"{A},{B}"):
        assert told(await ask.rows(f"{LATEST}&by=provider&provider={provider}")) == [A_AND_B]
    assert told(await ask.rows(f"{START}&by=provider&provider={A}")) == [A_AS_WAS]


@pytest.mark.usefixtures("filled")
async def test_a_token_sees_a_group_only_when_it_names_everybody_in_it(database: Database, ask: Asking) -> None:
    await merge(database, (A, B, LONG_AGO))
    (row,) = await ask.rows(f"{LATEST}&by=provider", "figures:read", A, B)
    assert (row["provider"], row["targets"], row["respondents"], row["points"]) == (B, 20, 10, None)
    for own in (A, B):
        assert await ask.rows(f"{LATEST}&by=provider", "figures:read", own) == []
        status, problem = await ask.refusal(f"{LATEST}&provider={own}", "figures:read", own)
        assert status == 403
        assert "structure=as_was" in problem["detail"]
        (row,) = await ask.rows(f"{START}&by=provider", "figures:read", own)
        assert (row["provider"], row["targets"]) == (own, 10)
    assert [row["provider"] for row in await ask.rows(f"{LATEST}&by=provider", "figures:read", B, C)] == [C]
    status, _ = await ask.refusal(LATEST, "figures:read", B, C)
    assert status == 403, "a sum that lacks B would read as the figure of both"
    (row,) = await ask.rows(f"{LATEST}&by=month", "figures:read", C)
    assert row["targets"] == 10
    status, _ = await ask.refusal(f"{LATEST}&provider={C}", "figures:read", A, B)
    assert status == 403
    assert await ask.rows(f"{LATEST}&by=provider", NATIONAL)


@pytest.mark.parametrize("seed", range(3))
async def test_a_provider_split_in_two_and_merged_back_has_the_same_figures(
    database: Database, ask: Asking, seed: int
) -> None:
    """What C has whole, A and B share out between them by chance; then B is merged into A."""
    chance, record = random.Random(seed), Record()
    instructor = answered("workplace_instructor-2025", {"instructor_01": 4, "instructor_02": 6})
    for _ in range(60):
        share, days = chance.choice((A, B)), chance.randrange(40)
        columns: dict[str, Any] = {"qualification": chance.choice((CAR, COOK))}
        if chance.random() < 0.6:
            columns |= {"survey": "workplace_instructor", "entrepreneur": chance.random() < 0.5, "target_days": days}
            columns |= instructor | {"respondent_days": days, "points": 4 * days} if chance.random() < 0.5 else {}
        elif chance.random() < 0.5:
            columns |= {"survey": "workplace", "target_days": days}
        elif chance.random() < 0.5:
            columns |= {"points": 4} | answered("start-2025", {"start_01": 4, "start_reason": 1})
        month = chance.choice((AUGUST, SEPTEMBER))
        record.request(C, month, **columns)
        record.request(share, month, **columns)
    await record.write(database.dsn)
    await merge(database, (B, A, LONG_AGO))
    for kind in ("start", "workplace_instructor", "workplace"):
        for call in ("figures", "figures/questions", "figures/choices"):
            for keys in ("provider", "provider,month", "provider,month,qualification"):
                path = f"/v1/{call}?survey={kind}&period=2025-2026&by={keys}"
                whole = await ask.rows(f"{path}&provider={C}")
                assert whole or (call, kind) != ("figures", kind)
                merged = await ask.rows(f"{path}&provider={B}&structure=latest")
                assert merged == [row | {"provider": A} for row in whole]
                assert not whole or await ask.rows(f"{path}&provider={A},{B}") != merged
