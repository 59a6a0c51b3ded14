"""The funding view as a flat table (national model §7, §8). Pure. Exact numbers are written here, once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from schemas.national.rules.funding import Component
from schemas.national.rules.rounding import FIGURE_DECIMALS, POINTS_DECIMALS, decimal_text
from services.reporting.editions import SetName
from services.reporting.funding import NATION, Bounds, ComponentRow, FundingSet, Whole, is_funded
from services.reporting.funding_query import FundingQuery
from services.reporting.paging import cut
from services.reporting.table import Cell, Table

WITHHELD: Final = "…"
"""Stands for what is a function of a small count, or would give one away."""

_BOUND_COLUMNS: Final = ("share_before", "floor", "cap", "common_factor", "bounded_share")
COLUMNS: Final = (
    "set", "component", "funded", "points", "points_shown", "weighted_points", "share", *_BOUND_COLUMNS,
)  # fmt: skip
_NOTHING: Final = (None,) * (2 + len(_BOUND_COLUMNS))

Withheld = Collection[tuple[str, Component]]
"""Of which providers and components nothing may be shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row with the set that it is of, and whether its numbers are withheld."""

    of_set: SetName
    row: ComponentRow | Whole
    withheld: bool

    @property
    def key(self) -> tuple[str, ...]:
        """The texts by which rows are ordered: provider, set, component, month."""
        row = self.row
        if isinstance(row, Whole):
            return row.provider, self.of_set, "whole", ""
        return row.provider, self.of_set, row.component, f"{row.month:%Y-%m}" if row.month else ""


def funding_page(
    sets: Sequence[FundingSet],
    query: FundingQuery,
    providers: frozenset[str] | None,
    *,
    funded: frozenset[str] | None,
    withheld: Withheld = (),
    nation: bool,
) -> tuple[Table, str | None]:
    """The page that was asked for of the rows of these providers (None: all), and the token of the next.

    With `nation` its sums come first, whoever is asked for: every share is a part of them.
    """
    every = [*(nation_lines(sets) if nation else []), *lines(sets, providers, withheld)]
    listed = [line for line in every if query.after is None or line.key > query.after]
    page, token = cut(listed, query.limit, lambda line: line.key)
    return funding_table(page, by_month=query.by_month, funded=funded), token


def nation_lines(sets: Iterable[FundingSet]) -> list[Line]:
    """The nation's rows, in order."""
    return sorted((Line(one.name, row, False) for one in sets for row in one.nation), key=lambda line: line.key)


def lines(sets: Sequence[FundingSet], providers: frozenset[str] | None, withheld: Withheld) -> list[Line]:
    """The rows of these providers (None: all), in order; where a component is withheld, so is the whole share."""
    partly = {provider for provider, _ in withheld}
    found = []
    for one in sets:
        found += [Line(one.name, row, (row.provider, row.component) in withheld) for row in one.rows]
        found += [Line(one.name, whole, whole.provider in partly) for whole in one.wholes]
    return sorted(
        (line for line in found if providers is None or line.row.provider in providers), key=lambda line: line.key
    )


def funding_table(page: Sequence[Line], *, by_month: bool, funded: frozenset[str] | None) -> Table:
    """The page's rows. Points have 4 decimals, everything else 18; `funded` is 1, 0 or null (nobody is named)."""
    columns = ("provider", "month", *COLUMNS) if by_month else ("provider", *COLUMNS)
    return Table(columns, [_row(line, by_month, funded) for line in page])


def _row(line: Line, by_month: bool, funded: frozenset[str] | None) -> tuple[Cell, ...]:
    provider, of_set, component, month = line.key
    keys = (provider or None, month or None) if by_month else (provider or None,)
    nation = provider == NATION
    head = (*keys, of_set, component, None if funded is None or nation else int(is_funded(provider, funded)))
    if line.withheld:
        return (*head, None, WITHHELD, *_NOTHING)
    row = line.row
    if isinstance(row, Whole):
        return (*head, None, None, None, _text(row.share), *_bounds(row.bounds))
    points = decimal_text(row.totals.points, POINTS_DECIMALS)
    return (*head, points, None, _text(row.weighted_points), _text(row.share), *_bounds(None))


def _bounds(bounds: Bounds | None) -> tuple[str | None, ...]:
    if bounds is None:
        return (None,) * len(_BOUND_COLUMNS)
    numbers = (bounds.before, bounds.floor, bounds.cap, bounds.factor, bounds.share)
    return tuple(_text(number) for number in numbers)


def _text(value: Fraction | None) -> str | None:
    return None if value is None else decimal_text(value, FIGURE_DECIMALS)
