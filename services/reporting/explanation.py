"""One provider's figure, step by step: from whole counts to what is written (national model §7). Pure.

A step's value is what /v1/figures writes, or the exact fraction that it is written from; its rule says how it comes
about. Nothing is computed here that isn't computed there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from schemas.national.model import NationalModels
from schemas.national.parameters import CoefficientRow, Piece, Rules
from schemas.national.rules.coefficient import Coefficient, weighted_points
from schemas.national.rules.figures import NO_TOTALS, Totals
from schemas.national.rules.points import entrepreneur_copy
from schemas.national.rules.rounding import POINTS_DECIMALS, decimal_text
from schemas.national.surveys import STUDENT_KINDS, SurveyKind
from services.reporting.figures import (
    Coefficients,
    Group,
    Part,
    coefficients,
    count_table,
    figure_table,
    totals_by_provider,
)
from services.reporting.query import ExplainQuery
from services.reporting.structure import Structure
from services.reporting.table import Cell, Table

COLUMNS: Final = ("step", "value", "value_shown", "rule")

_TOTALS: Final = ("targets", "respondents", "target_days", "respondent_days")
_WRITTEN: Final[Mapping[str, str]] = {
    "targets": "requests whose background stands, not cancelled, not excluded, with an attribution date (§4)",
    "respondents": "targets whose response counts, whatever it answered (§7)",
    "target_days": "the sum of the targets' durations (§7)",
    "respondent_days": "the sum of the durations of those who answered a funding question, don't know included (§7)",
    "points": "students: the sum of scores over funding questions; employers: times the duration (§7)",
    "response_rate": "respondents / targets; 0 when nobody answered, null without targets (§7)",
    "response_rate_days": "respondent_days / target_days; null for students and without target days (§7)",
}
_COUNTS: Final = ("targets", "respondents", "response_rate", "response_rate_days")

_EVER_POSTED: Final = {
    True: "one of them has a request in the record, of whatever survey and period",
    False: "nothing was ever posted for any of them, so that all counts are 0: look whether the OID is right",
}

_POWERS: Final = ("r", "r²")

Step = tuple[str, str | None, str | None, str]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of reference data, and the day that it is of."""

    version: int
    day: date


Versions = Mapping[str, Version]
"""By the kind of reference data; a kind that was never loaded isn't there."""


def explanation(
    asked: ExplainQuery,
    found: Group | None,
    structure: Structure,
    models: NationalModels,
    versions: Versions,
    *,
    ever_posted: bool,
    counts_only: bool,
) -> Table:
    """The steps of a figure. `found` is all of the period's, of that provider; None when it has no targets.

    With `counts_only` they are those of targets, respondents and rates, marked as in /v1/figures (§8).
    """
    provider = structure.standing_for(asked.provider)
    group = found or Group((provider, "", "", "", ""), (Part(provider, copied=False, totals=NO_TOTALS),))
    steps = [*_whose(asked, provider, structure)]
    steps.append(("ever_posted", "yes" if ever_posted else "no", None, _EVER_POSTED[ever_posted]))
    if counts_only:
        steps += _written(
            count_table(asked.survey, (), [group], period=asked.period, rules=models.newest.rules), _COUNTS
        )
    else:
        steps += _whole(asked, provider, group, models.newest.rules)
    steps += _versions(models, versions, structure)
    return Table(COLUMNS, [*steps])


def coefficient_steps(
    kind: SurveyKind, totals: Totals, applied: Coefficient | None, figures: Table, rules: Rules
) -> Iterator[Step]:
    """From a rate to weighted points; `figures` is the table of one row that writes them."""
    if applied is not None:
        yield from _branch_steps(applied, rules.coefficients)
        coefficient_rule = "coefficient_exact, written once"
    elif kind == "workplace":
        coefficient_rule = "the workplace survey has no correction (§7)"
    else:
        coefficient_rule = "null, because r is: nobody answered, or there are no target days (§7)"
    weighted = weighted_points(kind, totals.points, applied)
    formula = "points" if kind == "workplace" else "points · coefficient_exact"
    (row,) = figures.rows
    of = dict(zip(figures.columns, row, strict=True))
    yield "coefficient", _text(of["coefficient"]), None, coefficient_rule
    yield "weighted_points_exact", _or_none(weighted), None, f"{formula}, a fraction in lowest terms (§7)"
    yield "weighted_points", _text(of["weighted_points"]), None, "weighted_points_exact, written once"


