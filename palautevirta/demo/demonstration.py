"""The demonstration over a running stack: post the nation, wait until it is counted, compare; then invite to play.

Every step raises DemoFailed when a service refuses what it should take, or stays away for minutes.
"""

import time
from typing import Final

from rich.console import Console

from palautevirta.demo import invitation
from palautevirta.demo.comparison import Comparison, compare
from palautevirta.demo.nation import Nation, ProviderYear
from palautevirta.demo.present import posting_progress, say
from palautevirta.demo.replay import replay
from palautevirta.demo.reporting import Reporting
from palautevirta.local.issuer import Issuer
from palautevirta.local.stack import Endpoints
from schemas.national.surveys import EMPLOYER_KINDS, STUDENT_KINDS

_TOKENS_LAST_S: Final = 24 * 3600


async def perform(nation: Nation, endpoints: Endpoints, issuer: Issuer, progress: Console) -> Comparison:
    """Post everything under a token a provider, and compare once all of it is counted."""
    assert endpoints.collector is not None
    tokens = {year.oid: _writing_token(issuer, year) for year in nation.years}
    began = time.monotonic()
    with posting_progress(progress, nation.events_count) as acknowledged:
        posted = await replay(nation.batches(), url=endpoints.collector, tokens=tokens, acknowledged=acknowledged)
    took_s = time.monotonic() - began
    say(
        progress,
        f"{posted.events:,} events posted and acknowledged in {took_s:.1f} s ({posted.events / took_s:,.0f} events/s), "
        f"{posted.batches_sent_again} batches sent more than once",
    )
    async with _national_reporting(endpoints, issuer) as reporting:
        say(progress, "waiting until the figures hold every acknowledged event …")
        as_of = await reporting.wait_until_counted(posted.last_at)
        say(
            progress,
            f"figures are complete as of {as_of.isoformat()}, {time.monotonic() - began:.1f} s after the first post",
        )
        return await _compare(nation, reporting)


async def invite(nation: Nation, endpoints: Endpoints, issuer: Issuer, *, subject: str) -> list[str]:
    """Where everything is reached, and commands to paste: one posts a request of this subject, one shows its figure."""
    assert endpoints.collector is not None
    assert endpoints.reporting is not None
    year = max(nation.years, key=lambda year: year.events_count)
    async with _national_reporting(endpoints, issuer) as reporting:
        rows = await reporting.figures(invitation.KIND, period=invitation.PERIOD, filters={"provider": year.oid})
    targets = rows[0]["targets"] if rows else 0
    post = invitation.post_one_more(
        endpoints.collector, _writing_token(issuer, year), system=year.system, subject=subject
    )
    show = invitation.show_figure(endpoints.reporting, _national_token(issuer), provider_oid=year.oid)
    return [
        f"collector  {endpoints.collector}",
        f"reporting  {endpoints.reporting}",
        *(f"metrics    {url}  ({service})" for service, url in endpoints.metrics.items()),
        f"kafka      {endpoints.kafka}",
        f"postgres   {endpoints.postgres}",
        "",
        f"Record one more request, of {year.provider.name}, start survey {invitation.PERIOD}:",
        post,
        "",
        f"See the figure change (now {targets} targets; the same event again changes nothing):",
        show,
        "",
        "Ctrl-C stops everything.",
    ]


async def _compare(nation: Nation, reporting: Reporting) -> Comparison:
    published = {
        kind: {year.oid: year.provider.counts[kind] for year in nation.years if kind in year.provider.counts}
        for kind in STUDENT_KINDS
    }
    sent = {
        kind: {year.oid: year.employer_figures[kind] for year in nation.years if kind in year.employer_figures}
        for kind in EMPLOYER_KINDS
    }
    return compare(
        [year.oid for year in nation.years],
        students={kind: (counts, await reporting.student_counts(kind)) for kind, counts in published.items()},
        employers={kind: (figures, await reporting.employer_figures(kind)) for kind, figures in sent.items()},
    )


def _national_reporting(endpoints: Endpoints, issuer: Issuer) -> Reporting:
    assert endpoints.reporting is not None
    return Reporting(endpoints.reporting, _national_token(issuer))


def _writing_token(issuer: Issuer, year: ProviderYear) -> str:
    return issuer.mint(organisations=[year.oid], scope="feedback:write", expires_in_s=_TOKENS_LAST_S)


def _national_token(issuer: Issuer) -> str:
    return issuer.mint(organisations=[], scope="figures:national", expires_in_s=_TOKENS_LAST_S)
