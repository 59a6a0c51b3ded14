"""The funding view of an edition: by its own structure, coefficients and organisations, whatever happened since."""

# ruff: noqa: F811 - fixtures of other modules are taken by their names

from fractions import Fraction
from typing import Any

import pytest
from builders.applied import AppliedLog
from builders.reporting import Asking
from builders.small_nation import ORGANISATIONS, A, B, C, load_reference_data, load_shares
from integration.test_editions import cut, log, storm  # noqa: F401 - a fixture

from palautevirta.local.postgres import Database

FUNDING = "/v1/editions/1/funding"
ONE = "1.000000000000000000"


def told(rows: list[dict[str, Any]], of_set: str) -> list[tuple[Any, ...]]:
    columns = ("provider", "component", "funded", "points", "weighted_points", "share")
    return [tuple(row[column] for column in columns) for row in rows if row["set"] == of_set and row["provider"]]


@pytest.mark.usefixtures("log")
async def test_points_and_shares_by_hand(ask: Asking, database: Database) -> None:
    await cut(database)
    envelope = await ask.envelope(FUNDING)
    assert envelope["edition"] == 1
    # A has the history of B; C isn't funded. Completion: 3 · 20 + 28/15 · 4; instructors: 20 of 50 days, c = 31/15;
    # workplace: 50 of its own and 9/8 of the entrepreneur's 80.
    assert told(envelope["rows"], "actual") == [
        (A, "completion", 1, "24.0000", "67.466666666666666667", ONE),
        (A, "start", 1, "46.0000", "81.266666666666666667", ONE),
        (A, "whole", 1, None, None, ONE),
        (A, "workplace", 1, "140.0000", "140.000000000000000000", ONE),
        (A, "workplace_instructor", 1, "80.0000", "165.333333333333333333", ONE),
        (C, "start", 0, "10.0000", "10.000000000000000000", None),
    ]
    nation = [row for row in envelope["rows"] if row["provider"] is None and row["set"] == "actual"]
    assert [(row["component"], row["points"], row["weighted_points"]) for row in nation] == [
        ("completion", "24.0000", "67.466666666666666667"),
        ("start", "46.0000", "81.266666666666666667"),
        ("workplace", "140.0000", "140.000000000000000000"),
        ("workplace_instructor", "80.0000", "165.333333333333333333"),
    ]
    assert told(envelope["rows"], "estimate")[1] == (A, "start", 1, "66.0000", "110.000000000000000000", ONE)
    months = await ask.rows(f"{FUNDING}?by=month&set=actual&provider={B}&year=2026")
    assert [(row["month"], row["points"]) for row in months if row["component"] == "start" and row["provider"]] == [
        ("2024-08", "40.0000"),
        ("2024-09", "6.0000"),
    ]


@pytest.mark.usefixtures("log")
async def test_the_whole_share_is_bounded_by_the_shares_that_were_loaded_then(ask: Asking, database: Database) -> None:
    funded = tuple((*row[:5], [2026] if row[0] in {A, C} else row[5]) for row in ORGANISATIONS)
    await load_reference_data(database.dsn, funded)
    await load_shares(database.dsn, ((A, "1/2"), (B, "1/10"), (C, "2/5")))
    await cut(database)
    await load_shares(database.dsn, ((A, "1/5"), (C, "4/5")))
    (edition,) = await ask.rows("/v1/editions/1")
    assert edition["funding_inputs_version"] == 2
    rows = await ask.rows(f"{FUNDING}?set=actual")
    whole = {row["provider"]: row for row in rows if row["component"] == "whole"}
    # A merged with B had 3/5 and C 2/5. C keeps 95 % of it, and A has what is left.
    assert {provider: Fraction(row["bounded_share"]) for provider, row in whole.items()} == {
        A: Fraction("0.62"),
        C: Fraction("0.38"),
    }
    assert Fraction(whole[A]["share_before"]) == Fraction(3, 5)
    assert (Fraction(whole[C]["floor"]), Fraction(whole[C]["cap"])) == (Fraction("0.38"), Fraction("0.44"))


async def test_nothing_that_happens_later_changes_it(ask: Asking, database: Database, log: AppliedLog) -> None:
    await cut(database)
    before = await ask.rows(FUNDING)
    await storm(log, database)
    assert await ask.rows(FUNDING) == before


@pytest.mark.usefixtures("log")
async def test_what_cannot_be_asked_is_told(ask: Asking, database: Database) -> None:
    await cut(database)
    status, problem = await ask.refusal(f"{FUNDING}?year=2027&by=site")
    assert (status, {error["parameter"] for error in problem["errors"]}) == (400, {"year", "by"})
    assert (await ask.refusal("/v1/editions/2/funding"))[0] == 404
    assert (await ask.refusal(FUNDING, "figures:funding", A))[0] == 403
