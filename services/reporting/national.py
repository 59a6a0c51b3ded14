"""The rows of the national data set of an edition: frozen sums, in; its columns, out (national model §10). Pure.

Decimals are whole numbers of their last digits until a file writes them, each computed exactly and rounded once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from schemas.national.rules.coefficient import Coefficient, weighted_points
from schemas.national.rules.funding import COMPONENT_OF, Component, funded_points
from schemas.national.rules.periods import first_day, funding_year, last_day
from schemas.national.rules.rounding import (
    FIGURE_DECIMALS,
    FUNDING_SHARE_DECIMALS,
    POINTS_DECIMALS,
    round_ratio_half_up,
)
from schemas.national.surveys import STUDENT_KINDS, SurveyKind
from services.reporting.editions import ACTUAL, ESTIMATE, Edition, ProviderKey, SetName

COLUMNS: Final = (
    "koulutuksen_jarjestaja", "oppilaitos", "toimipiste", "varainhoitovuosi", "toteuma_estimaatti", "rahoituskausi",
    "tilastovuosi", "tilastokuukausi", "kysely", "kyselyn_kohderyhma", "tutkinto",
    "huomioidaan_rahoituksessa_kylla_ei", "koodit_koulutuksen_jarjestaja", "koodit_oppilaitos",
    "koodit_toimipiste_oid", "koodit_tutkinto", "kyselyn_kohteet_lkm", "vastanneet_lkm", "pisteet_lkm",
    "painotetut_pisteet_lkm", "kyselyn_rahoitusosuus", "tietojoukko_paivitetty_pvm",
)  # fmt: skip

DECIMALS: Final[Mapping[str, int]] = {
    "pisteet_lkm": POINTS_DECIMALS,
    "painotetut_pisteet_lkm": FIGURE_DECIMALS,
    "kyselyn_rahoitusosuus": FUNDING_SHARE_DECIMALS,
}
"""The columns whose values are whole numbers of a last decimal, and how many decimals they have."""

WHOLE_NUMBERS: Final = frozenset(
    {
        "varainhoitovuosi",
        "tilastovuosi",
        "tilastokuukausi",
        "huomioidaan_rahoituksessa_kylla_ei",
        "kyselyn_kohteet_lkm",
        "vastanneet_lkm",
    }
)

Cell = str | int | date | None
NationalRow = tuple[Cell, ...]
"""One cell a column of COLUMNS; None is blank."""

_SURVEYS: Final[Mapping[Component, str]] = {
    "start": "Aloituskysely",
    "completion": "Päättökysely",
    "workplace_instructor": "Työpaikkaohjaajakysely",
    "workplace": "Työpaikkakysely",
}
_TARGET_GROUPS: Final[Mapping[SurveyKind, str]] = {
    "start": "Aloittaneet",
    "completion_whole": "Koko tutkinnon suorittaneet",
    "completion_parts": "Tutkinnon osia suorittaneet",
}
_NO_TARGET_GROUP: Final = "Tieto puuttuu"
_ONE: Final = Fraction(1)
_SETS: Final = {ACTUAL: "Toteuma", ESTIMATE: "Estimaatti"}


@dataclass(frozen=True, slots=True)
class Organisation:
    """What an edition's copy of the organisation table says."""

    name: str
    business_id: str | None
    institution_code: str | None
    funded_years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NationalCell:
    """The sums of a month, survey kind, provider in the structure, institution, site and qualification.

    `copied_points` are the entrepreneurs', without 9/8; an empty text is a missing institution or site. `actual` where
    the month itself is out; otherwise the row is of the estimate alone.
    """

    provider: str
    month: date
    kind: SurveyKind
    institution: str
    site: str
    qualification: str
    targets: int
    respondents: int
    target_days: int
    respondent_days: int
    points: int
    copied_points: int
    actual: bool


