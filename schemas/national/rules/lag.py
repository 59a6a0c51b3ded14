"""When a month may be published, and what an estimate takes in its place (national model §7).

Live figures know no lag: it holds for editions, exports and estimates. The entrepreneurs' copy follows the workplace
survey's. Months are the dates of their first days.
"""

from datetime import date

from schemas.national.parameters import HalfYear, PublicationLag
from schemas.national.rules.periods import add_months, month_of
from schemas.national.surveys import SurveyKind


def is_out(kind: SurveyKind, month: date, *, published: date, lag: PublicationLag) -> bool:
    """Say whether a publication of the day ``published`` shows the month.

    A month is out when it lies at least ``lag.months`` calendar months before the month of publication; the workplace
    survey's by half-years, each from a month of its own.
    """
    if kind == "workplace":
        half_year = next(half for half in lag.workplace if half.first_month <= month.month <= half.last_month)
        return published >= _out_from(month.year, half_year)
    return month <= add_months(month_of(published), -lag.months)


def estimated_period(published: date) -> str:
    """Return the reporting period that a publication estimates: the one that ends in its calendar year."""
    return f"{published.year - 1}-{published.year}"


def estimate_source(kind: SurveyKind, month: date, *, published: date, lag: PublicationLag) -> date:
    """Return the month whose rows stand for ``month`` in an estimate: itself when out, else a year earlier."""
    return month if is_out(kind, month, published=published, lag=lag) else add_months(month, -12)


def _out_from(year: int, half_year: HalfYear) -> date:
    """Return the first day in ``out_from_month`` after the half-year of ``year`` has ended."""
    later = half_year.out_from_month > half_year.last_month
    return date(year if later else year + 1, half_year.out_from_month, 1)
