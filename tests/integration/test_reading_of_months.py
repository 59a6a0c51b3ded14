"""Reading the figures of some months reads no row of any other month, however many years there are.

The rows are made by SQL, since only their number and their places matter; the statements are those of the service, and
what they read is what Postgres says that it read.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
from builders.states import MODELS

from palautevirta.local.postgres import Database
from schemas.national.rules.periods import months_of
from services.reporting import funding_store
from services.reporting.query import FiguresQuery, figures_query
from services.reporting.store import Snapshot
from services.reporting.structure import Structure

PROVIDERS = 48
YEARS = 4
A_MONTH = 3
"""Requests a provider, month and survey kind; of the instructors' every third is an entrepreneur's."""

ROWS = f"""
INSERT INTO feedback.oid (oid, partition)
SELECT '1.2.246.562.10.' || 10000000000 + n, n % 16 FROM generate_series(1, {PROVIDERS}) AS n;
INSERT INTO feedback.oid (oid) SELECT '1.2.246.562.10.' || 20000000000 + n FROM generate_series(1, 200) AS n;
INSERT INTO feedback.request (
    partition, provider, subject, background_at_us, response_at_us, survey_kind, institution, qualification,
    entrepreneur, questionnaire, answers, target, response, month, target_days, respondent_days, points, rules
)
SELECT o.partition, o.id, month || kind || n, 0, 0, kind::feedback.survey_kind, {PROVIDERS} + o.id, '351301',
       kind = 'workplace_instructor' AND n = 1, 1, decode(repeat('00', 99), 'hex'), 'counts',
       'counts', month, 1, 1, 1, 2
FROM feedback.oid o,
     generate_series('2018-07-01'::timestamp, '2018-06-01'::timestamp + interval '{YEARS} years', '1 month') AS month,
     unnest(enum_range(NULL::feedback.survey_kind)::text[]) AS kind,
     generate_series(1, {A_MONTH}) AS n
WHERE o.partition IS NOT NULL
ORDER BY month;
INSERT INTO feedback.month_figure
SELECT partition, provider, month, survey_kind, entrepreneur, count(*), count(*), sum(target_days), 1, 1
FROM feedback.request GROUP BY 1, 2, 3, 4, 5 ORDER BY month;
INSERT INTO feedback.month_answers
SELECT partition, provider, month, survey_kind, 1, '{{1}}', '{{1}}'
FROM feedback.request GROUP BY 1, 2, 3, 4 ORDER BY month;
ANALYZE;
"""


class Explained:
    """A connection that answers nothing, and remembers how each statement was executed."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._plans: list[Any] = []

    async def fetch(self, statement: str, *arguments: Any, timeout: float | None = None) -> list[Any]:  # noqa: ASYNC109 - as asyncpg has it
        del timeout
        plan = await self._connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *arguments)
        self._plans.append(json.loads(plan)[0]["Plan"])
        return []

    def scans(self, table: str) -> list[dict[str, Any]]:
        """The nodes that read a table or a partition of it."""
        nodes = (node for plan in self._plans for node in _nodes(plan))
        return [node for node in nodes if str(node.get("Relation Name", "")).startswith(table)]

    def rows_read(self, table: str) -> int:
        """How many of its rows were looked at, whether or not they were let through."""
        removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
        return round(
            sum(
                (node["Actual Rows"] + sum(node.get(name, 0) for name in removed)) * node["Actual Loops"]
                for node in self.scans(table)
            )
        )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


@pytest.fixture
async def explained(database: Database) -> AsyncIterator[Explained]:
    owner = await asyncpg.connect(database.dsn)
    try:
        await owner.execute(ROWS)
    finally:
        await owner.close()
    settings = {"jit": "off", "plan_cache_mode": "force_custom_plan"}
    connection = await asyncpg.connect(database.reporting_dsn, server_settings=settings)
    try:
        yield Explained(connection)
    finally:
        await connection.close()


def asked(survey: str, **more: str) -> FiguresQuery:
    pairs = {"survey": survey, "period": "2020-2021", **more}
    found = figures_query(pairs.items(), first_period="2018-2019")
    assert isinstance(found, FiguresQuery)
    return found


def snapshot(explained: Explained) -> Snapshot:
    return Snapshot(explained, MODELS)


MERGED = Structure({"1.2.246.562.10.10000000001": "1.2.246.562.10.10000000002"})
ONE = "1.2.246.562.10.10000000003"
A_YEAR = 12 * A_MONTH


# The workplace survey's page also looks at the instructors' rows, for those of entrepreneurs.
LOOKED_AT = pytest.mark.parametrize(("survey", "kinds"), [("start", 1), ("workplace_instructor", 1), ("workplace", 2)])


@LOOKED_AT
async def test_pages_of_the_nation_read_the_rows_of_their_months(explained: Explained, survey: str, kinds: int) -> None:
    """The instructors' month figures have a row for entrepreneurs and one for the others."""
    query = asked(survey, by="provider,month")
    figures = {"start": 1, "workplace_instructor": 2, "workplace": 3}[survey]
    await snapshot(explained).figures(query, None, MERGED)
    assert explained.rows_read("month_figure") == 12 * PROVIDERS * figures
    await snapshot(explained).figures(asked(survey, month="2020-11"), None, MERGED)
    assert explained.rows_read("month_figure") == 13 * PROVIDERS * figures
    assert "Seq Scan" not in {node["Node Type"] for node in explained.scans("month_figure")}
    await snapshot(explained).answers(query, None, MERGED)
    assert explained.rows_read("month_answers") == 12 * PROVIDERS
    finest = asked(survey, by="month,site,qualification")
    await snapshot(explained).figures(finest, None, MERGED)
    assert explained.rows_read("request") == A_YEAR * PROVIDERS * kinds
    await snapshot(explained).answers(finest, None, MERGED)
    assert explained.rows_read("request") == A_YEAR * PROVIDERS * (kinds + 1)
    assert "Seq Scan" not in {node["Node Type"] for node in explained.scans("request")}


@LOOKED_AT
async def test_pages_of_one_provider_read_its_rows_of_their_months(
    explained: Explained, survey: str, kinds: int
) -> None:
    one = frozenset({ONE})
    finest = asked(survey, by="month,site,qualification")
    await snapshot(explained).figures(finest, one, MERGED)
    assert explained.rows_read("request") == A_YEAR * kinds
    await snapshot(explained).answers(finest, one, MERGED)
    assert explained.rows_read("request") == A_YEAR * (kinds + 1)
    await snapshot(explained).figures(asked(survey, by="month"), one, MERGED)
    assert explained.rows_read("month_figure") <= 12 * PROVIDERS * 3


async def test_the_funding_view_reads_the_months_of_its_period(explained: Explained) -> None:
    months = {month: month for month in months_of("2020-2021")}
    await funding_store.sums(snapshot(explained), months, months, by_month=False)
    # Six rows a provider and month, and for the copy once more both of the instructors'.
    assert explained.rows_read("month_figure") == 12 * PROVIDERS * (6 + 2)
    assert "Seq Scan" not in {node["Node Type"] for node in explained.scans("month_figure")}