class NationalRows:
    """Makes the rows of one edition.

    `provider_points` are the points of every provider in the structure by the same key as its coefficient, the
    entrepreneurs' copy with 9/8 in them: what the denominators of the shares come from.
    """

    def __init__(
        self,
        edition: Edition,
        organisations: Mapping[str, Organisation],
        coefficients: Mapping[ProviderKey, Coefficient],
        provider_points: Mapping[ProviderKey, Fraction],
    ) -> None:
        self._edition = edition
        self._organisations = organisations
        self._coefficients = coefficients
        self._year = funding_year(edition.period)
        self._period = f"{first_day(edition.period):%d.%m.%Y} - {last_day(edition.period):%d.%m.%Y}"
        self._factors: dict[ProviderKey, tuple[Fraction | None, Fraction | None]] = {}
        self._wholes: dict[tuple[str, Component], Fraction] = {}
        for key, points in provider_points.items():
            of_set, provider, kind = key
            if self._is_funded(provider):
                whole = (of_set, COMPONENT_OF[kind])
                counted = self._counted(key, points) or Fraction(0)
                self._wholes[whole] = self._wholes.get(whole, Fraction(0)) + counted

    def of(self, cells: Iterable[NationalCell]) -> Iterator[NationalRow]:
        """The rows of these cells, in their order: of each the actual one, then the estimate's."""
        for cell in cells:
            if cell.actual:
                yield self._row(cell, ACTUAL)
            if self._edition.estimate:
                yield self._row(cell, ESTIMATE)

    def _row(self, cell: NationalCell, of_set: SetName) -> NationalRow:
        students = cell.kind in STUDENT_KINDS
        of_counted, of_share = self._factors_of((of_set, cell.provider, cell.kind))
        entrepreneurs = self._edition.rules.entrepreneur_factor_of(self._edition.period)
        # Points as a ratio: a fraction a row would cost more than all the rest.
        points = cell.points * entrepreneurs.denominator + cell.copied_points * entrepreneurs.numerator
        ratio = (points, entrepreneurs.denominator)
        provider = self._organisations[cell.provider]
        return (
            provider.name,
            self._name(cell.institution),
            self._name(cell.site),
            self._year,
            _SETS[of_set],
            self._period,
            cell.month.year,
            cell.month.month,
            _SURVEYS[COMPONENT_OF[cell.kind]],
            _TARGET_GROUPS.get(cell.kind, _NO_TARGET_GROUP),
            cell.qualification,
            int(self._is_funded(cell.provider)),
            provider.business_id,
            self._organisations[cell.institution].institution_code if cell.institution else None,
            cell.site or None,
            cell.qualification,
            cell.targets if students else cell.target_days,
            cell.respondents if students else cell.respondent_days,
            _units(ratio, _ONE, POINTS_DECIMALS),
            None if cell.kind == "workplace" else _units(ratio, of_counted, FIGURE_DECIMALS),
            _units(ratio, of_share, FUNDING_SHARE_DECIMALS) if points else None,
            self._edition.day,
        )

    def _factors_of(self, key: ProviderKey) -> tuple[Fraction | None, Fraction | None]:
        """By what points are multiplied to give what the funding counts, and the share; None where it is blank."""
        found = self._factors.get(key)
        if found is None:
            of_set, provider, kind = key
            counted = self._counted(key, _ONE)
            whole = self._wholes.get((of_set, COMPONENT_OF[kind])) if self._is_funded(provider) else None
            found = self._factors[key] = (counted, counted / whole if counted and whole else None)
        return found

    def _counted(self, key: ProviderKey, points: Fraction) -> Fraction | None:
        """Weighted points as the funding counts them: whole qualifications threefold, the workplace's as they are."""
        weighted = weighted_points(key[2], points, self._coefficients.get(key))
        return funded_points(key[2], weighted, factors=self._edition.rules.completion_factors_of(self._edition.period))

    def _is_funded(self, provider: str) -> bool:
        """Whether the organisation table says that the provider is funded in the year."""
        known = self._organisations.get(provider)
        return known is not None and self._year in known.funded_years

    def _name(self, oid: str) -> str | None:
        known = self._organisations.get(oid)
        return None if known is None else known.name


def _units(points: tuple[int, int], factor: Fraction | None, decimals: int) -> int | None:
    """Points times a factor, as a whole number of the last decimal."""
    if factor is None:
        return None
    return round_ratio_half_up(points[0] * factor.numerator * 10**decimals, points[1] * factor.denominator)
