"""The calls about editions: what they say of themselves, their figures, and the difference of two."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from aiohttp import web

from services.reporting import edition_difference, edition_store, figures, questions
from services.reporting.access import Resource
from services.reporting.calls import STORE, Build, Calls, NoTable, Page, bad_parameters
from services.reporting.difference_table import difference_table
from services.reporting.edition_funding import edition_funding_page, edition_funding_query
from services.reporting.edition_query import (
    EditionFiguresQuery,
    difference_query,
    edition_answers_query,
    edition_figures_query,
    editions_query,
)
from services.reporting.editions import Edition, edition_table, flagged
from services.reporting.funding import NoCommonFactor
from services.reporting.funding_calls import no_common_factor
from services.reporting.funding_query import FundingQuery
from services.reporting.paging import cut
from services.reporting.parameters import BadQuery, Given, Pairs
from services.reporting.query import FiguresQuery
from services.reporting.questions import AnsweredGroup
from services.reporting.store import Snapshot
from services.reporting.table import Table
from services.runtime.problem_documents import NOT_FOUND, ProblemType, problem_document

DIFFERENT_PERIODS: Final = ProblemType("different_periods", 409, "Editions of two periods can't be compared")

_NUMBER: Final = re.compile(r"[0-9]{1,9}")

Q = TypeVar("Q")


class EditionCalls:
    """Frozen publications, for the authority."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._differences = edition_difference.Differences()

    def routes(self) -> list[web.RouteDef]:
        """Each call is named, by the name that metrics have for it."""
        one = "/v1/editions/{number}"
        return [
            web.get("/v1/editions", self.editions, name="editions"),
            web.get(one, self.edition, name="edition"),
            web.get(f"{one}/figures", self.figures, name="edition_figures"),
            web.get(f"{one}/questions", self.questions, name="edition_questions"),
            web.get(f"{one}/choices", self.choices, name="edition_choices"),
            web.get(f"{one}/funding", self.funding, name="edition_funding"),
            web.get(f"{one}/difference/{{other}}", self.difference, name="edition_difference"),
        ]

    async def editions(self, request: web.Request) -> web.Response:
        """All editions."""
        caller = await self._calls.caller(request, Resource.EDITIONS)
        if isinstance(caller, web.Response):
            return caller
        query = editions_query(request.query.items(), first_period=self._calls.rules.coefficients[0].from_period)
        if isinstance(query, BadQuery):
            return bad_parameters(request, query)

        async def fetch(snapshot: Snapshot) -> Build:
            found = await edition_store.editions(snapshot, query)
            page, token = cut(found, query.limit, lambda edition: (str(edition.number),))
            return lambda: (edition_table(page), token)

        return await self._calls.read(request, fetch)

    async def edition(self, request: web.Request) -> web.Response:
        """What one edition says of itself."""

        async def fetch(_: Snapshot, edition: Edition, __: None) -> Build:
            return lambda: (edition_table([edition]), None)

        return await self._of_edition(request, _nothing, fetch)

    async def figures(self, request: web.Request) -> web.Response:
        """The figures of groups of an edition, in its structure and by its rules."""

        async def fetch(snapshot: Snapshot, edition: Edition, query: EditionFiguresQuery) -> Build:
            asked = query.figures
            found = await edition_store.groups(snapshot, edition.number, query)
            groups, token = cut(found, asked.limit, lambda group: group.key)
            every = await edition_store.coefficients(snapshot, edition)
            of = {
                provider: value
                for (of_set, provider, kind), value in every.items()
                if (of_set, kind) == (query.of_set, asked.survey)
            }

            def build() -> Page:
                table = figures.figure_table(
                    asked.survey, asked.by, groups, of, period=edition.period, rules=edition.rules
                )
                return flagged(table, query.of_set), token

            return build

        return await self._of_edition(request, edition_figures_query, fetch)

    async def questions(self, request: web.Request) -> web.Response:
        """Means, deviations, distributions and NPS of groups of an edition."""
        models = self._calls.models
        return await self._answers(
            request,
            lambda edition, query, groups: questions.question_table(
                query.survey, query.by, groups, models, thresholds=edition.rules.thresholds
            ),
        )

    async def choices(self, request: web.Request) -> web.Response:
        """How often each choice was chosen in groups of an edition."""
        models = self._calls.models
        return await self._answers(request, lambda _, query, groups: questions.choice_table(query.by, groups, models))

    async def _answers(
        self, request: web.Request, table: Callable[[Edition, FiguresQuery, Sequence[AnsweredGroup]], Table]
    ) -> web.Response:
        async def fetch(snapshot: Snapshot, edition: Edition, query: EditionFiguresQuery) -> Build:
            found = await edition_store.answered_groups(snapshot, edition.number, query)
            groups, token = cut(found, query.figures.limit, lambda group: group.key)
            return lambda: (flagged(table(edition, query.figures, groups), query.of_set), token)

        return await self._of_edition(request, edition_answers_query, fetch)

    async def funding(self, request: web.Request) -> web.Response:
        """Points and shares of an edition, by all that was frozen with it."""

        async def fetch(snapshot: Snapshot, edition: Edition, query: FundingQuery) -> Build:
            found = await edition_store.frozen_funding(snapshot, edition)

            def build() -> Page | NoTable:
                page = edition_funding_page(edition, found, query)
                return no_common_factor(page, "Publish another edition.") if isinstance(page, NoCommonFactor) else page

            return build

        return await self._of_edition(request, edition_funding_query, fetch)

    async def difference(self, request: web.Request) -> web.Response:
        """What differs between two editions, and how much of it data, structure and rules have brought."""
        caller = await self._calls.caller(request, Resource.EDITIONS)
        if isinstance(caller, web.Response):
            return caller
        query = difference_query(request.query.items())
        if isinstance(query, BadQuery):
            return bad_parameters(request, query)
        first, second = await edition_named(request, "number"), await edition_named(request, "other")
        if first is None or second is None:
            return no_edition(request)
        if first.period != second.period:
            detail = f"Edition {first.number} is of {first.period}, edition {second.number} of {second.period}."
            return problem_document(request, DIFFERENT_PERIODS, detail)

        async def fetch(snapshot: Snapshot) -> Build:
            way = await self._differences.of(snapshot, first, second)
            found = await edition_difference.lines(snapshot, way, (first, second), query, self._calls.models)
            page, token = cut(found, query.limit, lambda line: line.page_key)
            return lambda: (difference_table(page, query.by, recounted=way.recounted), token)

        return await self._calls.read(request, fetch, edition=second)

    async def _of_edition(
        self,
        request: web.Request,
        parse: Callable[[Pairs, Edition], Q | BadQuery],
        fetch: Callable[[Snapshot, Edition, Q], Awaitable[Build]],
    ) -> web.Response:
        """The steps of a call that answers a table of one edition."""
        asked = await asked_of_edition(self._calls, request, parse)
        if isinstance(asked, web.Response):
            return asked
        edition, query = asked
        return await self._calls.read(request, lambda snapshot: fetch(snapshot, edition, query), edition=edition)


