"""Points and respondent days of one response, and the entrepreneurs' copy (national model §7).

Answers are the bytes that ``schemas.national.layout`` describes.
"""

from dataclasses import replace
from fractions import Fraction

from schemas.national.layout import DONT_KNOW, Layout
from schemas.national.rules.figures import Totals
from schemas.national.surveys import STUDENT_KINDS, SurveyKind


def response_points(kind: SurveyKind, layout: Layout, answers: bytes, *, duration_days: int) -> int:
    """Return the points of a response that counts.

    Students: Σ score over the funding questions, whatever ``duration_days`` is; employers: Σ score times duration.
    """
    scores = sum([value for slot in layout.funding_slots if (value := answers[slot]) != DONT_KNOW])
    return scores if kind in STUDENT_KINDS else scores * duration_days


def response_days(layout: Layout, answers: bytes, *, duration_days: int) -> int:
    """Return the respondent days: the duration when any funding question has an answer, "don't know" included."""
    return duration_days if duration_days and any(answers[slot] for slot in layout.funding_slots) else 0


def as_counted(totals: Totals, *, copied: bool, factor: Fraction) -> Totals:
    """Return what totals, as they were posted, add to their cell; copied ones as ``entrepreneur_copy`` says."""
    return entrepreneur_copy(totals, factor=factor) if copied else totals


def entrepreneur_copy(instructor_totals: Totals, *, factor: Fraction) -> Totals:
    """Return what entrepreneurs' instructor requests add to the workplace survey's cell: all of it, 9/8 of the points.

    The copy belongs to the same month, provider, institution, site and qualification; it has no question figures.
    """
    return replace(instructor_totals, points=instructor_totals.points * factor)
