"""Numbers written exactly (national model §7)."""

from fractions import Fraction

import pytest

from schemas.national.rules.rounding import decimal_text, round_half_up, square_root_text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Fraction(1, 2), 0, "1"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(-1, 2), 0, "-1"),
        (Fraction(1, 8), 2, "0.13"),
        (Fraction(-1, 8), 2, "-0.13"),
        (Fraction(1, 3), 4, "0.3333"),
        (Fraction(2, 3), 18, "0.666666666666666667"),
        (Fraction(3), 4, "3.0000"),
        (Fraction(0), 4, "0.0000"),
        (Fraction(-1, 1000), 2, "0.00"),
        (Fraction(28, 15), 18, "1.866666666666666667"),
        (Fraction(999999, 1000000), 4, "1.0000"),
        (Fraction(1, 7), 29, "0.14285714285714285714285714286"),
    ],
)
def test_a_number_is_rounded_half_up_away_from_zero_and_keeps_its_zeros(
    value: Fraction, decimals: int, text: str
) -> None:
    assert decimal_text(value, decimals) == text


@pytest.mark.parametrize(("value", "whole"), [("0.5", 1), ("1.5", 2), ("-1.5", -2), ("1.4999", 1), ("-0.49", 0)])
def test_whole_numbers_round_half_up(value: str, whole: int) -> None:
    assert round_half_up(Fraction(value)) == whole


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Fraction(0), 3, "0.000"),
        (Fraction(2), 18, "1.414213562373095049"),
        (Fraction(4), 18, "2.000000000000000000"),
        (Fraction(1, 4), 0, "1"),
        (Fraction(225, 100), 0, "2"),
        (Fraction(2249999, 1000000), 0, "1"),
        (Fraction(1, 40000), 2, "0.01"),
        (Fraction(1, 40001), 2, "0.00"),
    ],
)
def test_a_square_root_is_rounded_correctly(value: Fraction, decimals: int, text: str) -> None:
    assert square_root_text(value, decimals) == text


def test_a_negative_number_has_no_square_root() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        square_root_text(Fraction(-1, 1000), 18)
