"""The difference of two editions, cell by cell, and how much of it data, structure and rules have brought. Pure.

With F(d, s, r) a figure of the data d of one edition in the structure s by the rules r of one of the two, the way from
the first edition to the second is F(1,1,1) → F(2,1,1) → F(2,2,1) → F(2,2,2): what each step changes is what data,
structure and rules have brought, and the steps make up the whole difference. Data are the months that are out too: an
edition of a later day has more of them. Structure are mergers and the organisation table, which says who is funded.

Rules also counted the sums. Where both editions have read the log equally far, what differs in the sums of a month is
a recount by other rules, so until the last step the first edition's sums stand for that month. Where the log went on
and the counting rules changed too, nobody can tell: it is booked as data, and every row says `recounted`.

Figures are compared as they are published, to their decimals. Each of the four is computed exactly and written once;
the steps are differences of what is written, so that they add up in what is shown as well. Coefficients are the frozen
ones wherever the sums are those that they were frozen with.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Final, Protocol, TypeVar

from schemas.national.parameters import Rules
from schemas.national.rules.coefficient import Coefficient, coefficient, weighted_points
from schemas.national.rules.figures import Totals, sum_by_key
from schemas.national.rules.funding import COMPONENT_OF, Component, funded_points, funded_providers
from schemas.national.rules.periods import funding_year
from schemas.national.rules.points import as_counted
from schemas.national.rules.rounding import EMPLOYER_RATE_DECIMALS, FIGURE_DECIMALS, POINTS_DECIMALS, round_half_up
from schemas.national.surveys import STUDENT_KINDS, SURVEY_KINDS, SurveyKind
from services.reporting.editions import ProviderKey

FIGURES: Final[Mapping[str, int]] = {
    "targets": 0,
    "respondents": 0,
    "target_days": 0,
    "respondent_days": 0,
    "points": POINTS_DECIMALS,
    "coefficient": FIGURE_DECIMALS,
    "weighted_points": FIGURE_DECIMALS,
    "share": FIGURE_DECIMALS,
    "funded": 0,
}
"""The figures that are compared, each with the decimals that it is published with."""

Place = tuple[str, str, str]
"""Institution, site and qualification; empty where the difference isn't asked by them."""

CellKey = tuple[date, Place, SurveyKind]
"""A cell of one set and provider in the structure."""

Written = Mapping[str, int]
"""Figures of a cell in units of their last decimals; one that isn't there is 0."""

Taken = Mapping[tuple[str, SurveyKind, date], date]
"""Months of survey kinds in each set, each with the month whose requests stand in it."""

Block = tuple[str, str]
"""Set, provider in the structure."""

NO_PLACE: Final[Place] = ("", "", "")


class Dated(Protocol):
    """What stands in a month of a set."""

    @property
    def of_set(self) -> str: ...  # noqa: D102

    @property
    def kind(self) -> SurveyKind: ...  # noqa: D102

    @property
    def month(self) -> date: ...  # noqa: D102


S = TypeVar("S", bound=Dated)


@dataclass(frozen=True, slots=True)
class Sum:
    """What a provider, as posted, has of a survey kind in a month of a set; `copied` without 9/8."""

    of_set: str
    provider: str
    month: date
    kind: SurveyKind
    copied: bool
    totals: Totals
    place: Place = NO_PLACE


@dataclass(frozen=True, slots=True)
class Frozen:
    """What an edition's figures come from: data, structure (merged provider → successor) and rules.

    `read` says how far the log was read, `counted` by which rules the requests were counted.
    """

    period: str
    sums: tuple[Sum, ...]
    successors: Mapping[str, str]
    rules: Rules
    coefficients: Mapping[ProviderKey, Coefficient] = field(default_factory=dict)
    funded_years: Mapping[str, Collection[int] | None] = field(default_factory=dict)
    taken: Taken = field(default_factory=dict)
    read: object = None
    counted: object = None

    def by_provider(self) -> dict[ProviderKey, Totals]:
        """The totals of its providers in its structure, the entrepreneurs' copy in them."""
        return sum_by_key(
            ((one.of_set, self.standing_for(one.provider), one.kind), self.as_counted(one)) for one in self.sums
        )

    def standing_for(self, provider: str) -> str:
        """The provider that this one belongs to in this structure."""
        return self.successors.get(provider, provider)

    def as_counted(self, one: Sum) -> Totals:
        """What a sum adds to its cell by these rules."""
        return as_counted(one.totals, copied=one.copied, factor=self.rules.entrepreneur_factor_of(self.period))

    def members(self, provider: str) -> frozenset[str]:
        """Who may stand together with a provider in this structure, itself included."""
        return frozenset({provider, *(merged for merged, into in self.successors.items() if into == provider)})


