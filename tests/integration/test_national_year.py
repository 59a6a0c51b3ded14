"""A seeded year of the whole nation, every edge in it: posted as events, counted, and asked at several grains.

All 154 providers have a hundredth of what was published of them, and eight more tell every story. The nation's sums run
over that many coefficients, each a fraction of its own. The measure is the recount, which shares no code.
"""

import os
import time
from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest
from aiohttp.test_utils import TestServer
from aiokafka import AIOKafkaProducer
from builders.events import body
from builders.reporting import SettingsOf
from builders.thread import Thread
from prometheus_client import CollectorRegistry
from recount.ledger import Arrival, Event
from recount.report import Recount
from traffic.cast import KINDS
from traffic.comparison import compare_figures, readable
from traffic.load import load
from traffic.notes import tell
from traffic.reports import Reports

from palautevirta.demo.counts import PERIOD, published_counts, share_of
from palautevirta.demo.nation import Nation
from palautevirta.local.issuer import Issuer
from palautevirta.local.postgres import Database
from schemas.national.model import load_models
from services.reporting.app import build_app
from services.runtime.partitioning import partition_of

SEED = int(os.environ.get("TEST_SEED", "20210630"))
PERCENT = 1
REQUESTS = 500
GRAINS = ((), ("provider",), ("month",), ("provider", "month", "institution", "site", "qualification"))


def year(seed: int) -> list[Event]:
    """The events of the nation, and those of the stories after them."""
    nation = Nation(share_of(published_counts(), PERCENT), load_models(), seed=seed)
    events: list[Event] = [event for batch in nation.batches() for event in msgspec.json.decode(batch.body)]
    for client in load(seed, requests=REQUESTS, clients=1):
        for posting in client.postings:
            for planned, status in zip(posting.planned, posting.expected, strict=True):
                if status == "accepted":
                    events.append(planned.event)
    return events


@pytest.fixture
async def reports(database: Database, settings_of: SettingsOf, issuer: Issuer) -> AsyncIterator[Reports]:
    server = TestServer(build_app(settings_of(database), load_models(), CollectorRegistry()))
    async with server, aiohttp.ClientSession() as session:
        yield Reports(session, str(server.make_url("")), issuer.mint(organisations=[], scope="figures:national"))


async def test_every_figure_of_a_national_year_equals_the_recount(
    kafka: str,
    topic: str,
    thread: Thread,
    reports: Reports,
) -> None:
    tell(f"TEST_SEED={SEED}")
    began = time.monotonic()
    arrivals = []
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        sent = [
            (event, await producer.send(topic, body(event), partition=partition_of(event["providerid"], 16)))
            for event in year(SEED)
        ]
        for event, told in sent:
            receipt = await told
            arrivals.append(Arrival(receipt.partition, receipt.offset, event))
    async with thread.aggregator():
        for partition in {one.partition for one in arrivals}:
            await thread.read_up_to(1 + max(one.offset for one in arrivals if one.partition == partition), partition)
    counted = time.monotonic()
    recount = Recount(arrivals)
    everything_occurs(recount)
    lines = await compare_figures(reports, recount, GRAINS, periods=(PERIOD,), structure="as_was")
    assert not lines, readable(lines)
    tell(
        f"{len(arrivals)} events counted after {counted - began:.1f} s, compared in {time.monotonic() - counted:.1f} s"
    )


def everything_occurs(recount: Recount) -> None:
    """The year leads through every survey and to providers of every kind of rate."""
    for kind in KINDS:
        rows = recount.figures(kind, PERIOD, ("provider",))
        assert len(rows) > 50, kind
        if kind != "workplace":
            coefficients = {row["coefficient"] for row in rows}
            assert len(coefficients) > 10, kind
        assert any(row["respondents"] == 0 for row in rows)
    assert any(
        row["target_days"] == 0 for row in recount.figures("workplace", PERIOD, ("provider", "qualification", "month"))
    )
    (nation,) = recount.figures("start", PERIOD, ())
    assert (nation["coefficient"], nation["weighted_points"].endswith("0" * 6)) == (None, False)
