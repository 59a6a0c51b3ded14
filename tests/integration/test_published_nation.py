"""Seeded nations, published on days beside those of the lag: every figure of the editions against the recount.

A chain of mergers, some of them of days between the editions'; not everybody is funded; shares of the year before. The
recount reads the events and shares no code with the product.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from builders.applied import PARTITIONS, applied_log
from builders.reporting import SettingsOf
from builders.small_nation import load_reference_data, load_shares
from integration.test_editions import cut
from prometheus_client import CollectorRegistry
from recount.export import Named, national_rows
from recount.funding import bounded_shares, earned, whole_shares
from recount.ledger import Arrival, Event
from recount.population import Population
from recount.report import Recount
from recount.structure import Merger
from traffic.cast import KINDS
from traffic.comparison import differences, readable
from traffic.load import load
from traffic.reports import Reports

from palautevirta.local.issuer import Issuer
from palautevirta.local.postgres import Database
from schemas.national.model import load_models
from services.reporting.app import build_app
from services.runtime.partitioning import partition_of

REQUESTS = 1500
EDITIONS = (
    ("2023-2024", date(2024, 12, 31)),
    ("2024-2025", date(2025, 1, 1)),
    ("2024-2025", date(2025, 2, 28)),
    ("2024-2025", date(2025, 3, 1)),
    ("2024-2025", date(2025, 8, 31)),
    ("2024-2025", date(2025, 9, 1)),
    ("2024-2025", date(2025, 12, 31)),
    ("2025-2026", date(2026, 1, 1)),
)
SETS = {"actual": "Toteuma", "estimate": "Estimaatti"}


def arrivals_of(seed: int) -> list[Arrival]:
    """The events of a seed, where the log has them."""
    events: list[Event] = [
        planned.event
        for client in load(seed, requests=REQUESTS, clients=1)
        for posting in client.postings
        for planned, status in zip(posting.planned, posting.expected, strict=True)
        if status == "accepted"
    ]
    following = dict.fromkeys(range(PARTITIONS), 0)
    arrivals = []
    for event in events:
        partition = partition_of(event["providerid"], PARTITIONS)
        arrivals.append(Arrival(partition, following[partition], event))
        following[partition] += 1
    return arrivals


class Nation:
    """What the operator knows of the providers and places of a recount."""

    def __init__(self, recount: Recount) -> None:
        a, b, c, d, e, *rest = self.providers = sorted({target.provider for target in recount.targets})
        # b goes to a through c, so the chain is followed; d's merger is of a day that lies between two editions.
        self.mergers = [
            Merger(b, c, date(2020, 1, 1)),
            Merger(c, a, date(2024, 12, 31)),
            Merger(d, e, date(2025, 3, 1)),
            Merger(rest[0], rest[1], date(2026, 1, 2)),
        ]
        places = {oid for target in recount.targets for oid in (target.institution, target.site) if oid}
        self.funded = frozenset({a, e, *rest[:2]})
        self.named = {
            oid: Named(f"Nimi, {number}", f"{number:07}-1", f"{number:05}")
            for number, oid in enumerate([*self.providers, *sorted(places - set(self.providers))], 1)
        }
        self.before = {a: Fraction(3, 8), b: Fraction(1, 8), e: Fraction(1, 4), rest[0]: Fraction(1, 4)}

    async def load(self, dsn: str) -> None:
        """Tell it to the database."""
        years = [2025, 2026, 2027]
        rows = tuple(
            (oid, one.business_id, one.institution_code, one.name, None, years if oid in self.funded else [])
            for oid, one in self.named.items()
        )
        await load_reference_data(dsn, rows, tuple((one.provider, one.successor, one.day) for one in self.mergers))
        await load_shares(dsn, tuple((provider, str(share)) for provider, share in self.before.items()))

    def sets(self, recount: Recount, period: str, day: date) -> dict[str, Population]:
        """What an edition of a day has, in its structure."""
        latest = recount.latest(self.mergers, day)
        found = {"actual": latest.out(day)}
        return found | {"estimate": latest.estimate(day)} if period == f"{day.year - 1}-{day.year}" else found

    def successor(self, provider: str, day: date) -> str:
        """In whose name a provider's shares stand."""
        follows = {one.provider: one.successor for one in self.mergers if one.day <= day}
        while provider in follows:
            provider = follows[provider]
        return provider


@pytest.fixture
async def reader(
    database: Database, settings_of: SettingsOf, issuer: Issuer
) -> AsyncIterator[tuple[Reports, aiohttp.ClientSession, str, str]]:
    server = TestServer(build_app(settings_of(database), load_models(), CollectorRegistry()))
    token = issuer.mint(organisations=[], scope="figures:national")
    async with server, aiohttp.ClientSession() as session:
        url = str(server.make_url(""))
        yield Reports(session, url, token), session, url, token


