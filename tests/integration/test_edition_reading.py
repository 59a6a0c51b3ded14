"""Editions asked over HTTP: their own structure, rules and coefficients, whatever happened since."""

# ruff: noqa: F811 - fixtures of other modules are taken by their names

from datetime import date
from fractions import Fraction
from typing import Any

import asyncpg
import pytest
from builders.applied import AppliedLog
from builders.events import event
from builders.reporting import Asking
from builders.small_nation import CAR, COOK, INSTITUTION, ORGANISATIONS, SITE, A, B, C, load_reference_data
from builders.states import MODELS
from builders.surveys import survey
from integration.test_editions import cut, log, other_rules, replace_rules, storm  # noqa: F401 - a fixture

from palautevirta.local.postgres import Database
from schemas.national.parameters import EntrepreneurFactor
from services.reporting import edition_store
from services.reporting.edition_difference import Differences
from services.reporting.edition_query import EditionsQuery
from services.reporting.store import Snapshot


@pytest.mark.usefixtures("log")
async def test_editions_are_listed_with_what_they_are_of(ask: Asking, database: Database) -> None:
    first = await cut(database)
    await cut(database, draft=True, period="2023-2024")
    listed = await ask.rows("/v1/editions")
    assert [(row["number"], row["period"], row["status"], row["sets"]) for row in listed] == [
        (1, "2024-2025", "final", "actual,estimate"),
        (2, "2023-2024", "draft", "actual"),
    ]
    envelope = await ask.envelope("/v1/editions/1")
    assert envelope["rows"] == listed[:1]
    assert (envelope["edition"], envelope["as_of"], envelope["model"]) == (1, "2026-11-01T12:00:00.000000Z", "2025.1")
    assert (listed[0]["day"], listed[0]["digest"]) == ("2025-03-15", first.digest)
    assert (listed[0]["organisations_version"], listed[0]["mergers_version"]) == (1, 1)
    assert await ask.rows("/v1/editions?period=2023-2024") == listed[1:]
    page = await ask.envelope("/v1/editions?limit=1")
    assert await ask.rows(f"/v1/editions?next={page['next']}") == listed[1:]


@pytest.mark.usefixtures("log")
async def test_figures_are_of_merged_providers_and_of_one_set(ask: Asking, database: Database) -> None:
    await cut(database)
    start = "/v1/editions/1/figures?survey=start&by=provider"
    envelope = await ask.envelope(start)
    assert envelope["edition"] == 1
    told = ("set", "provider", "targets", "respondents", "points", "coefficient", "weighted_points")
    assert [tuple(row[name] for name in told) for row in envelope["rows"]] == [
        ("actual", A, 20, 11, "46.0000", "1.766666666666666667", "81.266666666666666667"),
        ("actual", C, 2, 2, "10.0000", "1.000000000000000000", "10.000000000000000000"),
    ]
    assert await ask.rows(f"{start}&provider={B}") == envelope["rows"][:1]
    estimate = await ask.rows(f"{start}&set=estimate&period=2024-2025&structure=latest")
    assert [tuple(row[name] for name in told) for row in estimate] == [
        ("estimate", A, 25, 15, "66.0000", "1.666666666666666667", "110.000000000000000000"),
        ("estimate", C, 2, 2, "10.0000", "1.000000000000000000", "10.000000000000000000"),
    ]
    fine = await ask.rows(
        f"/v1/editions/1/figures?survey=start&by=month,institution,site,qualification&provider={A}&set=estimate"
    )
    assert [
        tuple(row[name] for name in ("month", "institution", "site", "qualification", "targets")) for row in fine
    ] == [
        ("2024-08", None, None, CAR, 10),
        ("2024-08", INSTITUTION, SITE, COOK, 5),
        ("2024-09", INSTITUTION, None, CAR, 5),
        ("2025-02", INSTITUTION, SITE, COOK, 5),
    ]
    assert {row["coefficient"] for row in fine} == {"1.666666666666666667"}
    (workplace,) = await ask.rows(f"/v1/editions/1/figures?survey=workplace&qualification={COOK}")
    assert (workplace["targets"], workplace["target_days"], workplace["points"]) == (2, 30, "140.0000")


