"""The reporting API over a real Postgres: rows are put into the record as an aggregator leaves them, then asked."""

import csv
import io
import json
import secrets
from typing import Any

import asyncpg
import pytest
from aiohttp.test_utils import TestClient, TestServer
from builders.reporting import (
    AS_OF,
    AUGUST,
    CAR,
    COOK,
    NATIONAL,
    SEPTEMBER,
    A,
    Asking,
    B,
    Client,
    Record,
    SettingsOf,
    answered,
)
from prometheus_client import CollectorRegistry

from palautevirta.local.postgres import Database, create_database, drop_database
from schemas.events.codec import event_key
from schemas.national.model import load_models
from services.reporting.app import FRESHNESS, build_app
from services.reporting.calls import STORE
from services.reporting.paging import token_of
from services.reporting.telemetry import Telemetry

INSTITUTION = "1.2.246.562.10.20000000001"
SITE = "1.2.246.562.10.30000000001"
START = "/v1/figures?survey=start&period=2025-2026"


def whole_record() -> Record:
    """Provider A: 10 start targets and 7 respondents of 4 points; B: 5 targets and none; a few workplace requests."""
    record = Record()
    placed = {"institution": INSTITUTION, "site": SITE}
    for nps in (10, 11, 11, 8, 1):  # 9, 10, 10, 7, 0
        answers = {"start_01": 4, "start_nps": nps, "start_reason": 1, "start_needs": {0, 2}}
        record.request(A, AUGUST, points=4, **placed, **answered("start-2025", answers))
    record.request(A, AUGUST, **placed)
    record.request(A, SEPTEMBER, qualification=COOK, points=4, **answered("start-2018", {"start_01": 4}))
    record.request(A, SEPTEMBER, points=4, **answered("start-2025", {"start_01": 1, "start_02": 6}))
    record.request(A, SEPTEMBER)
    record.request(A, SEPTEMBER)
    for _ in range(5):
        record.request(B, AUGUST)
    instructor = {"survey": "workplace_instructor"}
    record.request(
        A, AUGUST, **instructor, target_days=10, respondent_days=10, points=40,
        **answered("workplace_instructor-2025", {"instructor_01": 4}),
    )  # fmt: skip
    record.request(
        A, AUGUST, **instructor, entrepreneur=True, target_days=20, respondent_days=20, points=100,
        **answered("workplace_instructor-2025", {"instructor_01": 5}),
    )  # fmt: skip
    record.request(A, AUGUST, survey="workplace", target_days=5)
    record.request(A, None, subject="gone", target="cancelled", response="cancelled")
    record.request(
        A, None, subject="late", target="excluded", response="excluded", exclusion="sent_too_late",
        response_at_us=1_755_000_000_000_000,
    )  # fmt: skip
    record.request(
        B, None, subject="waits", survey=None, qualification=None, entrepreneur=None, background_at_us=None,
        target="no_request", response="no_request", response_at_us=1_755_000_000_000_000,
    )  # fmt: skip
    return record


@pytest.fixture
async def filled(database: Database) -> Record:
    record = whole_record()
    await record.write(database.dsn)
    return record


