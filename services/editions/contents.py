"""What an edition keeps beside sums: structure, coefficients, rules and the head of its digest. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import msgspec

from schemas.national.parameters import Rules
from schemas.national.rules.coefficient import Coefficient, coefficient
from schemas.national.rules.figures import Totals, sum_by_key
from schemas.national.rules.points import as_counted
from schemas.national.rules.structure import Merger, check_mergers, latest_structure
from schemas.national.surveys import SurveyKind
from services.editions.plan import Plan


@dataclass(frozen=True, slots=True)
class ProviderTotals:
    """What a provider, as posted, has of one survey kind in an edition.

    `actual` when the months themselves are out, else months of the year before stand for others; `copied` when it is
    what entrepreneurs' instructor requests add, without 9/8.
    """

    kind: SurveyKind
    provider: str
    actual: bool
    copied: bool
    totals: Totals


@dataclass(frozen=True, slots=True)
class Head:
    """All that an edition says of itself before its rows; `rules` is canonical JSON.

    `counted_by` are the numbers of the model versions that counted the record's requests, `counted_otherwise` how many
    requests others than `model` have counted. `funding_inputs_digest` is that of the whole table, empty without one.
    """

    period: str
    as_of: date
    estimate: bool
    model: str
    rules: str
    organisations_version: int
    mergers_version: int
    funding_inputs_version: int
    funding_inputs_digest: str
    counted_by: list[int]
    counted_otherwise: int

    def canonical(self) -> bytes:
        """The beginning of what the digest is made of."""
        return msgspec.json.encode({field.name: getattr(self, field.name) for field in fields(self)}, order="sorted")


CoefficientKey = tuple[bool, SurveyKind, str]
"""Of the estimate, survey kind, provider in the edition's structure."""


def rules_text(rules: Rules) -> str:
    """The parameters as JSON with sorted members: equal rules give equal texts."""
    return msgspec.json.encode(rules.model_dump(mode="json"), order="sorted").decode()


def structure(mergers: Iterable[Merger], as_of: date) -> dict[str, str]:
    """Whose history belongs to whom as of a day.

    Raises:
        MergerTableError: the table contradicts itself, which its loading refuses.
    """
    return latest_structure(check_mergers(mergers), as_of)


def coefficients(
    plan: Plan, found: Iterable[ProviderTotals], successors: dict[str, str], rules: Rules
) -> dict[CoefficientKey, Coefficient]:
    """The coefficient of every provider, mapped first, over the months that are out, and over the estimate (§7)."""
    factor = rules.entrepreneur_factor_of(plan.period)
    wholes: dict[CoefficientKey, Totals] = sum_by_key(
        (
            (estimate, one.kind, successors.get(one.provider, one.provider)),
            as_counted(one.totals, copied=one.copied, factor=factor),
        )
        for one in found
        for estimate in (False, True)
        if (plan.estimate if estimate else one.actual)
    )
    values = {key: coefficient(key[1], plan.period, totals, table=rules.coefficients) for key, totals in wholes.items()}
    return {key: value for key, value in sorted(values.items()) if value is not None}


def coefficient_columns(values: dict[CoefficientKey, Coefficient]) -> list[list[Any]]:
    """The columns of feedback.edition_coefficient after the edition: estimate, kind, provider, rate, branch, value."""
    rows = [(*key, str(value.rate), value.branch, str(value.value)) for key, value in values.items()]
    return [[row[place] for row in rows] for place in range(6)]