@pytest.mark.usefixtures("log")
async def test_answers_are_pooled_over_merged_providers(ask: Asking, database: Database) -> None:
    await cut(database)
    rows = await ask.rows("/v1/editions/1/questions?survey=start&by=provider")
    first = {row["provider"]: row for row in rows if row["question"] == "start_01"}
    assert [first[A][name] for name in ("set", "n", "count_3", "count_4", "count_5")] == ["actual", 11, 2, 5, 4]
    assert Fraction(first[A]["mean"]) == Fraction("4.181818181818181818")
    estimate = await ask.rows("/v1/editions/1/questions?survey=start&by=provider,month&set=estimate")
    assert [(row["month"], row["n"]) for row in estimate if row["question"] == "start_01" and row["provider"] == A] == [
        ("2024-08", 9), ("2024-09", 2), ("2025-02", 4),
    ]  # fmt: skip
    choices = await ask.rows("/v1/editions/1/choices?survey=start")
    assert {row["n"] for row in choices} == {0}
    assert {row["set"] for row in choices} == {"actual"}


async def test_later_events_tables_and_rules_change_no_answer_about_an_edition(
    ask: Asking,
    database: Database,
    log: AppliedLog,
) -> None:
    await cut(database)
    paths = [
        "/v1/editions/1",
        *(
            f"/v1/editions/1/{what}&survey={kind}"
            for what in ("figures?by=provider,month", "figures?by=site,month&set=estimate", "questions?by=provider")
            for kind in ("start", "completion_whole", "workplace_instructor", "workplace")
        ),
    ]
    before = [await ask.envelope(path) for path in paths]
    await storm(log, database)
    await cut(database, other_rules())
    assert [await ask.envelope(path) for path in paths] == before
    later = [await ask.envelope(path.replace("editions/1", "editions/2")) for path in paths]
    same = [path for path, one, two in zip(paths, before, later, strict=True) if one["rows"] == two["rows"]]
    assert [path for path in same if "figures" in path] == []


async def test_an_edition_is_read_by_the_rules_that_it_was_cut_with(
    ask: Asking, database: Database, log: AppliedLog
) -> None:
    told = {
        "questionnaire": "completion-2018",
        "answered_at": "2024-10-02T12:00:00+02:00",
        "answers": [{"question": "completion_nps", "nps": 9}],
    }
    name = {"subject": "a-whole-1", "providerid": A, "time": "2024-10-03T12:00:00+02:00"}
    await log.apply(event("response.submitted", told, **name))
    thresholds = MODELS.newest.rules.thresholds.model_copy(update={"nps_answers": 1})
    await cut(database)
    await cut(
        database,
        replace_rules(
            thresholds=thresholds,
            entrepreneur_factor=(EntrepreneurFactor(from_period="2018-2019", factor=Fraction(1)),),
        ),
    )
    found = []
    for number in (1, 2):
        (workplace,) = await ask.rows(f"/v1/editions/{number}/figures?survey=workplace")
        questions = await ask.rows(f"/v1/editions/{number}/questions?survey=completion_whole")
        (nps,) = [row["nps"] for row in questions if row["question"] == "completion_nps"]
        found.append((workplace["points"], nps))
    assert found == [("140.0000", None), ("130.0000", "100.000000000000000000")]