async def test_the_role_reads_the_views_and_nothing_of_the_record(database: Database, filled: Record) -> None:
    connection = await asyncpg.connect(database.reporting_dsn)
    try:
        assert await connection.fetchval("SELECT count(*) FROM reporting.request") == len(filled.requests)
        for table in ("request", "ledger", "month_figure", "fence", "oid", "quarantine"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetchval(f"SELECT count(*) FROM feedback.{table}")
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute("CREATE TABLE reporting.mine ()")
    finally:
        await connection.close()


@pytest.mark.usefixtures("filled")
async def test_the_authority_sees_every_figure_of_every_provider(ask: Asking) -> None:
    found = await ask.envelope(f"{START}&by=provider")
    assert found == {
        "as_of": "2025-11-24T12:00:00.000000Z",
        "edition": None,
        "model": "2025.1",
        "next": None,
        "rows": [
            {
                "provider": A, "targets": 10, "targets_shown": None, "respondents": 7, "respondents_shown": None,
                "target_days": None, "respondent_days": None,
                "response_rate": "0.700000000000000000", "response_rate_days": None, "points": "28.0000",
                "coefficient": "1.428571428571428571", "weighted_points": "40.000000000000000000",
            },
            {
                "provider": B, "targets": 5, "targets_shown": None, "respondents": 0, "respondents_shown": None,
                "target_days": None, "respondent_days": None,
                "response_rate": "0.000000000000000000", "response_rate_days": None, "points": "0.0000",
                "coefficient": None, "weighted_points": None,
            },
        ],
    }  # fmt: skip


@pytest.mark.usefixtures("filled")
async def test_without_grouping_the_nation_is_one_row_without_a_coefficient(ask: Asking) -> None:
    (row,) = await ask.rows(START)
    assert "provider" not in row
    assert (row["targets"], row["respondents"], row["coefficient"]) == (15, 7, None)
    assert row["weighted_points"] == "40.000000000000000000"


@pytest.mark.usefixtures("filled")
async def test_the_coefficient_is_that_of_the_period_at_every_grain(ask: Asking) -> None:
    rows = await ask.rows(f"{START}&by=month,provider&provider={A}")
    assert [(row["month"], row["targets"], row["coefficient"], row["weighted_points"]) for row in rows] == [
        ("2025-08", 6, "1.428571428571428571", "28.571428571428571429"),
        ("2025-09", 4, "1.428571428571428571", "11.428571428571428571"),
    ]
    (row,) = await ask.rows(f"{START}&by=qualification&qualification={COOK}")
    assert (row["qualification"], row["targets"], row["coefficient"]) == (COOK, 1, "1.428571428571428571")


@pytest.mark.usefixtures("filled")
async def test_a_missing_institution_is_a_group_of_its_own_and_comes_first(ask: Asking) -> None:
    rows = await ask.rows(f"{START}&by=site,institution&provider={A}")
    assert [(row["provider"], row["institution"], row["site"], row["targets"]) for row in rows] == [
        (A, None, None, 4),
        (A, INSTITUTION, SITE, 6),
    ]
    (row,) = await ask.rows(f"{START}&institution={INSTITUTION}")
    assert row["targets"] == 6


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("survey", ["start", "workplace_instructor", "workplace"])
async def test_the_months_and_the_requests_give_the_same_figures(ask: Asking, survey: str) -> None:
    path = f"/v1/figures?survey={survey}&period=2025-2026&by=provider,month"
    from_months = await ask.rows(path)
    from_requests = await ask.rows(f"{path}&qualification={CAR},{COOK}")
    assert from_months
    assert from_months == from_requests
    questions = path.replace("figures?", "figures/questions?")
    assert await ask.rows(questions) == await ask.rows(f"{questions}&qualification={CAR},{COOK}")


@pytest.mark.usefixtures("filled")
async def test_entrepreneurs_instructors_count_once_more_in_the_workplace_survey(ask: Asking) -> None:
    (row,) = await ask.rows("/v1/figures?survey=workplace&period=2025-2026&by=provider")
    assert row == {
        "provider": A, "targets": 2, "targets_shown": None, "respondents": 1, "respondents_shown": None,
        "target_days": 25, "respondent_days": 20,
        "response_rate": "0.500000000000000000", "response_rate_days": "0.80000000000000",
        "points": "112.5000", "coefficient": None, "weighted_points": "112.500000000000000000",
    }  # fmt: skip
    assert await ask.rows("/v1/figures/questions?survey=workplace&period=2025-2026") == []


@pytest.mark.usefixtures("filled")
async def test_employers_means_are_by_heads_and_by_days(ask: Asking) -> None:
    rows = await ask.rows("/v1/figures/questions?survey=workplace_instructor&period=2025-2026")
    row = next(row for row in rows if row["question"] == "instructor_01")
    assert (row["n"], row["mean"], row["sd"]) == (2, "4.500000000000000000", "0.500000000000000000")
    # (4 · 10 + 5 · 20) / 30, and the square root of 2/9.
    assert (row["mean_by_days"], row["sd_by_days"]) == ("4.666666666666666667", "0.471404520791031683")


@pytest.mark.usefixtures("filled")
async def test_questions_of_all_versions_are_pooled(ask: Asking) -> None:
    rows = await ask.rows(f"{START.replace('figures', 'figures/questions')}&by=provider")
    of = {row["question"]: row for row in rows}
    assert {row["provider"] for row in rows} == {A}
    first = of["start_01"]
    assert (first["n"], first["dont_know"], first["count_1"], first["count_4"]) == (7, 0, 1, 6)
    assert first["mean"] == "3.571428571428571429"
    assert first["mean_by_days"] is None
    assert (of["start_02"]["n"], of["start_02"]["dont_know"], of["start_02"]["mean"]) == (0, 1, None)
    nps = of["start_nps"]
    assert (nps["n"], nps["promoters"], nps["passives"], nps["detractors"]) == (5, 3, 1, 1)
    assert (nps["nps"], nps["mean"], nps["dont_know"]) == ("40.000000000000000000", None, None)
    assert of["start_needs"]["n"] == 5


@pytest.mark.usefixtures("filled")
async def test_choices_are_counted_by_code_those_nobody_chose_too(ask: Asking) -> None:
    rows = await ask.rows(START.replace("figures", "figures/choices"))
    needs = [(row["choice"], row["n"]) for row in rows if row["question"] == "start_needs"]
    assert [n for _, n in needs[:3]] == [5, 0, 5]
    reasons = [row["n"] for row in rows if row["question"] == "start_reason"]
    assert reasons[0] == 5
    assert sum(reasons) == 5


@pytest.mark.usefixtures("filled")
async def test_a_provider_sees_only_its_own_counts_and_rates(ask: Asking) -> None:
    rows = await ask.rows(f"{START}&by=provider,month", "figures:read", A)
    assert rows == [
        {
            "provider": A, "month": "2025-08", "targets": 6, "targets_shown": None,
            "respondents": 5, "respondents_shown": None, "target_days": None, "respondent_days": None,
            "response_rate": "0.833333333333333333", "response_rate_days": None,
            "points": None, "coefficient": None, "weighted_points": None,
        },
        {
            "provider": A, "month": "2025-09", "targets": None, "targets_shown": "1-4",
            "respondents": None, "respondents_shown": "1-4", "target_days": None, "respondent_days": None,
            "response_rate": None, "response_rate_days": None,
            "points": None, "coefficient": None, "weighted_points": None,
        },
    ]  # fmt: skip
    (total,) = await ask.rows(START, "figures:read", B)
    assert (total["targets"], total["respondents"]) == (5, 0)
    assert await ask.rows(START, "figures:read") == []


@pytest.mark.usefixtures("filled")
async def test_what_a_caller_may_not_see_is_denied(ask: Asking) -> None:
    questions = START.replace("figures", "figures/questions")
    choices = START.replace("figures", "figures/choices")
    for path, scope in (
        (questions, "figures:read"),
        (choices, "figures:read"),
        (START, "operations"),
        (START, "feedback:write"),
        (f"{START}&provider={A},{B}", "figures:read"),
        ("/v1/quarantine", "figures:read"),
        (f"/v1/requests?provider={A}", "operations"),
        ("/v1/quarantine", "feedback:write"),
        (f"/v1/requests?provider={B}", "feedback:write"),
        (f"/v1/books?provider={B}", "figures:read"),
    ):
        status, problem = await ask.refusal(path, scope, A)
        assert (status, problem["status"]) == (403, 403), (path, scope)
        assert problem["type"] == "/problems/insufficient_scope"
    _, problem = await ask.refusal("/v1/quarantine", "feedback:write", A)
    assert problem["detail"] == "This needs a token with the scope figures:national or operations."


@pytest.mark.parametrize("path", [START, "/v1/quarantine", "/v1/books", "/v1/requests"])
async def test_without_a_good_token_nothing_is_told(client: Client, path: str) -> None:
    async with client.get(path) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="palautevirta"'
    async with client.get(path, headers={"Authorization": "Bearer a.b.c"}) as answer:
        assert answer.status == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert answer.content_type == "application/problem+json"


async def test_everything_wrong_with_a_query_is_told_at_once(ask: Asking) -> None:
    status, problem = await ask.refusal("/v1/figures?survey=begin&by=school&limit=0&colour=red")
    assert status == 400
    assert [error["parameter"] for error in problem["errors"]] == ["colour", "survey", "period", "by", "limit"]
    status, problem = await ask.refusal(f"{START}&provider=%0a")
    assert (status, problem["detail"]) == (400, "Control characters have no place in an address.")


@pytest.mark.usefixtures("filled")
async def test_pages_follow_each_other_without_a_gap(ask: Asking) -> None:
    for grain in ("provider,month", "provider,month,institution,qualification"):
        whole = await ask.rows(f"{START}&by={grain}")
        pages, token = [], ""
        while token is not None:
            found = await ask.envelope(f"{START}&by={grain}&limit=1{token and '&next=' + token}")
            pages.extend(found["rows"])
            assert len(found["rows"]) == 1
            token = found["next"]
        assert len(whole) > 2
        assert pages == whole


@pytest.mark.usefixtures("filled")
async def test_questions_are_paged_by_whole_groups(ask: Asking) -> None:
    path = f"{START.replace('figures', 'figures/questions')}&by=month"
    whole = await ask.rows(path)
    first = await ask.envelope(f"{path}&limit=1")
    second = await ask.envelope(f"{path}&limit=1&next={first['next']}")
    assert {row["month"] for row in first["rows"]} == {"2025-08"}
    assert first["rows"] + second["rows"] == whole
    assert second["next"] is None


@pytest.mark.usefixtures("filled")
async def test_any_table_is_also_csv(client: Client, ask: Asking) -> None:
    headers = ask.header(NATIONAL) | {"Accept": "text/csv"}
    async with client.get(f"{START}&by=provider&limit=1", headers=headers) as answer:
        assert answer.content_type == "text/csv"
        assert answer.headers["As-Of"] == "2025-11-24T12:00:00.000000Z"
        link = answer.headers["Link"]
        text = await answer.text()
    (row,) = csv.DictReader(io.StringIO(text))
    assert text.endswith("\r\n")
    assert (row["provider"], row["targets"], row["target_days"], row["points"]) == (A, "10", "", "28.0000")
    async with client.get(link.partition(">")[0].removeprefix("<"), headers=headers) as answer:
        (row,) = csv.DictReader(io.StringIO(await answer.text()))
    assert row["provider"] == B


@pytest.mark.usefixtures("filled")
async def test_an_unchanged_answer_is_not_sent_again(client: Client, ask: Asking) -> None:
    headers = ask.header(NATIONAL)
    async with client.get(START, headers=headers) as answer:
        etag = answer.headers["ETag"]
    async with client.get(START, headers=headers | {"If-None-Match": f'"other", {etag}'}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    async with client.get(f"{START}&by=provider", headers=headers | {"If-None-Match": etag}) as answer:
        assert answer.status == 200


async def test_as_of_is_null_while_a_partition_was_never_read(database: Database, ask: Asking) -> None:
    connection = await asyncpg.connect(database.dsn)
    try:
        await connection.execute("INSERT INTO feedback.fence (partition) VALUES (3) ON CONFLICT DO NOTHING")
    finally:
        await connection.close()
    assert await ask.envelope(START) == {"as_of": None, "edition": None, "model": "2025.1", "rows": [], "next": None}


@pytest.fixture
async def booked(database: Database) -> Record:
    """Provider A's events: two that stand, one superseded; copies and rejects in quarantine."""
    record = Record()
    provider = record.oid(A)
    keys = {name: event_key("/src", name) for name in ("first", "second", "answer", "bad", "twisted")}
    registers = {"background_key": keys["second"], "response_key": keys["answer"]}
    record.request(A, AUGUST, **registers, **answered("start-2025", {"start_01": 4}))
    record.ledger = [
        (provider, keys["first"], 10, AS_OF, "r-000"),
        (provider, keys["second"], 11, AS_OF, "r-000"),
        (provider, keys["answer"], 12, AS_OF, "r-000"),
    ]
    record.quarantine = [
        (3, 13, "conflict", [], provider, keys["first"], AS_OF, None, None),
        (3, 14, "unknown_question", ["/data/answers/0/question"], provider, keys["bad"], AS_OF, None, None),
        (3, 15, "conflict", [], provider, keys["twisted"], AS_OF, "closed", "response.withdrawn"),
        (4, 2, "not_json", [""], None, None, AS_OF, "replayed", None),
    ]
    record.days = [(provider, 6, 0, 2, 1)]
    await record.write(database.dsn)
    return record


@pytest.mark.usefixtures("booked")
async def test_events_are_looked_up_in_the_order_asked(ask: Asking) -> None:
    names = ["bad", "first", "nobody", "answer", "twisted", "010190-123A"]
    items = [{"providerid": A, "source": "/src", "id": name, "time": "ignored"} for name in names]
    rows = await ask.look_up({"events": [*items, items[1] | {"providerid": B}]}, "feedback:write", A)
    moment = "2025-11-24T12:00:00.000000Z"
    assert [(row["id"], row["state"], row["reason"], row["receipt"], row["received_at"]) for row in rows] == [
        ("bad", "rejected", "unknown_question", "3-14", moment),
        ("first", "superseded", None, "3-10", moment),
        ("nobody", "unknown", None, None, None),
        ("answer", "applied", None, "3-12", moment),
        ("twisted", "conflict", "conflict", "3-15", moment),
        (None, "unknown", None, None, None),
        ("first", "unknown", None, None, None),
    ]
    (foreign,) = await ask.look_up({"events": [items[1]]}, "feedback:write", B)
    (national,) = await ask.look_up({"events": [items[1]]}, NATIONAL)
    assert (foreign["state"], national["state"]) == ("unknown", "superseded")


@pytest.mark.usefixtures("filled")
async def test_requests_are_looked_up_with_their_reasons(ask: Asking) -> None:
    items = [{"providerid": A, "subject": subject} for subject in ("late", "r-000", "gone", "never", "r-005")]
    rows = await ask.look_up({"requests": items}, "figures:read", A)
    assert [(row["subject"], row["target"], row["response"], row["exclusion"]) for row in rows] == [
        ("late", "excluded", "excluded", "sent_too_late"),
        ("r-000", "counts", "counts", None),
        ("gone", "cancelled", "cancelled", None),
        ("never", "no_request", "no_request", None),
        ("r-005", "counts", "no_response", None),
    ]
    assert rows[1]["response_time"] == "2025-08-12T12:00:00.000000Z"
    assert (rows[3]["background_time"], rows[4]["response_time"]) == (None, None)
    for name in await ask.look_up({"requests": items}, "feedback:write", B):
        assert name["target"] == "no_request"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"events": [], "requests": []}',
        b'{"events": [{"id": "x"}]}',
        b'{"requests": [{"providerid": 1, "subject": "x"}]}',
        json.dumps({"requests": [{"providerid": A, "subject": "x"}] * 1001}).encode(),
    ],
)
async def test_a_body_that_asks_nothing_is_refused_with_advice(client: Client, ask: Asking, body: bytes) -> None:
    async with client.post("/v1/lookup", data=body, headers=ask.header("feedback:write", A)) as answer:
        assert answer.status == 400
        assert '"requests"' in (await answer.json())["detail"]


