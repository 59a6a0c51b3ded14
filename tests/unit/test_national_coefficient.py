"""The non-response coefficient (national model §7)."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from schemas.national.model import load_models
from schemas.national.rules.coefficient import coefficient, correction_rate, weighted_points
from schemas.national.rules.figures import NO_TOTALS, Totals
from schemas.national.rules.rounding import decimal_text
from schemas.national.surveys import STUDENT_KINDS, SurveyKind

TABLE = load_models().newest.rules.coefficients
PERCENT = [Fraction(hundredths, 100) for hundredths in range(1, 101)]


def students(targets: int, respondents: int, points: int = 0) -> Totals:
    return Totals(targets, respondents, 0, 0, Fraction(points))


def employers(target_days: int, respondent_days: int) -> Totals:
    return Totals(1, int(respondent_days > 0), target_days, respondent_days, Fraction(0))


def c_of(period: str, rate: Fraction) -> Fraction:
    applied = coefficient("start", period, students(rate.denominator, rate.numerator), table=TABLE)
    assert applied is not None
    assert applied.rate == rate
    return applied.value


def rule_of_2018(r: Fraction) -> Fraction:
    return 1 / r if r >= Fraction("0.8") else 1 + Fraction(15, 16) * r - Fraction(25, 32) * r * r


def rule_of_2019(r: Fraction) -> Fraction:
    if r >= Fraction("0.7"):
        return 1 / r
    if r <= Fraction("0.2"):
        return Fraction(857, 350)
    return 1 / Fraction("0.7") + Fraction("2.04") * (Fraction("0.7") - r)


def rule_of_2024(r: Fraction) -> Fraction:
    return 1 / r if r >= Fraction("0.6") else 1 / Fraction("0.6") + 2 * (Fraction("0.6") - r)


@pytest.mark.parametrize(
    ("period", "rule"),
    [
        ("2018-2019", rule_of_2018),
        ("2019-2020", rule_of_2019),
        ("2021-2022", rule_of_2019),
        ("2023-2024", rule_of_2019),
        ("2024-2025", rule_of_2024),
        ("2025-2026", rule_of_2024),
        ("2031-2032", rule_of_2024),
    ],
)
def test_every_period_has_its_rule(period: str, rule: Callable[[Fraction], Fraction]) -> None:
    assert [c_of(period, r) for r in PERCENT] == [rule(r) for r in PERCENT]


def test_the_oldest_and_the_newest_version_have_the_same_table() -> None:
    oldest, *_, newest = load_models().versions
    assert oldest.rules.coefficients == newest.rules.coefficients


@pytest.mark.parametrize(
    ("period", "rate", "branch"),
    [
        ("2018-2019", Fraction("0.8"), "reciprocal"),
        ("2018-2019", Fraction("0.79"), "quadratic"),
        ("2020-2021", Fraction("0.7"), "reciprocal"),
        ("2020-2021", Fraction("0.69"), "linear"),
        ("2020-2021", Fraction("0.2"), "constant"),
        ("2024-2025", Fraction("0.6"), "reciprocal"),
        ("2024-2025", Fraction("0.59"), "linear"),
    ],
)
def test_the_branch_is_told(period: str, rate: Fraction, branch: str) -> None:
    applied = coefficient("start", period, students(rate.denominator, rate.numerator), table=TABLE)
    assert applied is not None
    assert applied.branch == branch


def test_two_providers_merged_share_one_rate() -> None:
    # A has 9 of 10 and 90 points, B 1 of 10 and 10 points (national model §5).
    a, b = students(10, 9, 90), students(10, 1, 10)
    merged = a + b
    applied = coefficient("start", "2025-2026", merged, table=TABLE)
    assert applied is not None
    assert (applied.rate, applied.value) == (Fraction(1, 2), Fraction(28, 15))
    weighted = weighted_points("start", merged.points, applied)
    assert weighted is not None
    assert decimal_text(weighted, 2) == "186.67"
    apart = [
        weighted_points("start", part.points, coefficient("start", "2025-2026", part, table=TABLE)) for part in (a, b)
    ]
    assert decimal_text(sum((part for part in apart if part is not None), Fraction(0)), 2) == "126.67"


@pytest.mark.parametrize("kind", STUDENT_KINDS)
def test_students_have_no_rate_when_nobody_answered(kind: SurveyKind) -> None:
    for nobody in (students(10, 0), NO_TOTALS):
        assert correction_rate(kind, nobody) is None
        applied = coefficient(kind, "2025-2026", nobody, table=TABLE)
        assert applied is None
        assert weighted_points(kind, Fraction(0), applied) is None


def test_instructors_rate_is_by_days_and_zero_when_nobody_answered() -> None:
    assert correction_rate("workplace_instructor", employers(30, 10)) == Fraction(1, 3)
    assert correction_rate("workplace_instructor", employers(30, 0)) == 0
    assert correction_rate("workplace_instructor", employers(0, 0)) is None
    at_zero = coefficient("workplace_instructor", "2025-2026", employers(30, 0), table=TABLE)
    assert at_zero is not None
    assert at_zero.value == Fraction(43, 15)


def test_the_workplace_survey_has_no_correction() -> None:
    applied = coefficient("workplace", "2025-2026", employers(30, 10), table=TABLE)
    assert applied is None
    assert weighted_points("workplace", Fraction(1215, 4), applied) == Fraction(1215, 4)


def test_a_table_that_begins_too_late_is_an_error() -> None:
    with pytest.raises(LookupError, match="2017-2018"):
        coefficient("start", "2017-2018", students(1, 1), table=TABLE)


# By hand from the table of §7: r at every boundary of any rule and a thousandth beside it, then c by the rule from
# 2018-2019, from 2019-2020 and from 2024-2025 on.
BOUNDARIES = [
    ("0", "1", "857/350", "43/15"),
    ("0.001", "1.00093671875", "857/350", "4297/1500"),
    ("0.199", "1.15562421875", "857/350", "3703/1500"),
    ("0.2", "1.15625", "857/350", "37/15"),
    ("0.201", "1.15687421875", "428143/175000", "3697/1500"),
    ("0.599", "1.28124921875", "286057/175000", "2503/1500"),
    ("0.6", "1.28125", "2857/1750", "5/3"),
    ("0.601", "1.28124921875", "285343/175000", "1000/601"),
    ("0.699", "1.27359296875", "250357/175000", "1000/699"),
    ("0.7", "1.2734375", "10/7", "10/7"),
    ("0.701", "1.27328046875", "1000/701", "1000/701"),
    ("0.799", "1.25031171875", "1000/799", "1000/799"),
    ("0.8", "5/4", "5/4", "5/4"),
    ("0.801", "1000/801", "1000/801", "1000/801"),
    ("0.999", "1000/999", "1000/999", "1000/999"),
    ("1", "1", "1", "1"),
]


@pytest.mark.parametrize(
    ("rule", "periods"),
    [
        (1, ("2018-2019",)),
        (2, ("2019-2020", "2020-2021", "2021-2022", "2022-2023", "2023-2024")),
        (3, ("2024-2025", "2025-2026", "2026-2027", "2040-2041")),
    ],
)
def test_at_every_boundary_and_just_beside_it_the_value_is_the_one_worked_out_by_hand(
    rule: int, periods: tuple[str, ...]
) -> None:
    expected = {Fraction(row[0]): Fraction(row[rule]) for row in BOUNDARIES}
    for period in periods:
        by_days = {}
        for rate in expected:
            applied = coefficient(
                "workplace_instructor", period, employers(rate.denominator, rate.numerator), table=TABLE
            )
            assert applied is not None
            by_days[rate] = applied.value
        assert by_days == expected
        # By heads the same; there a rate of 0 is none.
        assert {rate: c_of(period, rate) for rate in expected if rate} == {r: c for r, c in expected.items() if r}


@pytest.mark.parametrize(
    ("period", "border", "below", "at", "above"),
    [
        ("2018-2019", "0.8", "quadratic", "reciprocal", "reciprocal"),
        ("2019-2020", "0.7", "linear", "reciprocal", "reciprocal"),
        ("2019-2020", "0.2", "constant", "constant", "linear"),
        ("2023-2024", "0.7", "linear", "reciprocal", "reciprocal"),
        ("2023-2024", "0.2", "constant", "constant", "linear"),
        ("2024-2025", "0.6", "linear", "reciprocal", "reciprocal"),
    ],
)
def test_a_boundary_belongs_to_the_branch_that_says_so_however_near_the_rate_is(
    period: str, border: str, below: str, at: str, above: str
) -> None:
    # Nearer than any binary float could tell apart from the boundary.
    step = Fraction(1, 10**30)
    branches = []
    for rate in (Fraction(border) - step, Fraction(border), Fraction(border) + step):
        applied = coefficient("start", period, students(rate.denominator, rate.numerator), table=TABLE)
        assert applied is not None
        branches.append(applied.branch)
    assert branches == [below, at, above]
