"""What must not change a real database's figures: order, copies, withdrawing and giving again, a split merged back.

Each test applies a history of eight providers in another way and looks whether the figures are those of the plain one.
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from random import Random
from typing import Any

import asyncpg
import pytest
from builders.applied import applied_log
from recount.ledger import Arrival, Event
from recount.report import Recount
from traffic.load import load

from palautevirta.local.postgres import Database, create_database, drop_database
from palautevirta.verification import verify

SEED = 20260702
REQUESTS = 600
BATCH = 500
TEMPLATE = "palautevirta_template"

MONTHS = """
    SELECT coalesce(successor, provider), month, survey_kind, entrepreneur, sum(targets), sum(respondents),
           sum(target_days), sum(respondent_days), sum(points)
    FROM reporting.month_figure LEFT JOIN unnest($1::text[], $2::text[]) AS m (merged, successor) ON provider = merged
    GROUP BY 1, 2, 3, 4 HAVING sum(targets) <> 0 ORDER BY 1, 2, 3, 4
"""
ANSWERS = """
    SELECT coalesce(successor, provider), month, survey_kind, questionnaire, cell, sum(heads), sum(days)
    FROM (
        SELECT provider, month, survey_kind, questionnaire, c.*
        FROM reporting.month_answers AS h, unnest(h.heads, h.days) WITH ORDINALITY AS c (heads, days, cell)
    ) AS counted
    LEFT JOIN unnest($1::text[], $2::text[]) AS m (merged, successor) ON provider = merged
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(heads) <> 0 ORDER BY 1, 2, 3, 4, 5
"""

Figures = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]
Count = Callable[..., Awaitable[Figures]]


def history() -> list[Event]:
    """Distinct events, in the order of the log."""
    accepted = [
        planned.event
        for client in load(SEED, requests=REQUESTS, clients=1)
        for posting in client.postings
        for planned, status in zip(posting.planned, posting.expected, strict=True)
        if status == "accepted"
    ]
    recount = Recount(Arrival(0, offset, event) for offset, event in enumerate(accepted))
    return [arrival.event for arrival in recount.standing.values()]


@pytest.fixture
async def counted(postgres: str, role_passwords: dict[str, str]) -> AsyncIterator[Count]:
    """Counts events in a database of their own and gives its figures, with providers merged as `mergers` says."""
    names: list[str] = []

    async def count(events: Sequence[Event], mergers: dict[str, str] | None = None) -> Figures:
        names.append(f"test_{secrets.token_hex(6)}")
        database = Database(await create_database(postgres, names[-1], template=TEMPLATE), role_passwords)
        await database.let_roles_log_in()
        async with applied_log(database.aggregator_dsn) as log:
            for begin in range(0, len(events), BATCH):
                await log.apply(*events[begin : begin + BATCH])
        assert [finding.name for finding in await verify(database.dsn) if finding.broken_by] == []
        connection = await asyncpg.connect(database.dsn)
        try:
            merged = list(mergers or {}), list((mergers or {}).values())
            months, answers = [await connection.fetch(sql, *merged) for sql in (MONTHS, ANSWERS)]
            return [tuple(row) for row in months], [tuple(row) for row in answers]
        finally:
            await connection.close()

    yield count
    for name in names:
        await drop_database(postgres, name)


async def test_every_order_every_number_of_copies_and_answers_given_again_count_the_same(counted: Count) -> None:
    events = history()
    plain = await counted(events)
    assert len(plain[0]) > 100
    assert len(plain[1]) > 1_000
    random = Random(SEED)
    assert await counted(random.sample(events, len(events))) == plain
    assert await counted([*events, *random.sample(events, len(events))]) == plain
    again = given_again(events)
    assert len(again) > len(events) + 400
    assert await counted(random.sample(again, len(again))) == plain


def given_again(events: Sequence[Event]) -> list[Event]:
    """Every response that stands is withdrawn later, and later still given again."""
    recount = Recount(Arrival(0, offset, event) for offset, event in enumerate(events))
    added = []
    for request in recount.requests.values():
        response = request.response
        if request.submitted is not None and response is not None:
            withdrawal = {"type": "fi.feedback.response.withdrawn.v1", "data": {"reason": "respondent_request"}}
            added.append(response | withdrawal | {"id": f"{response['id']}-w", "time": "2025-12-01T00:00:00Z"})
            added.append(response | {"id": f"{response['id']}-a", "time": "2025-12-01T00:00:00.000001Z"})
    return [*events, *added]


async def test_a_provider_split_in_two_and_merged_back_has_its_figures(counted: Count) -> None:
    events = history()
    provider = max(
        {one["providerid"] for one in events}, key=lambda oid: sum(one["providerid"] == oid for one in events)
    )
    twin = "1.2.246.562.10.98765432101"
    split = [
        one | {"providerid": twin} if one["providerid"] == provider and int(one["subject"][2:]) % 2 else one
        for one in events
    ]
    plain = await counted(events)
    assert await counted(split) != plain
    assert await counted(split, {twin: provider}) == plain