async def test_a_look_up_needs_a_scope_and_a_bounded_body(client: Client, ask: Asking) -> None:
    body = {"requests": [{"providerid": A, "subject": "x"}]}
    async with client.post("/v1/lookup", json=body, headers=ask.header("figures:funding", A)) as answer:
        assert answer.status == 403
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    headers = ask.header("feedback:write", A)
    async with client.post("/v1/lookup", data=io.BytesIO(b" " * 1_100_000), headers=headers) as answer:
        assert answer.status == 413
    async with client.post("/v1/lookup", data=b"x", headers=headers | {"Content-Encoding": "gzip"}) as answer:
        assert answer.status == 415


@pytest.mark.usefixtures("filled")
async def test_the_requests_that_do_not_count_are_listed_with_reasons(ask: Asking) -> None:
    rows = await ask.rows(f"/v1/requests?provider={A}", "feedback:write", A)
    assert [row["subject"] for row in rows] == ["gone", "late", "r-005", "r-008", "r-009", "r-017"]
    rows = await ask.rows(f"/v1/requests?provider={A}&reason=excluded,cancelled&limit=1", "figures:national")
    assert [(row["subject"], row["survey"], row["target"]) for row in rows] == [("gone", "start", "cancelled")]
    (row,) = await ask.rows(f"/v1/requests?provider={B}&reason=no_request", "figures:read", B)
    assert (row["subject"], row["survey"], row["background_time"]) == ("waits", None, None)


