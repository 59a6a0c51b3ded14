"""Exact numbers written once, half up, trailing zeros kept (§7, Exact)."""

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

# So many digits that nothing but an exact half is taken for one.
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)


def written(value: Fraction | None, decimals: int) -> str | None:
    """The number with so many decimals, None as None."""
    if value is None:
        return None
    quotient = _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return _quantized(quotient, decimals)


def written_root(square: Fraction | None, decimals: int) -> str | None:
    """The square root of a number with so many decimals, None as None."""
    if square is None:
        return None
    quotient = _EXACT.divide(Decimal(square.numerator), Decimal(square.denominator))
    return _quantized(_EXACT.sqrt(quotient), decimals)


def _quantized(number: Decimal, decimals: int) -> str:
    quantum = Decimal(1).scaleb(-decimals)
    # `plus` makes of -0 what it is; `+ 0` would do so too, but in 28 digits.
    return f"{_EXACT.plus(number.quantize(quantum, context=_EXACT)):f}"
