"""Figures worked by hand from the national model's §7."""

from fractions import Fraction

from schemas.national.model import SurveyKind, load_models
from schemas.national.rules.figures import Totals
from services.reporting.figures import Group, Part, coefficients, count_table, figure_table
from services.reporting.table import Cell

RULES = load_models().newest.rules
A, B = "A", "B"
PERIOD = "2025-2026"


def part(provider: str, *counts: int, points: int = 0, copied: bool = False) -> Part:
    targets, respondents, target_days, respondent_days = (*counts, 0, 0)[:4]
    return Part(provider, copied, Totals(targets, respondents, target_days, respondent_days, Fraction(points)))


def group(*parts: Part) -> Group:
    return Group(("", "", "", "", ""), parts)


def figures(kind: SurveyKind, asked: Group, *whole: Group) -> dict[str, Cell]:
    table = figure_table(kind, (), [asked], coefficients(kind, PERIOD, whole, RULES), period=PERIOD, rules=RULES)
    (row,) = table.rows
    return dict(zip(table.columns, row, strict=True))


def counts(kind: SurveyKind, *parts: Part) -> dict[str, Cell]:
    table = count_table(kind, (), [group(*parts)], period=PERIOD, rules=RULES)
    (row,) = table.rows
    return dict(zip(table.columns, row, strict=True))


def test_students_points_are_weighted_by_the_coefficient_of_the_whole_period() -> None:
    # r = 1/2 over the period, so that c = 1/0.6 + 2 · 0.1 = 28/15; this group alone would have r = 1.
    row = figures("start", group(part(A, 3, 3, points=45)), group(part(A, 10, 5, points=90)))
    assert row == {
        "targets": 3, "targets_shown": None, "respondents": 3, "respondents_shown": None,
        "target_days": None, "respondent_days": None,
        "response_rate": "1.000000000000000000", "response_rate_days": None, "points": "45.0000",
        "coefficient": "1.866666666666666667", "weighted_points": "84.000000000000000000",
    }  # fmt: skip


def test_a_row_over_several_providers_sums_its_parts_weighted_points() -> None:
    # §5: A with 9 of 10 and 90 points, B with 1 of 10 and 10 points: 90 · 10/9 + 10 · (1/0.6 + 2 · 0.5) = 126.67.
    parts = part(A, 10, 9, points=90), part(B, 10, 1, points=10)
    row = figures("start", group(*parts), *(group(one) for one in parts))
    assert (row["coefficient"], row["weighted_points"]) == (None, "126.666666666666666667")


def test_nobody_answering_gives_a_rate_of_zero_but_no_coefficient() -> None:
    nobody = group(part(A, 4, 0))
    row = figures("start", nobody, nobody)
    assert (row["response_rate"], row["coefficient"], row["weighted_points"]) == ("0.000000000000000000", None, None)


def test_a_null_counts_as_zero_beside_another_providers_weighted_points() -> None:
    parts = part(A, 4, 0), part(B, 10, 10, points=7)
    row = figures("start", group(*parts), *(group(one) for one in parts))
    assert row["weighted_points"] == "7.000000000000000000"


def test_instructors_are_weighted_by_days_with_fourteen_decimals() -> None:
    # r = 10/30 by days, so that c = 1/0.6 + 2 · (0.6 - 1/3) = 11/5.
    instructors = group(part(A, 2, 1, 30, 10, points=40))
    row = figures("workplace_instructor", instructors, instructors)
    assert (row["target_days"], row["respondent_days"]) == (30, 10)
    assert (row["response_rate"], row["response_rate_days"]) == ("0.500000000000000000", "0.33333333333333")
    assert (row["coefficient"], row["weighted_points"]) == ("2.20000000000000", "88.000000000000000000")


def test_entrepreneurs_add_their_heads_and_days_and_nine_eighths_of_their_points() -> None:
    row = figures("workplace", group(part(A, 1, 0, 5, 0), part(A, 1, 1, 20, 20, points=100, copied=True)))
    assert (row["targets"], row["respondents"], row["target_days"], row["respondent_days"]) == (2, 1, 25, 20)
    assert (row["points"], row["coefficient"]) == ("112.5000", None)
    assert row["weighted_points"] == "112.500000000000000000"


def test_without_target_days_the_rate_by_days_is_null() -> None:
    row = figures("workplace", group(part(A, 1, 1, 0, 0)))
    assert (row["response_rate"], row["response_rate_days"]) == ("1.000000000000000000", None)


def test_a_provider_sees_counts_and_rates_and_nothing_else() -> None:
    row = counts("workplace", part(A, 10, 5, 100, 60, points=400))
    assert {name: value for name, value in row.items() if value is not None} == {
        "targets": 10,
        "respondents": 5,
        "response_rate": "0.500000000000000000",
        "response_rate_days": "0.60000000000000",
    }


def test_a_count_from_one_to_four_is_a_mark_and_hides_the_rates() -> None:
    row = counts("workplace", part(A, 10, 4, 100, 60))
    assert {name: value for name, value in row.items() if value is not None} == {
        "targets": 10,
        "respondents_shown": "1-4",
    }
    row = counts("start", part(A, 4, 4))
    assert (row["targets"], row["targets_shown"], row["respondents"], row["respondents_shown"]) == (
        None, "1-4", None, "1-4",
    )  # fmt: skip


def test_nobody_is_no_small_group() -> None:
    row = counts("start", part(A, 5, 0))
    assert (row["respondents"], row["respondents_shown"], row["response_rate"]) == (0, None, "0.000000000000000000")


def test_small_parts_are_hidden_by_their_sum_alone() -> None:
    row = counts("workplace", part(A, 3, 3, 30, 30), part(A, 2, 2, 10, 10, copied=True))
    assert (row["targets"], row["respondents"]) == (5, 5)


def test_rows_carry_the_keys_asked_for_and_null_for_a_missing_one() -> None:
    asked = Group((A, "", "", "site", ""), (part(A, 5, 5),))
    table = figure_table("start", ("provider", "institution", "site"), [asked], {A: None}, period=PERIOD, rules=RULES)
    assert table.columns[:4] == ("provider", "institution", "site", "targets")
    assert table.rows[0][:4] == (A, None, "site", 5)