class Step:
    """F(d, s, r): who weighs how much with some data, in a structure and by rules.

    `frozen` are the totals and coefficients of an edition by these rules: a coefficient of the same totals is the
    frozen one, whatever this release would compute.
    """

    def __init__(
        self, counted: Frozen, frozen: tuple[Mapping[ProviderKey, Totals], Mapping[ProviderKey, Coefficient]]
    ) -> None:
        self.counted = counted
        self.wholes = counted.by_provider()
        self._funded = funded_providers(counted.funded_years, funding_year(counted.period))
        self._applied = {
            whole: frozen[1].get(whole)
            if frozen[0].get(whole) == totals and frozen[1]
            else coefficient(whole[2], counted.period, totals, table=counted.rules.coefficients)
            for whole, totals in self.wholes.items()
        }
        self._nation: dict[tuple[str, Component], Fraction] = {}
        for whole, totals in self.wholes.items():
            of_set, provider, kind = whole
            if self.is_funded(provider):
                component = (of_set, COMPONENT_OF[kind])
                self._nation[component] = self._nation.get(component, Fraction(0)) + self._worth(whole, totals.points)

    def is_funded(self, provider: str) -> bool:
        """Whether the organisation table of this structure calls the provider funded; all are when it says nothing."""
        return self._funded is None or provider in self._funded

    def figures(self, of_set: str, provider: str, sums: Iterable[Sum]) -> dict[CellKey, Written]:
        """The figures of a provider's cells, from the sums of whoever may belong to it."""
        cells = sum_by_key(
            ((one.month, one.place, one.kind), self.counted.as_counted(one))
            for one in sums
            if one.of_set == of_set and self.counted.standing_for(one.provider) == provider
        )
        return {key: self._written((of_set, provider, key[2]), totals) for key, totals in cells.items()}

    def _written(self, whole: ProviderKey, totals: Totals) -> Written:
        of_set, provider, kind = whole
        applied = self._applied.get(whole)
        nation = self._nation.get((of_set, COMPONENT_OF[kind]))
        funded = self.is_funded(provider)
        values: Mapping[str, int | Fraction] = {
            "targets": totals.targets,
            "respondents": totals.respondents,
            "target_days": totals.target_days,
            "respondent_days": totals.respondent_days,
            "points": totals.points,
            "coefficient": applied.value if applied else 0,
            "weighted_points": weighted_points(kind, totals.points, applied) or 0,
            "share": self._worth(whole, totals.points) / nation if funded and nation else 0,
            "funded": int(funded),
        }
        return {name: round_half_up(Fraction(value) * 10 ** decimals_of(name, kind)) for name, value in values.items()}

    def _worth(self, whole: ProviderKey, points: Fraction) -> Fraction:
        weighted = weighted_points(whole[2], points, self._applied.get(whole))
        factors = self.counted.rules.completion_factors_of(self.counted.period)
        return funded_points(whole[2], weighted, factors=factors) or Fraction(0)


def decimals_of(figure: str, kind: SurveyKind) -> int:
    """With how many decimals a figure is published (§7); those of questions are whole numbers."""
    if figure == "coefficient" and kind not in STUDENT_KINDS:
        return EMPLOYER_RATE_DECIMALS
    return FIGURES.get(figure, 0)


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure of a cell came from `before` to `after`, in units of its last decimal; 0 where there is no cell."""

    of_set: str
    provider: str
    month: date
    place: Place
    kind: SurveyKind
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
        """The texts that name it."""
        return self.of_set, self.provider, f"{self.month:%Y-%m}", self.kind, self.figure, *self.place


class Difference:
    """The way from one edition to another. Sums that are compared at a finer grain are given block by block."""

    def __init__(self, first: Frozen, second: Frozen) -> None:
        self.first, self.second = first, second
        same_read = first.read is not None and first.read == second.read
        same = {key for key, source in first.taken.items() if second.taken.get(key) == source} if same_read else set()
        self._alike = frozenset(same)
        all_alike = same_read and first.taken == second.taken
        self.recounted = first.counted != second.counted and not all_alike
        own_first = (first.by_provider(), first.coefficients)
        own_second = (second.by_provider(), second.coefficients)
        later = replace(first, sums=tuple(self.alike(first.sums, second.sums)))
        moved = replace(later, successors=second.successors, funded_years=second.funded_years)
        self.steps = (Step(first, own_first), Step(later, own_first), Step(moved, own_first), Step(second, own_second))

    def alike(self, first: Iterable[S], second: Iterable[S]) -> Iterator[S]:
        """What the second edition's data were by the counting of the first, as far as that can be told."""
        yield from (one for one in first if (one.of_set, one.kind, one.month) in self._alike)
        yield from (one for one in second if (one.of_set, one.kind, one.month) not in self._alike)

    def blocks(self) -> list[Block]:
        """Sets and providers in either structure, in order."""
        return sorted({whole[:2] for step in self.steps for whole in step.wholes})

    def members(self, provider: str) -> frozenset[str]:
        """Whose sums, as posted, a block of a provider is made of."""
        return self.first.members(provider) | self.second.members(provider)

    def changes(self, block: Block, first: Sequence[Sum], second: Sequence[Sum]) -> list[Change]:
        """What `compared` says of the figures of a block's cells."""
        later = list(self.alike(first, second))
        path = zip(self.steps, (first, later, later, second), strict=True)
        return list(compared(block, [step.figures(*block, sums) for step, sums in path]))


def compared(block: Block, path: Sequence[Mapping[CellKey, Written]]) -> Iterator[Change]:
    """Every figure that differs in a block, also on the way though not at its end, in order; `path` are four steps."""
    for key in sorted({key for step in path for key in step}, key=_order):
        steps = [step.get(key, {}) for step in path]
        month, place, kind = key
        names = dict.fromkeys(name for step in steps for name in step)
        for name in names:
            one, two, three, four = (step.get(name, 0) for step in steps)
            if not one == two == three == four:
                yield Change(*block, month, place, kind, name, one, two - one, three - two, four - three)


def _order(key: CellKey) -> tuple[date, Place, int]:
    month, place, kind = key
    return month, place, SURVEY_KINDS.index(kind)