async def test_the_difference_of_two_editions_tells_data_structure_and_rules_apart(
    ask: Asking,
    database: Database,
    log: AppliedLog,
) -> None:
    await cut(database)
    await storm(log, database)
    await cut(database, other_rules())
    assert await ask.rows("/v1/editions/1/difference/1") == []
    envelope = await ask.envelope("/v1/editions/1/difference/2")
    assert envelope["edition"] == 2
    listed = envelope["rows"]
    inputs = {row["figure"]: (row["before"], row["after"]) for row in listed if row["set"] is None}
    assert {"digest", "model", "rules", "organisations_version", "mergers_version", "offsets"} <= inputs.keys()
    assert inputs["model"] == ("2025.1", "2099.1")
    assert "counted_by" not in inputs
    rows = [row for row in listed if row["set"] is not None]
    for row in rows:
        parts = [Fraction(row[name]) for name in ("by_data", "by_structure", "by_rules")]
        assert sum(parts) == Fraction(row["difference"]) == Fraction(row["after"]) - Fraction(row["before"])
    for cause in ("by_data", "by_structure", "by_rules"):
        assert any(Fraction(row[cause]) for row in rows), cause
    assert {row["set"] for row in rows} == {"actual", "estimate"}
    assert await published_totals(ask, 1) == await published_totals(ask, 1, rows, "before")
    assert await published_totals(ask, 2) == await published_totals(ask, 2, rows, "after")
    pages, token = [], None
    while True:
        page = await ask.envelope(f"/v1/editions/1/difference/2?limit=7{f'&next={token}' if token else ''}")
        pages += page["rows"]
        token = page["next"]
        if token is None:
            break
    assert pages == listed


async def test_a_request_that_moved_differs_at_the_grain_of_places(
    ask: Asking, database: Database, log: AppliedLog
) -> None:
    await cut(database)
    moved = survey("b-august", "start", date(2024, 8, 12), targets=1, provider=B, institution=INSTITUTION, site=SITE)
    await log.apply(*(event | {"id": "moved", "time": "2024-12-24T12:00:00+02:00"} for event in moved))
    await cut(database)
    rows = await ask.rows("/v1/editions/1/difference/2")
    assert {row["figure"] for row in rows} == {"digest", "offsets"}
    fine = await ask.rows("/v1/editions/1/difference/2?by=site,institution,qualification")
    assert [
        (row["institution"], row["site"], row["qualification"], row["before"], row["after"], row["by_data"])
        for row in fine
        if (row["set"], row["figure"]) == ("actual", "targets")
    ] == [(None, None, CAR, "10", "9", "-1"), (INSTITUTION, SITE, CAR, "0", "1", "1")]
    pages: list[dict[str, Any]] = []
    token = ""
    while token is not None:
        page = await ask.envelope(f"/v1/editions/1/difference/2?by=institution,site,qualification&limit=1{token}")
        pages += page["rows"]
        token = page["next"] and f"&next={page['next']}"
    assert pages == fine


async def test_answers_of_the_same_points_differ_question_by_question(
    ask: Asking, database: Database, log: AppliedLog
) -> None:
    name = {"subject": "c-august-1", "providerid": C}
    for number, (one, two) in enumerate([(5, 1), (3, 3)], 1):
        told = {
            "questionnaire": "start-2018",
            "answered_at": "2024-08-13T12:00:00+03:00",
            "answers": [{"question": "start_01", "score": one}, {"question": "start_02", "score": two}],
        }
        await log.apply(
            event("response.submitted", told, **name, id=f"a-{number}", time=f"2024-12-0{number}T12:00:00Z")
        )
        await cut(database)
    assert {row["set"] for row in await ask.rows("/v1/editions/1/difference/2")} == {None}
    rows = await ask.rows("/v1/editions/1/difference/2?what=questions")
    assert [
        (row["provider"], row["figure"], row["before"], row["after"], row["by_data"])
        for row in rows
        if row["set"] == "actual"
    ] == [
        (C, "start_01:3", "0", "1", "1"),
        (C, "start_01:5", "2", "1", "-1"),
        (C, "start_02:1", "1", "0", "-1"),
        (C, "start_02:3", "0", "1", "1"),
    ]


