"""Reads the figures of all providers from the reporting API, under the authority's token."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self

import aiohttp

from palautevirta.demo.counts import PERIOD, Counts
from palautevirta.demo.employers import EmployerFigures
from palautevirta.demo.patience import AWAY_STATUSES, NEVER, Away, DemoFailed, until_answered
from schemas.national.surveys import SurveyKind

PATIENCE_S: Final = 180.0
_OK: Final = 200
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60)


class Reporting:
    """The reporting API of a stack, inside `async with`. Every call raises DemoFailed when no answer comes."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url}/v1/figures"
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT, headers={"Authorization": f"Bearer {token}"})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def student_counts(self, kind: SurveyKind) -> dict[str, Counts]:
        """Targets and respondents by provider OID."""
        return {row["provider"]: Counts(row["targets"], row["respondents"]) for row in await self.figures(kind)}

    async def employer_figures(self, kind: SurveyKind) -> dict[str, EmployerFigures]:
        """Targets, respondents and their days by provider OID."""
        return {
            row["provider"]: EmployerFigures(
                row["targets"], row["respondents"], row["target_days"], row["respondent_days"]
            )
            for row in await self.figures(kind)
        }

    async def figures(
        self, kind: SurveyKind, *, period: str = PERIOD, filters: Mapping[str, str] | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """The rows of all pages, one a provider."""
        rows: list[Mapping[str, Any]] = []
        query = figures_query(kind, period) | dict(filters or {})
        while True:
            page = await self._page(query)
            rows += page["rows"]
            if page["next"] is None:
                return rows
            query["next"] = page["next"]

    async def wait_until_counted(self, moment: datetime) -> datetime:
        """The first `as_of` after a moment: every event that was acknowledged until then is in the figures.

        Raises DemoFailed when the figures don't get there within PATIENCE_S.
        """

        async def attempt() -> datetime | Away:
            page = await self._page(figures_query("start", PERIOD) | {"limit": "1"})
            as_of = datetime.fromisoformat(page["as_of"]) if page["as_of"] else NEVER
            return as_of if as_of > moment else Away(f"the figures are complete as of {as_of}, not yet of {moment}")

        return await until_answered(attempt, within_s=PATIENCE_S, longest_pause_s=0.5)

    async def _page(self, query: Mapping[str, str]) -> dict[str, Any]:
        async def attempt() -> dict[str, Any] | Away:
            async with self._session.get(self._url, params=query) as response:
                if response.status in AWAY_STATUSES:
                    return Away.of(response)
                if response.status != _OK:
                    raise DemoFailed(f"The reporting API answered {response.status}: {(await response.text())[:500]}")
                page: dict[str, Any] = await response.json()
                return page

        return await until_answered(attempt, within_s=PATIENCE_S)


def figures_query(kind: SurveyKind, period: str) -> dict[str, str]:
    """The parameters that ask for a survey's figures by provider."""
    return {"survey": kind, "period": period, "by": "provider"}
