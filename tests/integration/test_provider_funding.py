"""The funding view as a provider sees it: of the newest numbered edition, its own rows, small groups withheld (§8)."""

# ruff: noqa: F811 - fixtures of other modules are taken by their names

from datetime import date
from typing import Any

from builders.applied import AppliedLog
from builders.reporting import Asking
from builders.small_nation import A, B, C, load_reference_data
from builders.surveys import survey
from integration.test_editions import cut
from integration.test_funding_view import log  # noqa: F401 - a fixture

from palautevirta.local.postgres import Database

FUNDING = "figures:funding"
VIEW = "/v1/funding?year=2026"
AUGUST, SEPTEMBER = date(2024, 8, 12), date(2024, 9, 9)
BEFORE = date(2024, 3, 11)
"""A day of the period before, whose month stands in the estimate of 15 March 2025."""


def start(name: str, day: date, targets: int, **more: Any) -> list[dict[str, Any]]:
    return survey(name, "start", day, targets=targets, respondents=targets, **{"provider": A, **more})


def points(rows: list[dict[str, Any]], component: str = "start") -> list[tuple[Any, ...]]:
    rows = [row for row in rows if row["component"] == component and row["provider"]]
    return [(row["provider"], row["points"], row["points_shown"]) for row in rows]


async def test_points_reach_a_provider_only_from_the_newest_edition_that_is_no_draft(
    database: Database, log: AppliedLog, ask: Asking
) -> None:
    await log.apply(*start("a", AUGUST, 5))
    status, problem = await ask.refusal(VIEW, FUNDING, A)
    assert (status, problem["type"]) == (404, "/problems/not_found")
    assert "2024-2025" in problem["detail"]
    await cut(database, draft=True)
    assert (await ask.refusal(VIEW, FUNDING, A))[0] == 404
    await cut(database)
    await log.apply(*start("later", AUGUST, 5))
    seen = await ask.envelope(f"{VIEW}&set=actual", FUNDING, A)
    assert (seen["edition"], points(seen["rows"])) == (2, [(A, "25.0000", None)])
    live = await ask.envelope(f"{VIEW}&set=actual")
    assert (live["edition"], points(live["rows"])) == (None, [(A, "50.0000", None)])
    await cut(database)
    await cut(database, draft=True)
    seen = await ask.envelope(f"{VIEW}&set=actual", FUNDING, A)
    assert (seen["edition"], points(seen["rows"])) == (3, [(A, "50.0000", None)])
    assert (await ask.refusal("/v1/funding?year=2025", FUNDING, A))[0] == 404


async def test_a_provider_sees_its_own_rows_only(database: Database, log: AppliedLog, ask: Asking) -> None:
    for provider in (A, B, C):
        await log.apply(*start("s", AUGUST, 5, provider=provider))
    for scope in ("figures:read", "feedback:write", "operations"):
        assert (await ask.refusal(VIEW, scope, A))[0] == 403
    assert (await ask.refusal(f"{VIEW}&provider={B}", FUNDING, A))[0] == 403
    await cut(database)
    rows = await ask.rows(f"{VIEW}&set=actual", FUNDING, A, B)
    third = "0.333333333333333333"
    assert [(row["provider"], row["share"]) for row in rows if row["component"] == "start"] == [(A, third), (B, third)]
    assert {row["provider"] for row in rows} == {A, B}


async def test_a_token_that_lacks_a_part_of_a_merged_group_is_told_so(
    database: Database, log: AppliedLog, ask: Asking
) -> None:
    await log.apply(*start("a", AUGUST, 5), *start("c", AUGUST, 5, provider=C))
    await load_reference_data(database.dsn, (), ((B, A, date(2025, 1, 1)),))
    await cut(database)
    # Neither the successor nor the one that was merged gets an empty answer, which would read as a figure.
    for one in (A, B):
        for asked in ("", f"&provider={one}"):
            status, problem = await ask.refusal(f"{VIEW}{asked}", FUNDING, one)
            assert status == 403
            assert "lacks 1 of them" in problem["detail"]
            assert "as_was" not in problem["detail"]
    assert points(await ask.rows(f"{VIEW}&set=actual", FUNDING, A, B)) == [(A, "25.0000", None)]
    assert points(await ask.rows(f"{VIEW}&set=actual&provider={C}", FUNDING, A, C)) == [(C, "25.0000", None)]


async def test_a_small_group_anywhere_withholds_the_component_whatever_is_asked(
    database: Database, log: AppliedLog, ask: Asking
) -> None:
    # A: one more in September. B: one in a month of the year before, which the estimate alone has.
    await log.apply(
        *start("a", AUGUST, 5), *start("one", SEPTEMBER, 1),
        *survey("c", "completion_whole", AUGUST, targets=5, respondents=5, provider=A),
        *start("b", AUGUST, 5, provider=B), *start("before", BEFORE, 1, provider=B),
        *start("c", AUGUST, 5, provider=C), *start("month", SEPTEMBER, 5, provider=C),
    )  # fmt: skip
    await cut(database)
    for asked in ("", "&by=month", "&set=actual", "&set=estimate", "&set=actual&by=month", "&set=estimate&by=month"):
        rows = await ask.rows(f"{VIEW}{asked}", FUNDING, A, B, C)
        for provider in (A, B):
            own = [row for row in rows if row["provider"] == provider and row["component"] in {"start", "whole"}]
            assert own
            for row in own:
                assert [row[column] for column in ("points", "weighted_points", "share")] == [None] * 3, asked
                assert row["points_shown"] == "…"
        shown = [row for row in rows if row["provider"] == C or row["component"] == "completion"]
        assert {row["points_shown"] for row in shown} == {None}
    assert (A, "30.0000", None) in points(await ask.rows(f"{VIEW}&set=actual"))
    assert points(await ask.rows(f"{VIEW}&set=actual"), "completion") == [(A, "25.0000", None)]


async def test_an_edition_is_only_for_its_own_year(database: Database, ask: Asking, log: AppliedLog) -> None:
    await log.apply(*start("a", date(2023, 8, 14), 5), *start("b", AUGUST, 5))
    await cut(database)
    assert (await ask.refusal("/v1/funding?year=2025", FUNDING, A))[0] == 404
    await cut(database, period="2023-2024")
    assert (await ask.envelope("/v1/funding?year=2025", FUNDING, A))["edition"] == 2
    assert (await ask.envelope(VIEW, FUNDING, A))["edition"] == 1