@pytest.mark.parametrize("seed", [20250301, 20260101])
async def test_every_figure_of_every_edition_equals_the_recount(
    database: Database, reader: tuple[Reports, aiohttp.ClientSession, str, str], seed: int
) -> None:
    reports, session, url, token = reader
    arrivals = arrivals_of(seed)
    async with applied_log(database.aggregator_dsn) as log:
        for begin in range(0, len(arrivals), 1000):
            await log.apply(*(one.event for one in arrivals[begin : begin + 1000]))
    recount = Recount(arrivals)
    nation = Nation(recount)
    await nation.load(database.dsn)
    lines: list[str] = []
    compared = 0
    for period, day in EDITIONS:
        number = (await cut(database, period=period, as_of=day)).number
        sets = nation.sets(recount, period, day)
        for of_set, population in sets.items():
            for what, expected, path, asked in tables(population, period):
                got = await reports.rows(f"/v1/editions/{number}/{path}", set=of_set, **asked)
                lines += differences(f"{day} {of_set} {what}", expected, got)
                compared += len(expected)
        lines += await compare_funding(reports, nation, number, (period, day), sets)
        async with session.get(
            f"{url}/v1/editions/{number}/national", headers={"Authorization": f"Bearer {token}", "Accept": "text/csv"}
        ) as answer:
            assert answer.status == 200, await answer.text()
            _, *file = csv.reader(io.StringIO((await answer.read()).decode(), newline=""))
        targets = {SETS[of_set]: population.targets for of_set, population in sets.items()}
        rows = national_rows(targets, period, day, named=nation.named, funded=nation.funded)
        assert [tuple(row) for row in file] == rows
        compared += len(rows)
        assert not lines, readable(lines)
    assert compared > 2_000


def tables(population: Population, period: str) -> Iterator[tuple[str, Sequence[dict[str, Any]], str, dict[str, str]]]:
    """What is compared: name, rows of the recount, path and parameters."""
    fine = ("provider", "month", "institution", "site", "qualification")
    for kind in KINDS:
        for by in ((), ("provider",), fine):
            asked = {"survey": kind} | ({"by": ",".join(by)} if by else {})
            yield f"figures of {kind} by {by}", population.figures(kind, period, by), "figures", asked
        for what, expected in (("questions", population.questions), ("choices", population.choices)):
            rows = expected(kind, period, ("provider", "month"))
            yield f"{what} of {kind}", rows, what, {"survey": kind, "by": "provider,month"}


def wrong_nation_rows(rows: Sequence[dict[str, Any]], components: Sequence[dict[str, Any]]) -> list[str]:
    """The nation's rows that aren't the sums of the funded providers' points."""
    found = {row["component"]: Decimal(row["points"]) for row in rows if row["provider"] is None}
    expected: dict[str, Decimal] = {}
    for row in components:
        if row["funded"] != 0:
            expected[row["component"]] = expected.get(row["component"], Decimal(0)) + Decimal(row["points"])
    return [] if found == expected else [f"the nation has {found}, its funded providers {expected}"]


async def compare_funding(
    reports: Reports, nation: Nation, number: int, of: tuple[str, date], sets: dict[str, Population]
) -> list[str]:
    """Components by month and over all of it, and the bounded whole shares where the year has weights."""
    period, day = of
    year = int(period[5:]) + 1
    lines: list[str] = []
    for of_set, population in sets.items():
        for by_month in (False, True):
            asked = {"by": "month"} if by_month else {}
            got = await reports.rows(f"/v1/editions/{number}/funding", set=of_set, **asked)
            components = [row for row in got if row["component"] != "whole" and row["provider"] is not None]
            if not by_month:
                lines += wrong_nation_rows(got, components)
            expected = population.funding(year, by_month=by_month, funded=nation.funded)
            of_rows = [row | {"qualification": row["component"]} for row in expected]
            got_rows = [row | {"qualification": row["component"]} for row in components]
            lines += differences(f"{day} {of_set} funding {by_month}", of_rows, got_rows)
        whole = {row["provider"]: row["bounded_share"] for row in got if row["component"] == "whole"}
        if year == 2026:
            lines += _wholes(population, nation, day, whole)
    return lines


def _wholes(population: Population, nation: Nation, day: date, whole: dict[str, str]) -> list[str]:
    before: dict[str, Fraction] = {}
    for provider, share in nation.before.items():
        successor = nation.successor(provider, day)
        if successor in nation.funded:
            before[successor] = before.get(successor, Fraction(0)) + share
    found = [one for one in earned(population.targets, 2026, funded=nation.funded) if one.provider in nation.funded]
    bounded = bounded_shares(whole_shares(found, 2026), before, 2026)
    assert bounded is not None
    got = {provider: Fraction(share) for provider, share in whole.items()}
    if got.keys() == bounded.keys() and all(abs(got[one] - bounded[one]) <= Fraction(1, 2 * 10**18) for one in got):
        return []
    return [f"{day}: whole shares are {whole}, recounted {bounded}"]
