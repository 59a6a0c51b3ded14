"""How long the pages of reporting take, through HTTP with a token, when years of the nation stand in the database.

One client asks one page after the other over one connection; every page is asked a few times before it is measured.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from palautevirta.local.services import REPORTING
from palautevirta.local.stack import LocalStack
from schemas.national.model import load_models
from schemas.national.rules.periods import funding_year
from schemas.national.surveys import SURVEY_KINDS
from services.aggregator.decode import DigestKeys

from .history import History
from .load import Measured
from .loader import load

_COPIES: Final = 8
"""How many requests are told in one story."""
_WARM_UP: Final = 5
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked: the calls of one page, one after the other, all of their pages; its goal, and how often."""

    name: str
    calls: tuple[str, ...]
    goal_s: float | None
    times: int = 200


def pages_of(period: str, provider: str) -> Sequence[Page]:
    """The pages that have goals, and those beside them."""
    of_period = f"period={period}&limit=10000"
    finest = "by=month,institution,site,qualification"
    figures = tuple(f"/v1/figures?survey={kind}&by=provider&{of_period}" for kind in SURVEY_KINDS)
    of_largest = f"/v1/figures?survey=start&{finest}&provider={provider}&{of_period}"
    year = funding_year(period)
    return [
        Page("nation, one survey by provider", figures[:1], 0.05),
        Page("nation, all five surveys by provider", figures, 0.05),
        Page("nation, funding of all surveys", (f"/v1/funding?year={year}&set=actual&limit=10000",), 0.05),
        Page("nation, funding by month", (f"/v1/funding?year={year}&set=actual&by=month&limit=10000",), None, 50),
        Page("nation, answers of one survey", (f"/v1/figures/questions?survey=start&{of_period}",), None, 50),
        Page("largest provider, finest grain", (of_largest,), 0.1),
        Page("nation, finest grain of a year", (f"/v1/figures?survey=start&{finest}&{of_period}",), 3.0, 5),
    ]  # fmt: skip


async def measure(data_dir: Path, *, requests: int, years: int) -> None:
    """Load the years, then ask each page many times for the last but one of them."""
    async with LocalStack(data_dir, environment=os.environ, services=()) as stack:
        history = History(requests * years, years=years, stories=requests * years // _COPIES)
        keys = DigestKeys({1: bytes.fromhex(stack.directory.secret("digest-key-1"))})
        loaded = await load(stack.database.dsn, history, load_models(), keys)
        print(f"\nreading; loaded {loaded.requests:,} requests of {years} years in {loaded.seconds:.0f} s")
        await stack.add(REPORTING)
        period = history.periods[-2:][0]
        largest = max(history.providers, key=lambda oid: sum(a.requests for a in history.asked(oid, period)))
        token = stack.issuer.mint(organisations=[], scope="figures:national", expires_in_s=3600)
        async with aiohttp.ClientSession(
            str(stack.endpoints.reporting),
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
        ) as client:
            for page in pages_of(period, largest):
                await _measure_page(client, page)


async def _measure_page(client: aiohttp.ClientSession, page: Page) -> None:
    rows, latencies = 0, []
    began = time.perf_counter()
    for number in range(-min(_WARM_UP, page.times), page.times):
        asked = time.perf_counter()
        rows = sum([await _ask(client, call) for call in page.calls])
        if number >= 0:
            latencies.append(time.perf_counter() - asked)
    seen = Measured(time.perf_counter() - began, latencies)
    goal = "" if page.goal_s is None else f" (goal: p99 below {page.goal_s * 1000:,.0f} ms)"
    print(
        f"  {page.name:38} {rows:8,} rows   p50 {seen.percentile(0.5) * 1000:8,.1f} ms"
        f"   p99 {seen.percentile(0.99) * 1000:8,.1f} ms of {page.times}{goal}"
    )


async def _ask(client: aiohttp.ClientSession, call: str) -> int:
    """The number of rows of a call, all of its pages."""
    rows, token = 0, ""
    while token is not None:
        async with client.get(f"{call}{token and f'&next={token}'}") as answer:
            assert answer.status == 200, await answer.text()
            body: dict[str, Any] = await answer.json()
        rows, token = rows + len(body["rows"]), body["next"]
    return rows
