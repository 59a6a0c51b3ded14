"""The non-response coefficient and the points weighted with it (national model §7).

The rate is that of (period, survey kind, provider in the structure asked for), whatever the filter and the grain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from schemas.national.parameters import Branch, CoefficientRow, Piece, row_of
from schemas.national.rules.figures import Totals, response_rate, response_rate_days
from schemas.national.surveys import SurveyKind


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient, the rate that it comes from, and the place in the table that gave it: its row and piece."""

    rate: Fraction
    from_period: str
    piece: Piece
    value: Fraction

    @property
    def branch(self) -> Branch:
        """The branch that the piece is."""
        return self.piece.branch


def correction_rate(kind: SurveyKind, totals: Totals) -> Fraction | None:
    """Return r as the coefficient's input.

    Students: respondents / targets, None when nobody answered. Instructors: respondent days / target days, 0 when there
    are target days and nobody answered, None without target days. The workplace survey has no correction: None.
    """
    match kind:
        case "workplace":
            return None
        case "workplace_instructor":
            return response_rate_days(totals)
        case _:
            return response_rate(totals) if totals.respondents else None


def coefficient(
    kind: SurveyKind, period: str, totals: Totals, *, table: Sequence[CoefficientRow]
) -> Coefficient | None:
    """Return c(r) for a provider's totals of one survey kind and reporting period; None where r is.

    ``table`` is in rising order of periods.

    Raises:
        LookupError: the table begins after ``period``.
    """
    rate = correction_rate(kind, totals)
    return None if rate is None else coefficient_of_rate(rate, period, table=table)


def coefficient_of_rate(rate: Fraction, period: str, *, table: Sequence[CoefficientRow]) -> Coefficient:
    """Return c(r) of a rate in a reporting period.

    Raises:
        LookupError: the table begins after ``period``.
    """
    row = row_of(period, table)
    piece = next(piece for piece in row.pieces if _holds(piece, rate))
    return Coefficient(rate, row.from_period, piece, _value(piece, rate))


def weighted_points(kind: SurveyKind, points: Fraction, applied: Coefficient | None) -> Fraction | None:
    """Return points times c; for the workplace survey the points themselves, else None without a coefficient."""
    if kind == "workplace":
        return points
    return None if applied is None else points * applied.value


def _holds(piece: Piece, rate: Fraction) -> bool:
    return (piece.at_least is None or rate >= piece.at_least) and (piece.at_most is None or rate <= piece.at_most)


def _value(piece: Piece, rate: Fraction) -> Fraction:
    if piece.polynomial is None:
        return 1 / rate
    return sum((term * rate**power for power, term in enumerate(piece.polynomial)), Fraction(0))