@pytest.mark.usefixtures("booked")
async def test_the_books_are_seen_by_their_provider_and_by_operations(ask: Asking) -> None:
    (row,) = await ask.rows(f"/v1/books?provider={A}", "figures:read", A)
    assert row == {
        "provider": A, "records": 6, "standing": 2, "waiting": 0, "superseded": 1,
        "duplicate": 0, "conflict": 2, "rejected": 1,
    }  # fmt: skip
    assert await ask.rows("/v1/books", "operations") == [row]
    assert await ask.rows("/v1/books", "feedback:write", B) == []


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/v1/editions", ("2147483648",)),
        ("/v1/editions", ("9" * 18,)),
        ("/v1/editions", ("-1",)),
        ("/v1/quarantine", ("32768", "0", "0")),
        ("/v1/quarantine", ("0", "99999", "0")),
        ("/v1/quarantine", ("0", "0", str(2**63))),
    ],
)
async def test_a_page_token_beyond_what_the_record_holds_is_refused(
    ask: Asking, path: str, keys: tuple[str, ...]
) -> None:
    status, problem = await ask.refusal(f"{path}?next={token_of(keys)}")
    assert (status, [error["parameter"] for error in problem["errors"]]) == (400, ["next"])


async def test_the_greatest_numbers_of_a_page_token_are_taken(ask: Asking) -> None:
    assert await ask.rows(f"/v1/editions?next={token_of((str(2**31 - 1),))}") == []
    greatest = ("32767", "32767", str(2**63 - 1))
    assert await ask.rows(f"/v1/quarantine?next={token_of(greatest)}") == []


