"""The difference of two editions, cell by cell, and how much of it data, structure and rules have brought. Pure.

With F(d, s, r) a figure of the data d of one edition in the structure s by the rules r of one of the two, the way from
the first edition to the second is F(1,1,1) → F(2,1,1) → F(2,2,1) → F(2,2,2): what each step changes is what data,
structure and rules have brought, and the steps make up the whole difference. Data are the months that are out too: an
edition of a later day has more of them.

Figures are compared as they are published, to their decimals. Each of the four is computed exactly and written once;
the steps are differences of what is written, so that they add up in what is shown as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from schemas.national.parameters import Rules
from schemas.national.rules.coefficient import coefficient, weighted_points
from schemas.national.rules.figures import NO_TOTALS, Totals
from schemas.national.rules.points import entrepreneur_copy
from schemas.national.rules.rounding import FIGURE_DECIMALS, POINTS_DECIMALS, decimal_text, round_half_up
from schemas.national.surveys import SURVEY_KINDS, SurveyKind
from services.reporting.table import Cell, Table

KEYS: Final = ("set", "provider", "month", "survey", "figure")
DIFFERENCE_COLUMNS: Final = (*KEYS, "before", "after", "difference", "by_data", "by_structure", "by_rules")

FIGURES: Final[Mapping[str, int]] = {
    "targets": 0,
    "respondents": 0,
    "target_days": 0,
    "respondent_days": 0,
    "points": POINTS_DECIMALS,
    "weighted_points": FIGURE_DECIMALS,
}
"""The figures that are compared, each with the decimals that it is published with."""

CellKey = tuple[str, str, date, SurveyKind]
"""Set, provider in the structure, month, survey kind."""

Figures = Mapping[CellKey, tuple[int, ...]]
"""The figures of cells in units of their last decimals, in the order of FIGURES."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What a provider, as posted, has of a survey kind in a month of a set; `copied` without 9/8."""

    of_set: str
    provider: str
    month: date
    kind: SurveyKind
    copied: bool
    totals: Totals


Whole = tuple[str, str, SurveyKind]
"""Set, provider in the structure, survey kind."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What an edition's figures come from: data, structure (merged provider → successor) and rules."""

    period: str
    sums: tuple[Sum, ...]
    successors: Mapping[str, str]
    rules: Rules

    def cells(self) -> dict[CellKey, Totals]:
        """The totals of its cells in its structure, the entrepreneurs' copy in them."""
        cells: dict[CellKey, Totals] = {}
        for one in self.sums:
            copied = one.copied
            totals = (
                entrepreneur_copy(one.totals, factor=self.rules.entrepreneur_factor_of(self.period))
                if copied
                else one.totals
            )
            key = (one.of_set, self.successors.get(one.provider, one.provider), one.month, one.kind)
            cells[key] = cells.get(key, NO_TOTALS) + totals
        return cells

    def by_provider(self) -> dict[Whole, Totals]:
        """The same over all months."""
        wholes: dict[Whole, Totals] = {}
        for (of_set, provider, _, kind), totals in self.cells().items():
            whole = (of_set, provider, kind)
            wholes[whole] = wholes.get(whole, NO_TOTALS) + totals
        return wholes


def figures(data: Frozen, structure: Frozen, rules: Frozen) -> Figures:
    """F(d, s, r): the figures of one edition's data in another's structure by another's rules."""
    counted = Frozen(data.period, data.sums, structure.successors, rules.rules)
    applied = {
        whole: coefficient(whole[2], data.period, totals, table=rules.rules.coefficients)
        for whole, totals in counted.by_provider().items()
    }
    found = {}
    for key, totals in counted.cells().items():
        of_set, provider, _, kind = key
        weighted = weighted_points(kind, totals.points, applied[of_set, provider, kind])
        found[key] = _written(totals, weighted)
    return found


def _written(totals: Totals, weighted: Fraction | None) -> tuple[int, ...]:
    values: tuple[int | Fraction, ...] = (
        totals.targets,
        totals.respondents,
        totals.target_days,
        totals.respondent_days,
        totals.points,
        weighted or Fraction(0),
    )
    return tuple(
        round_half_up(Fraction(value) * 10**decimals) for value, decimals in zip(values, FIGURES.values(), strict=True)
    )


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure of a cell came from `before` to `after`, in units of its last decimal; 0 where there is no cell."""

    key: CellKey
    figure: str
    before: int
    by_data: int
    by_structure: int
    by_rules: int

    @property
    def after(self) -> int:
        """What it is in the second edition."""
        return self.before + self.by_data + self.by_structure + self.by_rules

    @property
    def page_key(self) -> tuple[str, ...]:
        """The texts by which changes are ordered."""
        of_set, provider, month, kind = self.key
        return of_set, provider, f"{month:%Y-%m}", kind, self.figure


def changes(first: Frozen, second: Frozen) -> list[Change]:
    """Every figure of a cell that differs, and those that differ on the way though not at its end, in order."""
    path = (
        figures(first, first, first),
        figures(second, first, first),
        figures(second, second, first),
        figures(second, second, second),
    )
    nothing = (0,) * len(FIGURES)
    found = []
    for key in sorted({key for step in path for key in step}, key=_order):
        steps = zip(FIGURES, *(step.get(key, nothing) for step in path), strict=True)
        found += [
            Change(key, name, one, two - one, three - two, four - three)
            for name, one, two, three, four in steps
            if not one == two == three == four
        ]
    return found


def _order(key: CellKey) -> tuple[str, str, date, int]:
    of_set, provider, month, kind = key
    return of_set, provider, month, SURVEY_KINDS.index(kind)


def after(found: Iterable[Change], last: tuple[str, ...] | None) -> list[Change]:
    """The changes after the one with these keys; none when it isn't among them."""
    listed = list(found)
    if last is None:
        return listed
    place = next((place for place, change in enumerate(listed) if change.page_key == last), len(listed))
    return listed[place + 1 :]


def difference_table(found: Iterable[Change]) -> Table:
    """A row a figure; numbers are texts with the figure's decimals."""
    rows: list[tuple[Cell, ...]] = []
    for change in found:
        decimals = FIGURES[change.figure]
        amounts = (
            change.before,
            change.after,
            change.after - change.before,
            change.by_data,
            change.by_structure,
            change.by_rules,
        )
        rows.append((*change.page_key, *(decimal_text(Fraction(amount, 10**decimals), decimals) for amount in amounts)))
    return Table(DIFFERENCE_COLUMNS, rows)
