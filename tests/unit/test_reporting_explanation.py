"""Where in the coefficient's table a rate falls, as an explanation says it."""

from fractions import Fraction

import pytest

from schemas.national.model import load_models
from schemas.national.rules.figures import Totals
from services.reporting.explanation import coefficient_steps
from services.reporting.figures import Group, Part, coefficients, figure_table

RULES = load_models().newest.rules


def steps(period: str, rate: Fraction) -> dict[str, str | None]:
    totals = Totals(rate.denominator, rate.numerator, 0, 0, Fraction(0))
    group = Group(("", "", "", "", ""), (Part("", False, totals),))
    applied = coefficients("start", period, [group], RULES)
    figures = figure_table("start", (), [group], applied, period="2024-2025", rules=RULES)
    return {name: value for name, value, _, _ in coefficient_steps("start", totals, applied[""], figures, RULES)}


@pytest.mark.parametrize(
    ("period", "rate", "told"),
    [
        ("2018-2019", "1/2", ["2018-2019", "quadratic", "1 + 15/16·r - 25/32·r²", "163/128"]),
        ("2021-2022", "1/5", ["2019-2020", "constant", "857/350", "857/350"]),
        # 1/0.7 + 2.04 · (0.7 - 0.5)
        ("2021-2022", "1/2", ["2019-2020", "linear", "4999/1750 - 51/25·r", "1607/875"]),
        ("2030-2031", "3/5", ["2024-2025", "reciprocal", "1/r", "5/3"]),
    ],
)
def test_the_row_the_branch_and_its_formula_are_told(period: str, rate: str, told: list[str]) -> None:
    found = steps(period, Fraction(rate))
    assert found["rate_exact"] == rate
    assert [found[f"coefficient_{name}"] for name in ("row", "branch", "formula", "exact")] == told


def test_the_bounds_of_a_piece_are_told_where_it_has_them() -> None:
    constant, reciprocal = steps("2021-2022", Fraction(1, 5)), steps("2021-2022", Fraction(7, 10))
    assert (constant["coefficient_at_least"], constant["coefficient_at_most"]) == (None, "1/5")
    assert (reciprocal["coefficient_at_least"], reciprocal["coefficient_at_most"]) == ("7/10", None)
