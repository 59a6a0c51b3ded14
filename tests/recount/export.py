"""The national data set (§10): one row a month, survey kind, provider, institution, site and qualification."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from recount.figures import coefficient
from recount.funding import COMPONENTS
from recount.requests import EMPLOYER_KINDS
from recount.targets import Target
from recount.writing import written

SURVEYS = ("start", "completion_whole", "completion_parts", "workplace_instructor", "workplace")
"""The order of survey kinds."""

_NAMES = {
    "start": ("Aloituskysely", "Aloittaneet"),
    "completion_whole": ("Päättökysely", "Koko tutkinnon suorittaneet"),
    "completion_parts": ("Päättökysely", "Tutkinnon osia suorittaneet"),
    "workplace_instructor": ("Työpaikkaohjaajakysely", "Tieto puuttuu"),
    "workplace": ("Työpaikkakysely", "Tieto puuttuu"),
}


@dataclass(frozen=True)
class Named:
    """What the organisation table says of an OID."""

    name: str
    business_id: str
    institution_code: str


def national_rows(
    sets: Mapping[str, Sequence[Target]],
    period: str,
    day: date,
    *,
    named: Mapping[str, Named],
    funded: Collection[str],
) -> list[tuple[str, ...]]:
    """The rows as texts, in their order; `sets` are the targets of `Toteuma` and `Estimaatti` in the structure."""
    found = []
    for place, of_set in enumerate(("Toteuma", "Estimaatti")):
        of_period = [target for target in sets.get(of_set, ()) if target.period == period]
        worth = _Worth(of_period, period, funded)
        cells: dict[tuple[str, ...], list[Target]] = {}
        for one in of_period:
            key = (one.provider, one.month, str(SURVEYS.index(one.survey)), one.institution or "", one.site or "")
            cells.setdefault((*key, one.qualification), []).append(one)
        for key, cell in cells.items():
            if cell[0].survey in EMPLOYER_KINDS and not any(one.days for one in cell):
                continue
            found.append(((*key, str(place)), _row(cell, (of_set, period, day), named, worth)))
    return [row for _, row in sorted(found)]


class _Worth:
    """What points are worth in one set."""

    def __init__(self, of_period: Sequence[Target], period: str, funded: Collection[str]) -> None:
        self.funded = funded
        owned: dict[tuple[str, str], list[Target]] = {}
        for one in of_period:
            owned.setdefault((one.provider, one.survey), []).append(one)
        self._by = {owner: coefficient(owner[1], period, own) for owner, own in owned.items()}
        self._nation: dict[str, Fraction] = {}
        for (provider, survey), own in owned.items():
            if provider in funded:
                component = _component(survey)
                self._nation[component] = self._nation.get(component, Fraction(0)) + (self.counted(own) or 0)

    def counted(self, targets: Sequence[Target]) -> Fraction | None:
        """Points by the coefficient, whole qualifications threefold; the workplace's as they are."""
        first = targets[0]
        points = sum((one.points for one in targets), Fraction(0))
        if first.survey == "workplace":
            return points
        c = self._by[first.provider, first.survey]
        return None if c is None else points * c * (3 if first.survey == "completion_whole" else 1)

    def share(self, targets: Sequence[Target]) -> Fraction | None:
        """The part of the nation's; none where that is nothing."""
        counted = self.counted(targets)
        if not counted or targets[0].provider not in self.funded:
            return None
        return counted / self._nation[_component(targets[0].survey)]


def _component(survey: str) -> str:
    return next(component for component, surveys in COMPONENTS.items() if survey in surveys)


def _row(
    cell: Sequence[Target], of: tuple[str, str, date], named: Mapping[str, Named], worth: _Worth
) -> tuple[str, ...]:
    one = cell[0]
    of_set, period, day = of
    employer = one.survey in EMPLOYER_KINDS
    first, last = period.split("-")
    year, month = one.month.split("-")
    provider = named[one.provider]
    asked = sum(target.days or 0 for target in cell) if employer else len(cell)
    answered = sum(target.respondent_days if employer else target.respondent for target in cell)
    counted = None if one.survey == "workplace" else worth.counted(cell)
    texts = (
        provider.name,
        named[one.institution].name if one.institution else None,
        named[one.site].name if one.site else None,
        str(int(last) + 1),
        of_set,
        f"01.07.{first} - 30.06.{last}",
        year,
        str(int(month)),
        *_NAMES[one.survey],
        one.qualification,
        str(int(one.provider in worth.funded)),
        provider.business_id,
        named[one.institution].institution_code if one.institution else None,
        one.site,
        one.qualification,
        str(asked),
        str(answered),
        written(sum((target.points for target in cell), Fraction(0)), 4),
        written(counted, 18),
        written(worth.share(cell), 29),
        day.isoformat(),
    )
    return tuple(text or "" for text in texts)
