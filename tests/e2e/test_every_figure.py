"""The whole thread at once: posted over HTTP, counted, and read back equal to a recount that shares no code."""

import asyncio
import os
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from recount.ledger import Name, name_of
from recount.report import Recount
from traffic.cast import KINDS, PERIODS
from traffic.comparison import (
    GRAINS,
    compare_books,
    compare_events,
    compare_figures,
    compare_filtered,
    compare_requests,
    readable,
)
from traffic.load import ClientLoad, load
from traffic.notes import tell
from traffic.reports import reading
from traffic.sender import Told, events_of, post_all

from palautevirta.local.stack import LocalStack
from palautevirta.verification import verify

SEED = int(os.environ.get("TEST_SEED", "20210630"))
REQUESTS = 1_500
CLIENTS = 4
REASONS = {
    "counts", "no_request", "cancelled", "excluded", "no_attribution_date", "no_response", "withdrawn",
    "other_questionnaire", "answered_before_window", "answered_after_window",
}  # fmt: skip


async def post(stack: LocalStack, clients: list[ClientLoad]) -> list[Told]:
    """Every client posts its load, all of them at once."""
    url = stack.endpoints.collector
    assert url is not None
    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(
            *(
                post_all(
                    session,
                    [url],
                    stack.issuer.mint(organisations=client.organisations, scope="feedback:write"),
                    client,
                    deadline_s=30,
                )
                for client in clients
            )
        )


def everything_occurs(recount: Recount, told: list[Told]) -> None:
    """The seed must lead through every rule, or the comparison says less than it seems to."""
    reasons = {one.target_reason for one in recount.requests.values()}
    reasons |= {one.response_reason for one in recount.requests.values()}
    assert reasons == REASONS
    assert {(one.survey, one.period) for one in recount.targets} == {(kind, one) for kind in KINDS for one in PERIODS}
    assert len(recount.conflicts) > 20
    assert all(sum(book[name] for book in recount.books()) > 20 for name in ("waiting", "superseded", "duplicate"))
    partitions = Counter(one.partition for client in told for one in client.accepted)
    assert len(partitions) > 2


@pytest.mark.timeout(120)
async def test_every_answer_equals_a_recount_of_what_was_posted(data_dir: Path) -> None:
    tell(f"TEST_SEED={SEED}")
    clients = load(SEED, requests=REQUESTS, clients=CLIENTS)
    began = time.monotonic()
    async with LocalStack(data_dir, environment=os.environ) as stack:
        told = await post(stack, clients)
        posted = time.monotonic()
        mistakes = [line for client in told for line in client.mistakes]
        assert not mistakes, readable(mistakes)
        assert sum(client.unknown for client in told) == 0
        recount = Recount(arrival for client in told for arrival in client.accepted)
        everything_occurs(recount, told)

        events = events_of(clients)
        names: list[Name] = sorted({name_of(event) for event in events if "source" in event})
        requests = sorted(
            {(event["providerid"], event["subject"]) for event in events if "-123A" not in event["subject"]}
        )
        assert stack.endpoints.reporting is not None
        token = stack.issuer.mint(organisations=[], scope="figures:national operations")
        async with reading(stack.endpoints.reporting, token) as reports:
            await reports.until_complete(datetime.now(UTC), deadline_s=30)
            counted = time.monotonic()
            lines = await compare_figures(reports, recount, GRAINS)
            lines += await compare_filtered(reports, recount)
            lines += await compare_events(reports, recount, names)
            lines += await compare_requests(reports, recount, requests)
            lines += await compare_books(reports, recount)
            quarantined = await reports.rows("/v1/quarantine", limit="10")
        assert not lines, readable(lines)
        assert {row["receipt"] for row in quarantined} == {arrival.receipt for arrival in recount.conflicts}
        assert {row["reason"] for row in quarantined} == {"conflict"}
        broken = [finding for finding in await verify(stack.endpoints.postgres) if finding.broken_by]
        assert broken == []
        tell(
            f"{len(events)} events; ready and posted after {posted - began:.1f} s, counted {counted - posted:.1f} s "
            f"later, compared in {time.monotonic() - counted:.1f} s"
        )
