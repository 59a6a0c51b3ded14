"""The published views, read: each answer from one snapshot, so that figures and `as_of` belong together.

Everything that is decided about rows is decided by the pure modules; here they are only fetched and given types.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from typing import Any, Final, TypeVar

import asyncpg

from schemas.national.layout import layout
from schemas.national.model import NationalModels
from schemas.national.rules.figures import Totals
from schemas.national.rules.periods import months_of
from schemas.national.rules.structure import Merger
from schemas.national.surveys import SurveyKind
from services.reporting.explanation import Version, Versions
from services.reporting.figures import Group, GroupKey, Part
from services.reporting.lookup import EventName, RequestName
from services.reporting.query import KEYS, BooksQuery, FiguresQuery, QuarantineQuery, RequestsQuery, StructureName
from services.reporting.questions import AnsweredGroup, Histogram
from services.reporting.records import Row
from services.reporting.settings import ReportingSettings
from services.reporting.structure import AS_WAS, Structure, latest
from services.runtime.postgres import connect_options
from services.runtime.statements import load_statements

_SQL: Final = load_statements("services.reporting", "statements")
_KEY_COLUMNS: Final = tuple(f"{key}_key" for key in KEYS)
_TOTALS: Final = ("targets", "respondents", "target_days", "respondent_days", "points")
_SESSION: Final = {
    "application_name": "palautevirta-reporting",
    "jit": "off",
    # A filter that isn't given has to vanish from the plan, so every execution is planned with its own parameters.
    "plan_cache_mode": "force_custom_plan",
}
_CLOSE_TIMEOUT_S: Final = 5.0
_NETWORK_SLACK_S: Final = 5.0

_OF_CLIENT: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver raises when a connection breaks under it."""

_STALE: Final = (
    asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InvalidCachedStatementError,
)  # fmt: skip

T = TypeVar("T")
Providers = frozenset[str] | None

_NOT_MIGRATED: Final = (
    asyncpg.InvalidSchemaNameError, asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError,
)  # fmt: skip
"""What the database says while it hasn't the views of this release yet."""


class StoreUnavailable(Exception):
    """The database can't be reached, or hasn't our views yet: ask again later."""


class TooSlow(Exception):
    """The database gave up on a statement that took too long: ask for less."""


class _StaleConnection(Exception):
    """The connection is dead, or remembers the database as it was before a migration: take another."""