@pytest.mark.usefixtures("booked")
async def test_quarantine_pages_by_the_log(ask: Asking) -> None:
    rows = await ask.rows("/v1/quarantine", "operations")
    assert [(row["receipt"], row["provider"], row["reason"], row["outcome"]) for row in rows] == [
        ("3-13", A, "conflict", "standing"),
        ("3-14", A, "unknown_question", "standing"),
        ("3-15", A, "conflict", "closed"),
        ("4-2", None, "not_json", "replayed"),
    ]
    assert [row["event"] for row in rows] == [None, None, "response.withdrawn", None]
    assert rows[1]["pointers"] == "/data/answers/0/question"
    first = await ask.envelope("/v1/quarantine?limit=3", "operations")
    rest = await ask.envelope(f"/v1/quarantine?limit=3&next={first['next']}", "operations")
    assert first["rows"] + rest["rows"] == rows
    assert await ask.rows(f"/v1/quarantine?provider={A}&reason=conflict&outcome=closed", "operations") == [rows[2]]


async def test_a_database_that_ends_our_sessions_is_asked_again(
    database: Database, client: Client, ask: Asking, filled: Record
) -> None:
    assert filled.requests
    before = await ask.rows(START)
    connection = await asyncpg.connect(database.dsn)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'palautevirta_reporting' "
            "AND datname = current_database()"
        )
    finally:
        await connection.close()
    assert await ask.rows(START) == before
    assert client.app is not None
    assert client.app[FRESHNESS].is_alive() is None