def _branch_steps(applied: Coefficient, table: tuple[CoefficientRow, ...]) -> Iterator[Step]:
    """Where in the coefficient's table a rate falls, and what it gives there."""
    row = next(row for row in table if row.from_period == applied.from_period)
    pieces = "; else ".join(f"{_condition(piece)}{_formula(piece)}" for piece in row.pieces)
    piece = applied.piece
    yield "rate_exact", str(applied.rate), None, "r as the coefficient's input, a fraction in lowest terms (§7)"
    yield "coefficient_row", row.from_period, None, f"the table's row from that period on: {pieces} (§7)"
    yield "coefficient_branch", piece.branch, None, "the first piece of the row that holds for r"
    yield "coefficient_at_least", _or_none(piece.at_least), None, "the least r of the piece; null: none is named"
    yield "coefficient_at_most", _or_none(piece.at_most), None, "the greatest r of the piece; null: none is named"
    yield "coefficient_formula", _formula(piece), None, "c(r) of the piece"
    yield "coefficient_exact", str(applied.value), None, "c(r), a fraction in lowest terms"


def _whose(asked: ExplainQuery, provider: str, structure: Structure) -> Iterator[Step]:
    yield "survey", asked.survey, None, "the survey kind"
    yield "period", asked.period, None, "the reporting period, 1 July to 30 June; r is that of all of it (§7)"
    yield "structure", asked.structure, None, "as_was: as posted; latest: mergers applied before anything else (§5)"
    yield "provider", provider, None, "in whose name the figure stands"
    members = " ".join(sorted(structure.members(provider)))
    yield "providers", members, None, "whose requests are in it, by the provider that posted them"


def _whole(asked: ExplainQuery, provider: str, group: Group, rules: Rules) -> Iterator[Step]:
    kind = asked.survey
    applied: Coefficients = coefficients(kind, asked.period, [group], rules)
    totals = totals_by_provider(group, asked.period, rules).get(provider, NO_TOTALS)
    figures = figure_table(kind, (), [group], applied, period=asked.period, rules=rules)
    if kind == "workplace":
        yield from _copied(group, asked.period, rules)
    columns = _WRITTEN if kind not in STUDENT_KINDS else [name for name in _WRITTEN if not name.endswith("_days")]
    yield from _written(figures, tuple(columns))
    yield from coefficient_steps(kind, totals, applied.get(provider), figures, rules)
    yield (
        "rounding",
        "half away from zero",
        None,
        "every decimal is rounded once, when it is written, never computed with (§7)",
    )


def _copied(group: Group, period: str, rules: Rules) -> Iterator[Step]:
    """The entrepreneurs' copy apart: what it adds to the workplace survey (§7)."""
    own = next((part.totals for part in group.parts if not part.copied), NO_TOTALS)
    copied = next((part.totals for part in group.parts if part.copied), NO_TOTALS)
    factor = rules.entrepreneur_factor_of(period)
    for prefix, totals, whose in (
        ("own", own, "of the workplace survey's own requests"),
        ("copied", copied, "of instructor requests whose basis is entrepreneur, which count once more here (§7)"),
    ):
        for column in _TOTALS:
            yield f"{prefix}_{column}", str(getattr(totals, column)), None, whose
        yield f"{prefix}_points", decimal_text(totals.points, POINTS_DECIMALS), None, whose
    added = entrepreneur_copy(copied, factor=factor).points
    yield "copied_points_added", decimal_text(added, POINTS_DECIMALS), None, f"copied_points · {factor} (§7)"


def _written(table: Table, columns: tuple[str, ...]) -> Iterator[Step]:
    (row,) = table.rows
    of = dict(zip(table.columns, row, strict=True))
    for column in columns:
        yield column, _text(of[column]), _text(of.get(f"{column}_shown")), _WRITTEN[column]


def _versions(models: NationalModels, versions: Versions, structure: Structure) -> Iterator[Step]:
    newest = models.newest
    yield "national_model", newest.version, None, "the newest version of the national model: its rules hold (§9)"
    yield "rules", str(newest.number), None, "the number of that version, as request rows carry it"
    for kind, name in (("organisations", "organisation_table"), ("mergers", "mergers")):
        found = versions.get(kind)
        said = "never loaded" if found is None else f"the newest version, of {found.day}"
        yield name, None if found is None else str(found.version), None, said
    yield "structure_day", _or_none(structure.day), None, "mergers dated on or before it are applied; null: none"


def _condition(piece: Piece) -> str:
    bounds = [f"r ≥ {piece.at_least}" if piece.at_least is not None else ""]
    bounds.append(f"r ≤ {piece.at_most}" if piece.at_most is not None else "")
    told = " and ".join(bound for bound in bounds if bound)
    return f"{told}: " if told else ""


def _formula(piece: Piece) -> str:
    if piece.polynomial is None:
        return "1/r"
    first, *others = piece.polynomial
    signed = ((" - " if term < 0 else " + ", abs(term), power) for power, term in zip(_POWERS, others, strict=False))
    return f"{first}" + "".join(f"{sign}{size}·{power}" for sign, size, power in signed)


def _or_none(value: Fraction | date | None) -> str | None:
    return None if value is None else str(value)


def _text(cell: Cell) -> str | None:
    return None if cell is None else str(cell)