@pytest.mark.usefixtures("log")
async def test_who_is_funded_since_moves_shares_by_the_structure(ask: Asking, database: Database) -> None:
    await cut(database)
    await load_reference_data(
        database.dsn, tuple((*row[:5], [2026] if row[0] == C else row[5]) for row in ORGANISATIONS)
    )
    await cut(database)
    rows = await ask.rows("/v1/editions/1/difference/2")
    cells = [row for row in rows if row["set"] == "actual"]
    assert {(row["provider"], row["figure"]) for row in cells} == {(A, "share"), (C, "share"), (C, "funded")}
    assert all(Fraction(row["by_structure"]) == Fraction(row["difference"]) for row in cells)
    assert ("organisations_version", "1", "2") in {(row["figure"], row["before"], row["after"]) for row in rows}
    (national,) = [row for row in cells if (row["provider"], row["figure"]) == (C, "share")]
    funding = await ask.rows("/v1/editions/2/funding?set=actual")
    assert [row["share"] for row in funding if (row["provider"], row["component"]) == (C, "start")] == [
        national["after"]
    ]


async def test_a_recompute_is_of_the_rules_unless_more_data_came_too(
    ask: Asking, database: Database, log: AppliedLog
) -> None:
    await cut(database)
    connection = await asyncpg.connect(database.dsn)
    await connection.execute(
        "UPDATE feedback.request SET rules = rules + 1; "
        "UPDATE feedback.request SET points = 3 WHERE subject = 'a-whole-1'; "
        "UPDATE feedback.month_figure SET points = points - 2 WHERE survey_kind = 'completion_whole'"
    )
    await connection.close()
    newer = MODELS.newest.model_copy(update={"number": MODELS.newest.number + 1})
    await cut(database, newer)
    rows = await ask.rows("/v1/editions/1/difference/2")
    assert ("counted_by", "2", "3") in {(row["figure"], row["before"], row["after"]) for row in rows}
    points = [row for row in rows if (row["set"], row["figure"]) == ("actual", "points")]
    assert [(row["survey"], row["by_data"], row["by_rules"], row["recounted"]) for row in points] == [
        ("completion_whole", "0.0000", "-2.0000", 0)
    ]
    await log.apply(*survey("late", "start", date(2024, 8, 12), targets=1, provider=C))
    await cut(database, newer, draft=True)
    later = await ask.rows("/v1/editions/1/difference/3")
    assert {row["recounted"] for row in later} == {1}
    assert {row["recounted"] for row in await ask.rows("/v1/editions/1/difference/1")} == set()
    assert [(row["counted_by"], row["counted_otherwise"]) for row in await ask.rows("/v1/editions")] == [
        ("2", 0), ("3", 0), ("2,3", 1),
    ]  # fmt: skip


@pytest.mark.usefixtures("log")
async def test_a_difference_is_prepared_once_for_all_its_pages(database: Database) -> None:
    for day in (12, 13, 14, 15):
        await cut(database, as_of=date(2025, 3, day))
    connection = await asyncpg.connect(database.reporting_dsn)
    snapshot, kept = Snapshot(connection, MODELS), Differences()
    one, two, three, four = await edition_store.editions(snapshot, EditionsQuery(None, 0, 10))
    prepared = await kept.of(snapshot, one, two)
    assert await kept.of(snapshot, one, two) is prepared
    assert await kept.of(snapshot, two, one) is not prepared
    assert await kept.of(snapshot, three, four) is not prepared
    assert await kept.of(snapshot, one, two) is not prepared
    await connection.close()


@pytest.mark.usefixtures("log")
async def test_a_coefficient_that_this_release_would_compute_otherwise_is_the_frozen_one_everywhere(
    ask: Asking, database: Database
) -> None:
    await cut(database)
    await cut(database, draft=True)
    connection = await asyncpg.connect(database.dsn)
    await connection.execute(
        "ALTER TABLE feedback.edition_coefficient DISABLE TRIGGER frozen; "
        "UPDATE feedback.edition_coefficient SET value = '3' WHERE edition = 2 AND survey_kind = 'start'"
    )
    await connection.close()
    figures = await ask.rows("/v1/editions/2/figures?survey=start&by=provider")
    assert {(row["coefficient"], Fraction(row["weighted_points"]) / Fraction(row["points"])) for row in figures} == {
        ("3.000000000000000000", Fraction(3))
    }
    funding = await ask.rows("/v1/editions/2/funding?set=actual")
    assert [row["weighted_points"] for row in funding if row["component"] == "start"] == [
        f"{n}.000000000000000000"
        for n in (138, 138, 30)  # the nation, in which only the first is funded, then each
    ]
    rows = await ask.rows("/v1/editions/1/difference/2")
    weighted = [row for row in rows if (row["set"], row["figure"]) == ("actual", "weighted_points")]
    assert {row["survey"] for row in weighted} == {"start"}
    assert sum(Fraction(row["after"]) for row in weighted) == 168
    assert all(row["by_rules"] == row["difference"] for row in weighted)


