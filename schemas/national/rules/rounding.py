"""Exact numbers written once, rounded half up, that is away from zero (national model §7, "Exact").

Nothing is computed from what these functions return.
"""

from fractions import Fraction
from math import isqrt

FIGURE_DECIMALS = 18
"""Rates by heads, coefficients and weighted points, means, deviations, NPS and shares."""

EMPLOYER_RATE_DECIMALS = 14
"""The response rate by days, and the employers' rate and coefficient."""

POINTS_DECIMALS = 4

FUNDING_SHARE_DECIMALS = 29
"""The column kyselyn_rahoitusosuus of the national data set."""


def round_half_up(value: Fraction) -> int:
    """Return the nearest whole number; a half goes away from zero."""
    return round_ratio_half_up(value.numerator, value.denominator)


def round_ratio_half_up(numerator: int, denominator: int) -> int:
    """The same of a ratio that needn't be in lowest terms; the denominator is above 0."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def decimal_text(value: Fraction, decimals: int) -> str:
    """Write a number with exactly ``decimals`` decimals, trailing zeros kept; never a negative zero."""
    return place_point(round_ratio_half_up(value.numerator * 10**decimals, value.denominator), decimals)


def square_root_text(value: Fraction, decimals: int) -> str:
    """Write the square root of ``value`` (0 or more) as ``decimal_text`` would write it, had it an exact value.

    The root in units of the last decimal rounds to the greatest k with (2k - 1)² ≤ 4 · value · 10^(2 · decimals), and
    whole-number square roots find it exactly.
    """
    if value < 0:
        raise ValueError("a square root needs a number of 0 or more")
    scaled = 4 * value * 10 ** (2 * decimals)
    return place_point((isqrt(scaled.numerator // scaled.denominator) + 1) // 2, decimals)


def place_point(units: int, decimals: int) -> str:
    """Write a whole number of the last decimal: 12345 with 4 decimals is ``1.2345``; never a negative zero."""
    if decimals == 0:
        return str(units)
    digits = str(abs(units)).rjust(decimals + 1, "0")
    return f"{'-' if units < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"