async def asked_of_edition(
    calls: Calls, request: web.Request, parse: Callable[[Pairs, Edition], Q | BadQuery]
) -> tuple[Edition, Q] | web.Response:
    """The first steps of a call about one edition: which one and what is asked of it, else the refusal.

    It never changes, so it may be read in a snapshot of its own.
    """
    caller = await calls.caller(request, Resource.EDITIONS)
    if isinstance(caller, web.Response):
        return caller
    edition = await edition_named(request, "number")
    if edition is None:
        return no_edition(request)
    query = parse(request.query.items(), edition)
    return bad_parameters(request, query) if isinstance(query, BadQuery) else (edition, query)


async def edition_named(request: web.Request, name: str) -> Edition | None:
    """The edition whose number stands in the address under this name."""
    text = request.match_info[name]
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    _, found = await request.app[STORE].read(lambda snapshot: edition_store.edition(snapshot, number))
    return found


def no_edition(request: web.Request) -> web.Response:
    """The answer when there is no edition of that number."""
    return problem_document(request, NOT_FOUND, "There is no edition of that number: /v1/editions lists them.")


def _nothing(pairs: Pairs, _: Edition) -> BadQuery | None:
    """No parameter is taken."""
    given = Given(pairs, (), paged=False)
    return given.bad() if given.problems else None