class Snapshot:
    """One repeatable-read, read-only transaction. Lists come with one row or group more than the query's limit."""

    def __init__(self, connection: Any, models: NationalModels) -> None:
        self._connection = connection
        self._models = models
        self._statement_s: float | None = None

    async def as_of(self) -> datetime | None:
        """The moment up to which every accepted event is counted; None while a partition was never read."""
        moment: datetime | None = await self._connection.fetchval(_SQL["freshness"])
        return moment

    async def structure(self, name: StructureName) -> Structure:
        """The structure of that name; the latest one is as of this database's Finnish day."""
        if name == "as_was":
            return AS_WAS
        rows = await self._connection.fetch(_SQL["mergers"])
        mergers = [Merger(row["provider"], row["successor"], row["day"]) for row in rows if row["provider"] is not None]
        return latest(mergers, version=rows[0]["version"], day=rows[0]["today"])

    async def reference_versions(self) -> Versions:
        """The newest version of each kind of reference data that was ever loaded."""
        rows = await self._connection.fetch(_SQL["reference_versions"])
        return {row["kind"]: Version(row["version"], row["day"]) for row in rows}

    async def ever_posted(self, providers: Collection[str]) -> bool:
        """Whether the record has a request of any of these providers."""
        found: bool = await self._connection.fetchval(_SQL["ever_posted"], sorted(providers))
        return found

    async def figures(self, query: FiguresQuery, providers: Providers, structure: Structure) -> list[Group]:
        """The groups that were asked for, in a structure, of what these providers posted (None: all)."""
        name = "figures_of_requests" if query.needs_requests else "figures_of_months"
        return await self.groups(name, *_grouping(query, providers, structure), *_fine_filters(query))

    async def provider_totals(
        self, kind: SurveyKind, period: str, providers: Collection[str], structure: Structure
    ) -> list[Group]:
        """All of a period, a group a provider of the structure, whatever was filtered: what coefficients come from."""
        posted = sorted(structure.members_of(providers))
        arguments = (kind, list(months_of(period)), posted, ["provider"], None, None, *_mapping(structure))
        return await self.groups("figures_of_months", *arguments)

    async def answers(self, query: FiguresQuery, providers: Providers, structure: Structure) -> list[AnsweredGroup]:
        """The groups in which something was answered, in a structure, of what these providers posted (None: all)."""
        arguments = (*_grouping(query, providers, structure), *_fine_filters(query))
        if query.needs_requests:
            return await self.answered_groups("answers_of_requests", *arguments, *_layouts(self._models))
        return await self.answered_groups("answers_of_months", *arguments)

    async def fetch(self, statement: str, *arguments: Any) -> list[Row]:
        """The rows of a statement as they are."""
        rows: list[Row] = await self._connection.fetch(_SQL[statement], *arguments, timeout=self._statement_s)
        return rows

    async def allow(self, statement_s: float) -> None:
        """Let the database work longer on each of the next statements of this snapshot than an answer may take."""
        await self._connection.fetchval(_SQL["longer_statements"], str(round(statement_s * 1000)))
        self._statement_s = statement_s + _NETWORK_SLACK_S

    async def cursor(self, statement: str, *arguments: Any) -> Any:
        """A server-side cursor over the rows of a statement, for as long as the snapshot is open."""
        return await self._connection.cursor(_SQL[statement], *arguments, timeout=self._statement_s)

    async def groups(self, statement: str, *arguments: Any) -> list[Group]:
        """The groups of a statement that gives them with their parts."""
        return [_group(row) for row in await self._connection.fetch(_SQL[statement], *arguments)]

    async def answered_groups(self, statement: str, *arguments: Any) -> list[AnsweredGroup]:
        """The groups of a statement that gives them with their histograms."""
        rows = await self._connection.fetch(_SQL[statement], *arguments)
        return [
            AnsweredGroup(key, tuple(_histogram(row) for row in of_group)) for key, of_group in groupby(rows, key=_key)
        ]

    async def events(self, names: Sequence[EventName]) -> list[Row | None]:
        """What became of events, one row or None for each."""
        arguments = [name.providerid for name in names], [name.key for name in names]
        rows = await self._connection.fetch(_SQL["looked_up_events"], *arguments)
        return [None if row["state"] is None else row for row in rows]

    async def requests(self, names: Sequence[RequestName]) -> list[Row | None]:
        """What requests count as, one row or None for each."""
        arguments = [name.providerid for name in names], [name.subject for name in names]
        rows = await self._connection.fetch(_SQL["looked_up_requests"], *arguments)
        return [None if row["target"] is None else row for row in rows]

    async def uncounted_requests(self, query: RequestsQuery) -> list[Row]:
        """The requests of a provider that don't count, by subject."""
        arguments = (query.provider, _listed(query.reasons), query.after, query.limit + 1)
        rows: list[Row] = await self._connection.fetch(_SQL["uncounted_requests"], *arguments)
        return rows

    async def quarantine(self, query: QuarantineQuery) -> list[Row]:
        """What stands in quarantine, in the order of the log."""
        after = query.after or (None, None, None)
        arguments = (query.provider, _listed(query.reasons), _listed(query.outcomes), *after, query.limit + 1)
        rows: list[Row] = await self._connection.fetch(_SQL["quarantine"], *arguments)
        return rows

    async def books(self, query: BooksQuery, providers: Providers) -> list[Row]:
        """The books of these providers (None: all)."""
        rows: list[Row] = await self._connection.fetch(_SQL["books"], _listed(providers), query.after, query.limit + 1)
        return rows


