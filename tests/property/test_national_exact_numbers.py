"""Rounding against Python's decimal arithmetic, which shares no code with it."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from schemas.national.rules.rounding import decimal_text, round_half_up, square_root_text

DECIMALS = st.integers(min_value=0, max_value=29)
# Whole numbers over a power of ten hit the halves, fractions of any denominator everything between.
VALUES = st.one_of(
    st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**9),
    st.builds(Fraction, st.integers(-(10**12), 10**12), st.sampled_from([2, 10, 200, 2 * 10**6])),
)


@given(VALUES, DECIMALS)
def test_text_is_what_decimal_says(value: Fraction, decimals: int) -> None:
    with localcontext() as context:
        # A fraction with a denominator up to 10^9 that isn't on a half is at least 10^-39 away from one.
        context.prec = 90
        quotient = Decimal(value.numerator) / Decimal(value.denominator)
        expected = quotient.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        expected = abs(expected) if expected == 0 else expected
        assert decimal_text(value, decimals) == f"{expected:f}"


@given(VALUES)
def test_whole_numbers_lie_within_a_half(value: Fraction) -> None:
    assert abs(round_half_up(value) - value) <= Fraction(1, 2)
    assert round_half_up(-value) == -round_half_up(value)


@given(VALUES, DECIMALS)
def test_text_is_within_half_a_unit_of_its_last_place(value: Fraction, decimals: int) -> None:
    assert abs(Fraction(decimal_text(value, decimals)) - value) * 2 * 10**decimals <= 1


@given(VALUES.map(abs), DECIMALS)
def test_the_square_of_the_root_lies_between_the_squares_of_its_halves(value: Fraction, decimals: int) -> None:
    root = Fraction(square_root_text(value, decimals))
    half = Fraction(1, 2 * 10**decimals)
    assert max(root - half, Fraction(0)) ** 2 <= value < (root + half) ** 2


@given(st.integers(0, 10**18), st.integers(1, 10**9), DECIMALS)
def test_the_root_of_a_square_is_written_like_the_number(numerator: int, denominator: int, decimals: int) -> None:
    value = Fraction(numerator, denominator)
    assert square_root_text(value * value, decimals) == decimal_text(value, decimals)
