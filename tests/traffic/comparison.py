"""Every answer of the reporting API against the recount; what differs comes out as lines that one can read."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Final

from recount.instants import instant_us
from recount.ledger import Name
from recount.population import Population
from recount.report import Recount
from recount.targets import KEYS

from traffic.cast import KINDS, PERIODS
from traffic.reports import Reports, Row

GRAINS: Final = (
    (),
    ("provider",),
    ("month",),
    ("institution",),
    ("site",),
    ("qualification",),
    ("provider", "month"),
    ("provider", "qualification"),
    ("month", "qualification"),
    ("institution", "site"),
    ("month", "site"),
    KEYS,
)
"""Every key of its own, the pairs that take different ways through the store, and the finest grain."""

COARSE_GRAINS: Final = ((), ("provider", "month"), KEYS)

_AT_ONCE: Final = 4
_MOST_LINES: Final = 40
_ROW_KEYS: Final = (*KEYS, "question", "choice", "subject", "providerid", "source", "id")

Check = Callable[[], Awaitable[list[str]]]


def differences(what: str, expected: Sequence[Row], got: Sequence[Row]) -> list[str]:
    """What differs, a line a member; members that are only in `got` are additions, and welcome."""
    wanted, given = {_key(row): row for row in expected}, {_key(row): row for row in got}
    lines = [f"{what}: {_named(key)} is missing" for key in wanted.keys() - given.keys()]
    lines += [f"{what}: {_named(key)} should not be there" for key in given.keys() - wanted.keys()]
    if len(given) != len(got):
        lines.append(f"{what}: a row stands there twice")
    for key in wanted.keys() & given.keys():
        lines += [
            f"{what}: {_named(key)} {member} is {given[key].get(member, 'left out')!r}, recounted {value!r}"
            for member, value in wanted[key].items()
            if member not in given[key] or given[key][member] != value
        ]
    return lines


def readable(lines: Sequence[str]) -> str:
    """The first differences, and how many there are."""
    shown = sorted(lines)[:_MOST_LINES]
    return "\n".join([counted(len(lines), "difference", "differences"), *shown])


def counted(count: int, one: str, many: str) -> str:
    """A number and its noun."""
    return f"{count} {one if count == 1 else many}"


def tables_of_figures(grains: Sequence[Sequence[str]]) -> int:
    """How many answers `compare_figures` compares by these grains."""
    return 3 * len(KINDS) * (len(PERIODS) + 1) * len(grains)


async def compare_figures(
    reports: Reports,
    recount: Population,
    grains: Iterable[Sequence[str]],
    *,
    periods: Iterable[str] = (*PERIODS, "2022-2023"),
    **asked: str,
) -> list[str]:
    """Figures, questions and choices of every survey kind and period by these grains, asked with more parameters."""
    tables: Mapping[str, Callable[..., list[Row]]] = {
        "/v1/figures": recount.figures,
        "/v1/figures/questions": recount.questions,
        "/v1/figures/choices": recount.choices,
    }

    def check(path: str, survey: str, period: str, by: Sequence[str]) -> Check:
        async def run() -> list[str]:
            parameters = {"survey": survey, "period": period} | ({"by": ",".join(by)} if by else {})
            got = await reports.rows(path, **parameters, **asked)
            return _compare_table(f"{path} {survey} {period} by {','.join(by)}", tables[path](survey, period, by), got)

        return run

    return await _all(check(*item) for item in product(tables, KINDS, periods, grains))


async def compare_filtered(reports: Reports, recount: Recount) -> list[str]:
    """Each filter by one value and by two, and a page size that cuts groups apart."""

    def check(survey: str, period: str, key: str, values: Sequence[str]) -> Check:
        async def run() -> list[str]:
            lines = []
            parameters = {"survey": survey, "period": period, key: ",".join(values), "by": "provider,qualification"}
            by, what = ("provider", "qualification"), f"{survey} {period} {key}={','.join(values)}"
            got = await reports.rows("/v1/figures", **parameters, limit="3")
            lines += _compare_table(f"/v1/figures {what}", recount.figures(survey, period, by, {key: values}), got)
            got = await reports.rows("/v1/figures/questions", **parameters, limit="3")
            expected = recount.questions(survey, period, by, {key: values})
            return lines + _compare_table(f"/v1/figures/questions {what}", expected, got)

        return run

    def values_of(survey: str, period: str, key: str) -> list[str]:
        cell = [one for one in recount.targets if one.survey == survey and one.period == period]
        return sorted({value for one in cell if (value := getattr(one, key)) is not None})[:2]

    return await _all(
        check(survey, period, key, values[:count])
        for survey, period, key, count in product(KINDS, ("2020-2021", "2025-2026"), KEYS, (1, 2))
        if (values := values_of(survey, period, key))
    )


async def compare_events(reports: Reports, recount: Recount, names: Sequence[Name]) -> list[str]:
    """What a look-up says of each of these events."""
    asked = [dict(zip(("providerid", "source", "id"), name, strict=True)) for name in names]
    got = await reports.lookup("events", asked)
    lines = [] if [_members(row, asked[0]) for row in got] == asked else ["/v1/lookup: another order than asked"]
    return lines + differences("/v1/lookup events", [recount.event(name) for name in names], got)


async def compare_requests(reports: Reports, recount: Recount, names: Sequence[tuple[str, str]]) -> list[str]:
    """What a look-up says of each of these requests, and the lists of those that don't count."""
    asked = [dict(zip(("providerid", "subject"), name, strict=True)) for name in names]
    got = [_timed(row) for row in await reports.lookup("requests", asked)]
    lines = differences("/v1/lookup requests", [recount.request(*name) for name in names], got)
    for provider in sorted({provider for provider, _ in names}):
        expected = recount.uncounted(provider)
        got = [_timed(row) for row in await reports.rows("/v1/requests", provider=provider, limit="50")]
        lines += differences(f"/v1/requests {provider}", expected, got)
        reasons = sorted({row["response"] for row in expected})[:1]
        if reasons:
            got = [_timed(row) for row in await reports.rows("/v1/requests", provider=provider, reason=reasons[0])]
            chosen = [row for row in expected if reasons[0] in (row["target"], row["response"])]
            lines += differences(f"/v1/requests {provider} reason={reasons[0]}", chosen, got)
    return lines


async def compare_books(reports: Reports, recount: Recount) -> list[str]:
    """The books of every provider."""
    return differences("/v1/books", recount.books(), await reports.rows("/v1/books", limit="3"))


def _compare_table(what: str, expected: Sequence[Row], got: Sequence[Row]) -> list[str]:
    lines = differences(what, expected, got)
    groups = [tuple(row[key] or "" for key in KEYS if key in row) for row in got]
    return lines if groups == sorted(groups) else [*lines, f"{what}: the groups are out of order"]


async def _all(checks: Iterable[Check]) -> list[str]:
    """Run checks, a few at once, and gather what they found."""
    waiting = iter(checks)
    lines: list[str] = []

    async def work() -> None:
        for check in waiting:
            lines.extend(await check())

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(work())
    return lines


def _timed(row: Row) -> Row:
    """A row with its times in microseconds, since an instant has many notations."""
    times = {
        name: None if row[name] is None else instant_us(row[name]) for name in ("background_time", "response_time")
    }
    return row | times


def _members(row: Row, names: Iterable[str]) -> dict[str, Any]:
    return {name: row.get(name) for name in names}


def _key(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple((key, row[key] or "") for key in _ROW_KEYS if key in row)


def _named(key: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{name}={value or '-'}" for name, value in key) or "the only row"