async def published_totals(
    ask: Asking,
    number: int,
    rows: list[dict[str, Any]] | None = None,
    column: str = "",
) -> dict[tuple[str, ...], Fraction]:
    """Weighted points by set, provider, month and survey kind, as published; with `rows` what they say instead."""
    found = {}
    for of_set in ("actual", "estimate"):
        for kind in ("start", "completion_whole", "completion_parts", "workplace_instructor", "workplace"):
            path = f"/v1/editions/{number}/figures?survey={kind}&by=provider,month&set={of_set}"
            for row in await ask.rows(path):
                if Fraction(row["weighted_points"] or 0):
                    found[of_set, row["provider"], row["month"], kind] = Fraction(row["weighted_points"])
    for row in rows or []:
        key = (row["set"], row["provider"], row["month"], row["survey"])
        if row["figure"] == "weighted_points" and Fraction(row[column]):
            assert key in found
            found[key] = Fraction(row[column])
        elif row["figure"] == "weighted_points":
            assert key not in found
    return found


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/v1/editions/9", 404, "no edition of that number"),
        ("/v1/editions/9/figures?survey=start", 404, "no edition of that number"),
        ("/v1/editions/1/difference/9", 404, "no edition of that number"),
        ("/v1/editions/1/difference/2", 409, "Edition 1 is of 2024-2025, edition 2 of 2023-2024"),
        ("/v1/editions/x", 404, "no edition of that number"),
        ("/v1/editions/1?period=2024-2025", 400, "period"),
        ("/v1/editions/1/figures", 400, "survey: it is needed"),
        ("/v1/editions/1/figures?survey=start&period=2025-2026", 400, "period: edition 1 is of 2024-2025"),
        ("/v1/editions/1/figures?survey=start&structure=as_was", 400, "structure: "),
        ("/v1/editions/1/figures?survey=start&set=all", 400, "set: give actual or estimate"),
        ("/v1/editions/1/figures?survey=start&colour=red", 400, "limit, set"),
        ("/v1/editions/2/figures?survey=start&set=estimate", 400, "set: edition 2 has no estimate"),
        ("/v1/editions/1/questions?survey=start&by=site", 400, "by: an edition keeps answers by provider and month"),
        ("/v1/editions/1/difference/1?by=month", 400, "by: give what to split by, of institution"),
        ("/v1/editions/1/difference/1?what=money", 400, "what: give figures or questions"),
        ("/v1/editions/1/difference/1?what=questions&by=site", 400, "by: an edition keeps answers by provider"),
        ("/v1/editions?period=2016-2017", 400, "period: give a reporting period from 2018-2019"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("log")
async def test_what_cannot_be_answered_says_why(
    ask: Asking,
    database: Database,
    path: str,
    status: int,
    told: str,
) -> None:
    await cut(database)
    await cut(database, period="2023-2024")
    found, problem = await ask.refusal(path)
    assert found == status
    assert told in problem["detail"]


@pytest.mark.parametrize("scope", ["figures:read", "figures:funding", "operations", "feedback:write"])
@pytest.mark.parametrize(
    "path", ["", "/1", "/1/figures", "/1/questions", "/1/choices", "/1/difference/1", "/1/national"]
)
async def test_editions_are_the_authoritys_alone(ask: Asking, scope: str, path: str) -> None:
    status, problem = await ask.refusal(f"/v1/editions{path}", scope, A, B, C)
    assert (status, problem["type"]) == (403, "/problems/insufficient_scope")