class Store:
    """The database as everybody's answers share it. Made by `open_store`."""

    def __init__(self, pool: Any, models: NationalModels, *, wait_s: float) -> None:
        self._pool = pool
        self._models = models
        self._wait_s = wait_s

    async def read(self, work: Callable[[Snapshot], Awaitable[T]]) -> tuple[datetime | None, T]:
        """Do `work` in a snapshot of its own; gives the snapshot's `as_of` too.

        Reading has no effect, so it is tried once more when the connection turns out to be stale. Raises
        StoreUnavailable and TooSlow.
        """
        try:
            return await self._read_once(work)
        except _StaleConnection:
            await self._pool.expire_connections()
        try:
            return await self._read_once(work)
        except _StaleConnection as stale:
            raise StoreUnavailable(str(stale)) from stale

    async def _read_once(self, work: Callable[[Snapshot], Awaitable[T]]) -> tuple[datetime | None, T]:
        try:
            connection = await self._pool.acquire(timeout=self._wait_s)
        except (OSError, TimeoutError, asyncpg.PostgresError, *_OF_CLIENT) as error:
            raise StoreUnavailable(type(error).__name__) from error
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                snapshot = Snapshot(connection, self._models)
                as_of = await snapshot.as_of()
                return as_of, await work(snapshot)
        except (TimeoutError, asyncpg.QueryCanceledError) as error:
            raise TooSlow(type(error).__name__) from error
        except (OSError, *_STALE, *_OF_CLIENT) as error:
            raise _StaleConnection(type(error).__name__) from error
        except (asyncpg.InsufficientResourcesError, *_NOT_MIGRATED) as error:
            raise StoreUnavailable(type(error).__name__) from error
        finally:
            await self._pool.release(connection)


@asynccontextmanager
async def open_store(settings: ReportingSettings, models: NationalModels) -> AsyncIterator[Store]:
    """The store of these settings; no connection is made before the first read, so that a database may come later."""
    pool = asyncpg.create_pool(
        **connect_options(settings),
        min_size=0,
        max_size=settings.database_connections,
        command_timeout=settings.database_answer_seconds + _NETWORK_SLACK_S,
        server_settings=_SESSION | {"statement_timeout": str(round(settings.database_answer_seconds * 1000))},
    )
    await pool
    try:
        yield Store(pool, models, wait_s=settings.database_wait_seconds)
    finally:
        try:
            await asyncio.wait_for(pool.close(), _CLOSE_TIMEOUT_S)
        except TimeoutError:
            pool.terminate()


def _grouping(query: FiguresQuery, providers: Providers, structure: Structure) -> tuple[Any, ...]:
    after = None if query.after is None else list(query.after)
    grouping = (query.survey, list(query.months), _listed(providers), list(query.by), after, query.limit + 1)
    return (*grouping, *_mapping(structure))


def _mapping(structure: Structure) -> tuple[list[str], list[str]]:
    """The providers that are merged, and their successors."""
    return list(structure.successors), list(structure.successors.values())


def _fine_filters(query: FiguresQuery) -> tuple[Any, ...]:
    """The arguments that only the statements over requests have."""
    if not query.needs_requests:
        return ()
    return (_listed(query.institutions), _listed(query.sites), _listed(query.qualifications))


def _listed(values: frozenset[str] | None) -> list[str] | None:
    return None if values is None else sorted(values)


def _layouts(models: NationalModels) -> tuple[list[int], list[int], list[int]]:
    """Questionnaire, slot and first cell of every slot of every questionnaire."""
    slots = [
        (questionnaire.number, index, slot.first_cell)
        for version in models.versions
        for questionnaire in version.questionnaires
        for index, slot in enumerate(layout(questionnaire).slots)
    ]
    return [slot[0] for slot in slots], [slot[1] for slot in slots], [slot[2] for slot in slots]


def _key(row: Any) -> GroupKey:
    return tuple(row[column] for column in _KEY_COLUMNS)


def _group(row: Any) -> Group:
    parts = zip(row["providers"], row["copied"], *(row[column] for column in _TOTALS), strict=True)
    return Group(
        _key(row),
        tuple(
            Part(provider, copied, Totals(targets, respondents, target_days, respondent_days, Fraction(points)))
            for provider, copied, targets, respondents, target_days, respondent_days, points in parts
        ),
    )


def _histogram(row: Any) -> Histogram:
    counts = zip(row["heads"], row["days"], strict=True)
    return Histogram(row["questionnaire"], dict(zip(row["cells"], counts, strict=True)))
