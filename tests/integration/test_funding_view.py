"""The funding view through HTTP, over a database that applied events and loaded tables as an operator does."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import asyncpg
import pytest
from builders.applied import AppliedLog, applied_log
from builders.reporting import A, Asking, B, C, Client
from builders.surveys import survey

from palautevirta.local.postgres import Database
from palautevirta.reference_data.loading import FUNDING_INPUTS, MERGERS, ORGANISATIONS, Loaded, ReferenceKind, load

ACTUAL = "/v1/funding?year=2026&set=actual"
AUGUST, SEPTEMBER = date(2024, 8, 12), date(2024, 9, 9)
LONG_AGO = date(2025, 1, 1)
ONE = "1.000000000000000000"


@pytest.fixture
async def log(database: Database) -> AsyncIterator[AppliedLog]:
    async with applied_log(database.aggregator_dsn) as log:
        await log.mark_complete()
        yield log


async def loaded(database: Database, kind: ReferenceKind[Any], header: str, *lines: str) -> None:
    found = await load(database.dsn, kind, "\n".join([header, *lines, ""]).encode(), LONG_AGO)
    assert isinstance(found, Loaded), found


async def merged(database: Database, *lines: str) -> None:
    await loaded(database, MERGERS, "provider,successor,day", *lines)


async def funded(database: Database, **years: str) -> None:
    oids = {"a": (A, "0112038-9"), "b": (B, "0201256-6"), "c": (C, "0763403-0")}
    lines = [f"{','.join(oids[name])},Nimi,{of}" for name, of in years.items()]
    await loaded(database, ORGANISATIONS, "oid,business_id,name_fi,funded_years", *lines)


async def shares_before(database: Database, **shares: str) -> None:
    lines = [f"2025,{ {'a': A, 'b': B, 'c': C}[name] },{share}" for name, share in shares.items()]
    await loaded(database, FUNDING_INPUTS, "funding_year,provider,share", *lines)


def proportional(provider: str, points: int) -> list[dict[str, Any]]:
    """So many points of every component, everybody answered: shares are as the points."""
    score, times = (5, points // 5) if points % 5 == 0 else (1, points)
    students = {"targets": times, "respondents": times, "score": score, "provider": provider}
    employers = {"targets": 1, "respondents": 1, "score": score, "days": times, "provider": provider}
    return [
        *survey("s", "start", AUGUST, **students),
        *survey("c", "completion_whole", AUGUST, **students),
        *survey("i", "workplace_instructor", AUGUST, **employers),
        *survey("w", "workplace", AUGUST, **employers),
    ]


def told(rows: list[dict[str, Any]], *columns: str, component: str = "start") -> list[tuple[Any, ...]]:
    own = (row for row in rows if row["provider"] is not None)
    return [(row["provider"], *(row[column] for column in columns)) for row in own if row["component"] == component]


def of_nation(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in rows if row["provider"] is None]


async def test_the_worked_example_of_the_transition(database: Database, log: AppliedLog, ask: Asking) -> None:
    for provider, points in ((A, 70), (B, 29), (C, 1)):
        await log.apply(*proportional(provider, points))
    every = await ask.rows(ACTUAL)
    assert of_nation(every, "component", "funded", "points", "weighted_points", "share") == [
        ("completion", None, "100.0000", "300.000000000000000000", None),
        ("start", None, "100.0000", "100.000000000000000000", None),
        ("workplace", None, "100.0000", "100.000000000000000000", None),
        ("workplace_instructor", None, "100.0000", "100.000000000000000000", None),
    ]
    rows = every[4:]
    assert [row["component"] for row in rows[:5]] == [
        "completion", "start", "whole", "workplace", "workplace_instructor",
    ]  # fmt: skip
    assert rows[0] == {
        "provider": A, "set": "actual", "component": "completion", "funded": None, "points": "70.0000",
        "points_shown": None, "weighted_points": "210.000000000000000000", "share": "0.700000000000000000",
        "share_before": None, "floor": None, "cap": None, "common_factor": None, "bounded_share": None,
    }  # fmt: skip
    bounds = ("share", "share_before", "floor", "cap", "common_factor", "bounded_share")
    whole = told(rows, *bounds, component="whole")
    assert [row[1:3] for row in whole] == [(f"{share}0000000000000000", None) for share in ("0.70", "0.29", "0.01")]
    await shares_before(database, a="0.5", b="0.3", c="0.2")
    assert told(await ask.rows(ACTUAL), *bounds, component="whole") == [
        (provider, *(f"{text:0<20}" for text in texts.split()))
        for provider, texts in (
            (A, "0.7 0.5 0.475 0.55 0.75 0.525"),
            (B, "0.29 0.3 0.285 0.33 0.75 0.285"),
            (C, "0.01 0.2 0.19 0.22 0.75 0.19"),
        )
    ]


async def test_a_transition_without_a_common_factor_names_the_bound(
    database: Database, log: AppliedLog, ask: Asking
) -> None:
    await log.apply(*proportional(A, 70), *proportional(B, 29))
    await funded(database, a="2026", b="none")
    await shares_before(database, a="0.5", b="0.5")
    status, problem = await ask.refusal(ACTUAL)
    assert (status, problem["type"], problem["bound"]) == (409, "/problems/no_common_factor", "cap")
    assert "the cap alone brings them to 11/20" in problem["detail"]


async def test_providers_are_merged_before_rates_points_and_shares(
    database: Database, log: AppliedLog, ask: Asking
) -> None:
    await log.apply(
        *survey("a", "start", AUGUST, targets=10, respondents=9, provider=A),
        *survey("b", "start", SEPTEMBER, targets=10, respondents=1, provider=B),
    )
    columns = ("points", "weighted_points", "share")
    apart = told(await ask.rows(ACTUAL), *columns)
    assert [row[2] for row in apart] == ["50.000000000000000000", "13.333333333333333333"]
    await merged(database, f"{B},{A},2025-01-01")
    assert told(await ask.rows(ACTUAL), *columns) == [(A, "50.0000", "93.333333333333333333", ONE)]
    # A provider that is asked for stands for the group; months stay parts of it.
    rows = await ask.rows(f"{ACTUAL}&by=month&provider={B}")
    assert told(rows, "month", *columns) == [
        (A, "2024-08", "45.0000", "84.000000000000000000", "0.900000000000000000"),
        (A, "2024-09", "5.0000", "9.333333333333333333", "0.100000000000000000"),
    ]
    assert told(rows, "month", component="whole") == [(A, None)]


async def test_the_nation_is_the_funded_providers_or_all(database: Database, log: AppliedLog, ask: Asking) -> None:
    for provider, targets in ((A, 6), (B, 2), (C, 8)):
        await log.apply(*survey("s", "start", AUGUST, targets=targets, respondents=targets, provider=provider))
    assert told(await ask.rows(ACTUAL), "funded", "share") == [
        (A, None, "0.375000000000000000"), (B, None, "0.125000000000000000"), (C, None, "0.500000000000000000"),
    ]  # fmt: skip
    await funded(database, a="2025 2026", b="2026", c="none")
    rows = await ask.rows(ACTUAL)
    assert told(rows, "funded", "points", "share") == [
        (A, 1, "30.0000", "0.750000000000000000"), (B, 1, "10.0000", "0.250000000000000000"), (C, 0, "40.0000", None),
    ]  # fmt: skip
    assert [row["provider"] for row in rows if row["component"] == "whole"] == [A, B]
    nation = [("start", None, "40.0000", "40.000000000000000000")]
    columns = ("component", "funded", "points", "weighted_points")
    assert of_nation(rows, *columns) == nation
    for asked in (f"&provider={B}", "&by=month"):
        assert of_nation(await ask.rows(f"{ACTUAL}{asked}"), *columns) == nation
    # The table says nothing about a year that no row names: then all count.
    await funded(database, a="2025", b="2025", c="none")
    assert told(await ask.rows(ACTUAL), "funded", "share")[2] == (C, None, "0.500000000000000000")
    await funded(database, a="", b="", c="")
    assert told(await ask.rows(ACTUAL), "funded") == [(A, None), (B, None), (C, None)]


async def test_rows_without_target_days_and_sums_of_nulls(log: AppliedLog, ask: Asking) -> None:
    await log.apply(
        *survey("i", "workplace_instructor", AUGUST, targets=2, respondents=2, provider=A),
        *survey(
            "e", "workplace_instructor", SEPTEMBER, targets=1, respondents=1, days=8, entrepreneur=True, provider=A
        ),
        *survey("w", "completion_whole", AUGUST, targets=3, provider=A),
        *survey("p", "completion_parts", AUGUST, targets=1, respondents=1, provider=A),
        *survey("n", "start", AUGUST, targets=3, provider=A),
    )
    rows = await ask.rows(f"{ACTUAL}&by=month")
    columns = ("month", "points", "weighted_points", "share")
    assert told(rows, *columns, component="workplace_instructor") == [
        (A, "2024-09", "40.0000", "40.000000000000000000", ONE)
    ]
    assert told(rows, *columns, component="workplace") == [(A, "2024-09", "45.0000", "45.000000000000000000", ONE)]
    assert told(rows, *columns, component="completion") == [(A, "2024-08", "5.0000", "5.000000000000000000", ONE)]
    assert told(rows, *columns) == [(A, "2024-08", "0.0000", None, None)]


@pytest.fixture
async def clock(database: Database, request: pytest.FixtureRequest) -> date:
    """Connections of this database that are made from now on read noon of the day that is given from the clock."""
    day: date = request.param
    connection = await asyncpg.connect(database.dsn)
    try:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(
            f"""
            CREATE SCHEMA clock;
            GRANT USAGE ON SCHEMA clock TO PUBLIC;
            CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE
            RETURN '{day}T12:00:00+02:00'::timestamptz;
            ALTER DATABASE {name} SET search_path = clock, pg_catalog, public;
            """
        )
    finally:
        await connection.close()
    return day


def every_month(period: int, scores: tuple[int, int, int]) -> list[dict[str, Any]]:
    """A year from July on, each month one answered request of each kind: points of start, workplace, entrepreneur."""
    start, workplace, copied = scores
    found = []
    for index in range(12):
        day = date(period + (index + 6) // 12, (index + 6) % 12 + 1, 10)
        one = {"targets": 1, "respondents": 1, "provider": A}
        found += survey(f"s{day}", "start", day, score=start, **one)
        found += survey(f"w{day}", "workplace", day, score=1, days=workplace, **one)
        found += survey(f"e{day}", "workplace_instructor", day, score=1, days=copied, entrepreneur=True, **one)
    return found


@pytest.mark.parametrize("clock", [date(2025, 3, 15), date(2025, 2, 28), date(2025, 12, 1)], indirect=True)
async def test_the_estimate_takes_what_is_out_and_else_the_year_before(
    clock: date, log: AppliedLog, ask: Asking
) -> None:
    out, out_of_workplace = {3: (6, 6), 2: (5, 0), 12: (12, 12)}[clock.month]
    await log.apply(*every_month(2024, (5, 2, 8)), *every_month(2023, (1, 1, 16)))
    rows = await ask.rows("/v1/funding?year=2026&by=month")
    estimate = [row for row in rows if row["set"] == "estimate"]
    months = [f"{2024 + (index + 6) // 12}-{(index + 6) % 12 + 1:02}" for index in range(12)]
    assert told(estimate, "month") == [(A, month) for month in months]
    # The copy follows the workplace survey's lag: 2 + 9 where that is out, 1 + 18 where it isn't.
    for component, of_period, of_before, count in (
        ("start", "5.0000", "1.0000", out),
        ("workplace_instructor", "8.0000", "16.0000", out),
        ("workplace", "11.0000", "19.0000", out_of_workplace),
    ):
        points = [row[1] for row in told(estimate, "points", component=component)]
        assert points == [of_period] * count + [of_before] * (12 - count)
        actual = [row for row in rows if row["set"] == "actual"]
        assert [row[1] for row in told(actual, "points", component=component)] == [of_period] * 12
    shares = [row for row in rows if row["component"] == "whole"]
    assert [(row["set"], row["month"], row["share"]) for row in shares] == [
        ("actual", None, "0.625000000000000000"), ("estimate", None, "0.625000000000000000"),
    ]  # fmt: skip
    whole = await ask.rows("/v1/funding?year=2026&set=estimate")
    assert told(whole, "points") == [(A, f"{5 * out + (12 - out)}.0000")]


@pytest.mark.parametrize("clock", [date(2026, 3, 15)], indirect=True)
@pytest.mark.usefixtures("clock")
async def test_only_the_period_that_ends_this_year_has_an_estimate(log: AppliedLog, ask: Asking) -> None:
    await log.apply(*every_month(2024, (5, 2, 8)))
    assert {row["set"] for row in await ask.rows("/v1/funding?year=2026")} == {"actual"}
    estimate = await ask.rows("/v1/funding?year=2027")
    assert {row["set"] for row in estimate} == {"estimate"}
    # July to December is out and nobody was asked; January to June is the year before's.
    assert told(estimate, "points") == [(A, "30.0000")]


async def test_pages_and_csv_hold_the_same_rows(log: AppliedLog, ask: Asking, client: Client) -> None:
    await log.apply(*proportional(A, 70), *proportional(B, 29))
    rows = await ask.rows(ACTUAL)
    paged, token = [], ""
    while token is not None:
        envelope = await ask.envelope(f"{ACTUAL}&limit=3{token and f'&next={token}'}")
        paged += envelope["rows"]
        token = envelope["next"]
    assert paged == rows
    headers = ask.header("figures:national") | {"Accept": "text/csv"}
    async with client.get(ACTUAL, headers=headers) as answer:
        table = list(csv.DictReader(io.StringIO(await answer.text())))
    assert table == [{name: value or "" for name, value in row.items()} for row in rows]


async def test_bad_parameters_are_all_named(ask: Asking) -> None:
    status, problem = await ask.refusal("/v1/funding?by=site&when=now")
    assert status == 400
    assert [error["parameter"] for error in problem["errors"]] == ["when", "year", "by"]