async def test_a_view_that_changed_is_read_anew(database: Database, ask: Asking, booked: Record) -> None:
    assert booked.days
    before = await ask.rows("/v1/books", "operations")
    connection = await asyncpg.connect(database.dsn)
    try:
        # Another type of a column: the statements that our connections remember are refused from now on.
        definition = (await connection.fetchval("SELECT pg_get_viewdef('reporting.book')")).rstrip(";")
        await connection.execute(
            "DROP VIEW reporting.book; CREATE VIEW reporting.book AS SELECT provider, records::integer AS records, "
            f"standing, waiting, superseded, duplicate, conflict, rejected FROM ({definition}) AS former; "
            "GRANT SELECT ON reporting.book TO palautevirta_reporting"
        )
    finally:
        await connection.close()
    assert await ask.rows("/v1/books", "operations") == before


async def test_a_database_that_is_away_is_told_with_a_503(database: Database, client: Client, ask: Asking) -> None:
    assert client.app is not None
    await client.app[STORE].read(_nothing)
    connection = await asyncpg.connect(database.dsn.rpartition("/")[0] + "/postgres")
    name = database.dsn.rpartition("/")[2]
    try:
        await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        async with client.get(START, headers=ask.header(NATIONAL)) as answer:
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "5"
            assert (await answer.json())["type"] == "/problems/unavailable"
    finally:
        await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await connection.close()


async def _nothing(_: Any) -> None:
    """Reads nothing."""


async def test_before_the_migrations_the_service_is_alive_but_not_ready(
    postgres: str, role_passwords: dict[str, str], settings_of: SettingsOf
) -> None:
    name = f"test_{secrets.token_hex(6)}"
    bare = Database(await create_database(postgres, name), role_passwords)
    app = build_app(settings_of(bare), load_models(), CollectorRegistry())
    async with TestClient(TestServer(app)) as client:
        assert client.app is not None
        await client.app[FRESHNESS].look(client.app[STORE], Telemetry(CollectorRegistry()))
        assert client.app[FRESHNESS].is_ready() == "the database doesn't answer: UndefinedTableError"
        assert client.app[FRESHNESS].is_alive() is None
    await drop_database(postgres, name)
