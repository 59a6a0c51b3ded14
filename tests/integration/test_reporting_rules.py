"""The rules over HTTP: without a token, without the database, as JSON and CSV."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from builders.reporting import Client, SettingsOf
from prometheus_client import CollectorRegistry

from palautevirta.local.postgres import REPORTING_ROLE, Database
from schemas.national.model import load_models
from services.reporting.app import build_app

WINDOW = "/v1/rules/window?trigger_date=2024-02-24&issued=2024-03-28"


@pytest.fixture
async def client(settings_of: SettingsOf) -> AsyncIterator[Client]:
    """Reporting while its database is away."""
    away = Database("postgresql://nobody@127.0.0.1:1/none", {REPORTING_ROLE: "none"})
    app = build_app(settings_of(away), load_models(), CollectorRegistry())
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "row"),
    [
        (WINDOW, {"valid_from": "2024-03-28", "valid_to": "2024-04-23", "exclusion": None}),
        ("/v1/rules/business-id?business_id=0000001-9", {"verdict": "valid"}),
        (
            "/v1/rules/attribution?survey=workplace&work_period_end=2025-12-31",
            {
                "attribution_date": "2025-12-31",
                "month": "2025-12",
                "period": "2025-2026",
                "funding_year": 2027,
                "reason": None,
            },
        ),
    ],
)
async def test_a_rule_answers_a_row_without_a_token(client: Client, path: str, row: dict[str, Any]) -> None:
    async with client.get(path) as answer:
        assert answer.status == 200
        assert await answer.json() == {"as_of": None, "edition": None, "model": "2025.1", "rows": [row], "next": None}
        assert "As-Of" not in answer.headers
        etag = answer.headers["ETag"]
    async with client.get(path, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
    async with client.get(path, headers={"Accept": "text/csv"}) as answer:
        assert (await answer.text()).splitlines()[0] == ",".join(row)


async def test_a_coefficient_is_computed(client: Client) -> None:
    path = "/v1/rules/coefficient?survey=start&period=2025-2026&targets=20&respondents=10&points=100"
    async with client.get(path) as answer:
        (row,) = (await answer.json())["rows"]
    assert (row["coefficient_branch"], row["coefficient_exact"], row["weighted_points_exact"]) == (
        "linear",
        "28/15",
        "560/3",
    )


async def test_durations_are_posted(client: Client) -> None:
    periods = [
        {"work_period_start": f"2025-04-{start}", "work_period_end": f"2025-04-{end}", "part_time_percentage": 100}
        for start, end in ((12, 20), (15, 22), (14, 18))
    ]
    async with client.post("/v1/rules/duration", json={"periods": periods}) as answer:
        assert [row["duration_days"] for row in (await answer.json())["rows"]] == [5, 4, 2]


async def test_what_cannot_be_answered_is_a_problem_that_says_why(client: Client) -> None:
    async with client.get("/v1/rules/window?issued=soon") as answer:
        assert (answer.status, answer.content_type) == (400, "application/problem+json")
        assert [error["parameter"] for error in (await answer.json())["errors"]] == ["trigger_date", "issued"]
    async with client.post("/v1/rules/duration", data=b'{"periods": [1]}') as answer:
        assert (answer.status, answer.content_type) == (400, "application/problem+json")
        assert (await answer.json())["detail"].startswith("/periods/0")
    async with client.post("/v1/rules/duration", data=b"x", headers={"Content-Encoding": "gzip"}) as answer:
        assert answer.status == 415
    async with client.get("/v1/rules/duration") as answer:
        assert answer.status == 405
    async with client.get("/v1/rules/lottery") as answer:
        assert answer.status == 404
