"""What reporting is asked about: a record as an aggregator leaves it, and somebody who asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
from aiohttp import web
from aiohttp.test_utils import TestClient

from palautevirta.local.issuer import Issuer
from palautevirta.local.postgres import Database
from schemas.national.layout import Layout, layout
from schemas.national.model import load_models
from services.reporting.settings import ReportingSettings

A = "1.2.246.562.10.10000000001"
B = "1.2.246.562.10.10000000002"
C = "1.2.246.562.10.10000000003"
CAR, COOK = "351301", "012345"
AUGUST, SEPTEMBER = date(2025, 8, 1), date(2025, 9, 1)
AS_OF = datetime(2025, 11, 24, 12, tzinfo=UTC)
NATIONAL = "figures:national"

Client = TestClient[web.Request, web.Application]
SettingsOf = Callable[[Database], ReportingSettings]


@dataclass
class Record:
    """The rows of one database's record, gathered and then written in one go."""

    oids: dict[str, int] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    ledger: list[tuple[Any, ...]] = field(default_factory=list)
    quarantine: list[tuple[Any, ...]] = field(default_factory=list)
    days: list[tuple[Any, ...]] = field(default_factory=list)

    def oid(self, oid: str | None) -> int | None:
        return None if oid is None else self.oids.setdefault(oid, len(self.oids) + 1)

    def request(self, provider: str, month: date | None, **columns: Any) -> None:
        """A request; without `month` one that doesn't count, with `answers` a respondent."""
        number = len(self.requests)
        row = {
            "partition": 3,
            "provider": self.oid(provider),
            "subject": f"r-{number:03}",
            "background_at_us": 1_754_900_000_000_000 + number,
            "response_at_us": None,
            "survey_kind": "start",
            "institution": self.oid(columns.pop("institution", None)),
            "site": self.oid(columns.pop("site", None)),
            "qualification": CAR,
            "entrepreneur": False,
            "target": "counts",
            "response": "counts" if "answers" in columns else "no_response",
            "month": month,
            "target_days": 0,
            "respondent_days": 0,
            "points": 0,
            "rules": 2,
            **columns,
        }
        row["survey_kind"] = row.pop("survey", row["survey_kind"])
        self.requests.append(row)

    async def write(self, dsn: str) -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.executemany(
                "INSERT INTO feedback.oid (id, oid, partition) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3)",
                [(number, oid, 3 if oid in {A, B, C} else None) for oid, number in self.oids.items()],
            )
            await connection.execute(
                "INSERT INTO feedback.fence (partition, complete_until) VALUES (3, $1), (4, $2)",
                AS_OF,
                datetime(2025, 11, 24, 13, tzinfo=UTC),
            )
            for row in self.requests:
                names = ", ".join(row)
                values = ", ".join(f"${n}" for n in range(1, len(row) + 1))
                await connection.execute(f"INSERT INTO feedback.request ({names}) VALUES ({values})", *row.values())
            await connection.execute(
                """
                INSERT INTO feedback.month_figure
                SELECT partition, provider, month, survey_kind, entrepreneur, count(*),
                       count(*) FILTER (WHERE response = 'counts'), sum(target_days), sum(respondent_days), sum(points)
                FROM feedback.request WHERE month IS NOT NULL GROUP BY 1, 2, 3, 4, 5
                """
            )
            # A cell that was emptied again stays as a row of zeros.
            await connection.execute(
                "INSERT INTO feedback.month_figure VALUES (3, $1, '2025-12-01', 'start', false, 0, 0, 0, 0, 0)",
                self.oid(A),
            )
            await connection.executemany(
                "INSERT INTO feedback.month_answers VALUES (3, $1, $2, $3, $4, $5, $6)", self._histograms()
            )
            await connection.executemany(
                "INSERT INTO feedback.ledger VALUES (3, $1, $2, '', 1, 1, $3, $4, $5)", self.ledger
            )
            await connection.executemany(
                "INSERT INTO feedback.quarantine (partition, log_offset, reason, pointers, provider, event_key, digest,"
                " received_at, outcome, event) VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8, $9)",
                self.quarantine,
            )
            await connection.executemany(
                "INSERT INTO feedback.provider_day VALUES (3, $1, '2025-08-11', $2, $3, $4, $5)", self.days
            )
        finally:
            await connection.close()

    def _histograms(self) -> list[tuple[Any, ...]]:
        sums: dict[tuple[Any, ...], tuple[list[int], list[int]]] = {}
        for row in self.requests:
            if row["response"] != "counts":
                continue
            form = layout(load_models().questionnaire_by_number(row["questionnaire"]))
            key = (row["provider"], row["month"], row["survey_kind"], row["questionnaire"])
            heads, days = sums.setdefault(key, ([0] * form.cells, [0] * form.cells))
            for slot, value in zip(form.slots, row["answers"], strict=True):
                if value:
                    heads[slot.first_cell + value - 1] += 1
                    days[slot.first_cell + value - 1] += row["target_days"]
        return [(*key, heads, days if key[2].startswith("workplace") else []) for key, (heads, days) in sums.items()]


def answered(questionnaire: str, answers: Mapping[str, int | set[int]]) -> dict[str, Any]:
    """The columns of a response: a value a question, or the positions that were chosen from a set."""
    found = load_models().questionnaire(questionnaire)
    assert found is not None
    form: Layout = layout(found)
    row = bytearray(len(form.slots))
    for question, value in answers.items():
        first = form.slot_of[question]
        if isinstance(value, set):
            row[first] = 1
            for position in value:
                row[first + 1 + position] = 1
        else:
            row[first] = value
    return {"questionnaire": found.number, "answers": bytes(row), "response_at_us": 1_755_000_000_000_000}


class Asking:
    """Asks with a token of some scope and organisations."""

    def __init__(self, client: Client, issuer: Issuer) -> None:
        self._client = client
        self._issuer = issuer

    def header(self, scope: str, *organisations: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._issuer.mint(organisations=organisations, scope=scope)}"}

    async def rows(self, path: str, scope: str = NATIONAL, *organisations: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await self.envelope(path, scope, *organisations))["rows"]
        return rows

    async def envelope(self, path: str, scope: str = NATIONAL, *organisations: str) -> dict[str, Any]:
        async with self._client.get(path, headers=self.header(scope, *organisations)) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    async def refusal(self, path: str, scope: str = NATIONAL, *organisations: str) -> tuple[int, dict[str, Any]]:
        async with self._client.get(path, headers=self.header(scope, *organisations)) as answer:
            assert answer.content_type == "application/problem+json"
            return answer.status, await answer.json()

    async def look_up(self, body: Any, scope: str, *organisations: str) -> list[dict[str, Any]]:
        headers = self.header(scope, *organisations)
        async with self._client.post("/v1/lookup", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            rows: list[dict[str, Any]] = (await answer.json())["rows"]
            return rows
