"""The funding view by hand: structure first, rates of the period, shares, the whole and its bounds (§7)."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from builders.states import MODELS

from schemas.national.rules.figures import Totals
from schemas.national.rules.funding import Component
from schemas.national.surveys import SurveyKind
from services.reporting.funding import (
    ComponentRow,
    FundingSet,
    Inputs,
    NoCommonFactor,
    Sums,
    Whole,
    component_rows,
    estimate_months,
    funding_set,
    inputs_of,
    whole_shares,
)
from services.reporting.funding_query import FundingQuery, funding_query
from services.reporting.funding_table import COLUMNS, WITHHELD, funding_table, lines
from services.reporting.parameters import BadQuery

A, B, C = (f"1.2.246.562.10.1000000000{number}" for number in (1, 2, 3))
RULES = MODELS.newest.rules
PERIOD = "2024-2025"
AUGUST, SEPTEMBER = date(2024, 8, 1), date(2024, 9, 1)
COMPONENTS: tuple[Component, ...] = ("start", "completion", "workplace", "workplace_instructor")


def students(provider: str, targets: int, respondents: int, points: int, **more: Any) -> Sums:
    kind: SurveyKind = more.get("kind", "start")
    return Sums(provider, more.get("month"), kind, False, Totals(targets, respondents, 0, 0, Fraction(points)))


def employers(provider: str, kind: SurveyKind, days: int, answered: int, points: int, *, copied: bool = False) -> Sums:
    return Sums(provider, None, kind, copied, Totals(1, int(answered > 0), days, answered, Fraction(points)))


def rows_of(
    *sums: Sums, successors: dict[str, str] | None = None, funded: frozenset[str] | None = None
) -> dict[tuple[Any, ...], ComponentRow]:
    found = component_rows(sums, period=PERIOD, successors=successors or {}, funded=funded, rules=RULES)
    return {
        (row.provider, row.component, row.month) if row.month else (row.provider, row.component): row for row in found
    }


def share_rows(shares: dict[str, str]) -> list[ComponentRow]:
    """Rows in which every component's share of a provider is the same, and so its whole share."""
    totals = Totals(10, 10, 10, 10, Fraction(1))
    return [
        ComponentRow(provider, None, component, totals, Fraction(1), Fraction(share))
        for provider, share in shares.items()
        for component in COMPONENTS
    ]


def inputs(year: int = 2026, **more: Any) -> Inputs:
    return inputs_of(year, **{"funded_years": {}, "before": {}, "successors": {}, "rules": RULES, **more})


def test_providers_are_merged_before_anything_is_computed() -> None:
    sums = (students(A, 10, 9, 90), students(B, 10, 1, 10))
    (merged,) = rows_of(*sums, successors={B: A}).values()
    # r = 1/2, c = 5/3 + 2 (3/5 - 1/2) = 28/15.
    assert merged.weighted_points == 100 * Fraction(28, 15)
    assert merged.share == 1
    apart = rows_of(*sums)
    assert apart[A, "start"].weighted_points == 100
    assert apart[B, "start"].weighted_points == 10 * (Fraction(5, 3) + 2 * Fraction(1, 2))


def test_a_month_has_the_coefficient_of_the_period_and_its_part_of_the_share() -> None:
    found = rows_of(
        students(A, 4, 4, 20, month=AUGUST), students(A, 6, 1, 5, month=SEPTEMBER), students(B, 1, 1, 50, month=AUGUST)
    )
    assert found[A, "start", AUGUST].weighted_points == 20 * Fraction(28, 15)
    assert found[A, "start", SEPTEMBER].weighted_points == 5 * Fraction(28, 15)
    nation = 25 * Fraction(28, 15) + 50
    assert found[A, "start", SEPTEMBER].share == 5 * Fraction(28, 15) / nation
    assert sum(row.share or 0 for row in found.values()) == 1


def test_whole_qualifications_weigh_threefold_on_weighted_points_only() -> None:
    found = rows_of(
        students(A, 4, 4, 20, kind="completion_whole"),
        students(A, 2, 1, 4, kind="completion_parts"),
        students(B, 3, 3, 10, kind="completion_parts"),
    )
    row = found[A, "completion"]
    assert row.totals.points == 24
    assert row.weighted_points == 3 * 20 + 4 * Fraction(28, 15)
    assert row.share == row.weighted_points / (row.weighted_points + 10)


def test_entrepreneurs_requests_add_nine_eighths_to_the_workplace_survey() -> None:
    found = rows_of(
        employers(A, "workplace", 10, 10, 90), employers(A, "workplace", 5, 5, 9, copied=True),
        employers(A, "workplace_instructor", 5, 5, 9),
    )  # fmt: skip
    workplace = found[A, "workplace"]
    assert workplace.weighted_points == workplace.totals.points == 90 + Fraction(81, 8)
    assert found[A, "workplace_instructor"].totals.points == 9


def test_an_employers_row_without_target_days_is_left_out_and_a_students_row_never() -> None:
    found = rows_of(
        employers(A, "workplace_instructor", 0, 0, 0), employers(A, "workplace", 0, 0, 0), students(A, 2, 0, 0)
    )
    assert set(found) == {(A, "start")}


def test_a_null_counts_as_nothing_beside_others_and_is_null_alone() -> None:
    found = rows_of(
        students(A, 5, 0, 0, kind="completion_whole"),
        students(A, 1, 1, 5, kind="completion_parts"),
        students(B, 5, 0, 0, kind="completion_whole"),
        students(B, 5, 0, 0, kind="completion_parts"),
        employers(A, "workplace_instructor", 10, 0, 0),
    )
    assert (found[A, "completion"].weighted_points, found[A, "completion"].share) == (5, 1)
    assert (found[B, "completion"].weighted_points, found[B, "completion"].share) == (None, None)
    # With target days and nobody's answer r is 0 and c is not null, so nothing is weighted; there is nothing to share.
    assert found[A, "workplace_instructor"].weighted_points == 0
    assert found[A, "workplace_instructor"].share is None


def test_who_is_not_funded_has_points_and_no_share_and_is_not_in_the_nations_sum() -> None:
    found = rows_of(students(A, 1, 1, 30), students(B, 1, 1, 10), students(C, 1, 1, 60), funded=frozenset({A, B}))
    assert [found[provider, "start"].share for provider in (A, B, C)] == [Fraction(3, 4), Fraction(1, 4), None]
    assert found[C, "start"].weighted_points == 60


def test_the_whole_share_is_bounded_against_the_year_before() -> None:
    before = {A: Fraction(1, 2), B: Fraction(3, 10), C: Fraction(1, 5)}
    found = whole_shares(share_rows({A: "0.70", B: "0.29", C: "0.01"}), inputs(before=before), of_set="actual")
    assert isinstance(found, list)
    assert [whole.share for whole in found] == [Fraction("0.70"), Fraction("0.29"), Fraction("0.01")]
    bounds = [whole.bounds for whole in found if whole.bounds]
    assert [bound.share for bound in bounds] == [Fraction("0.525"), Fraction("0.285"), Fraction("0.19")]
    assert {bound.factor for bound in bounds} == {Fraction("0.75")}
    assert (bounds[2].before, bounds[2].floor, bounds[2].cap) == (Fraction("0.2"), Fraction("0.19"), Fraction("0.22"))


def test_a_component_that_nobody_has_counts_as_nothing_in_the_whole() -> None:
    rows = [row for row in share_rows({A: "0.5"}) if row.component == "completion"]
    assert whole_shares(rows, inputs(), of_set="actual") == [Whole(A, Fraction(3, 16), None)]


def test_without_weights_of_the_year_there_is_no_whole() -> None:
    assert whole_shares(share_rows({A: "1"}), inputs(2019), of_set="actual") == []


def test_shares_of_the_year_before_are_mapped_to_the_structure_and_to_who_is_funded() -> None:
    before = {A: Fraction(1, 2), B: Fraction(3, 10), C: Fraction(1, 5)}
    assert inputs(before=before, successors={B: A}).before == {A: Fraction(4, 5), C: Fraction(1, 5)}
    funded = {A: [2026], B: [2026], C: []}
    assert inputs(before=before, funded_years=funded).before == {A: Fraction(1, 2), B: Fraction(3, 10)}
    assert inputs(before=before, funded_years={A: None}).funded is None


def test_a_transition_that_cannot_be_is_told_with_the_bound_in_the_way() -> None:
    found = whole_shares(share_rows({A: "1"}), inputs(before={A: Fraction(1, 2)}), of_set="estimate")
    assert isinstance(found, NoCommonFactor)
    assert (found.of_set, found.bound) == ("estimate", "cap")


def test_an_estimate_takes_months_that_are_out_and_else_those_of_the_year_before() -> None:
    months = tuple(date(2024 + month // 13, (month - 1) % 12 + 1, 1) for month in range(7, 19))
    as_of = date(2025, 3, 15)
    others = estimate_months("start", months, published=as_of, rules=RULES)
    assert list(others) == [
        *(date(2024, month, 1) for month in range(7, 13)),
        *(date(2024, month, 1) for month in range(1, 7)),
    ]
    assert tuple(others.values()) == months
    before_march = estimate_months("workplace", months, published=date(2025, 2, 28), rules=RULES)
    assert list(before_march)[:6] == [date(2023, month, 1) for month in range(7, 13)]
    assert list(estimate_months("workplace", months, published=as_of, rules=RULES)) == list(others)


def of_set(*sums: Sums, **more: Any) -> FundingSet:
    found = funding_set("actual", sums, period=PERIOD, successors={}, inputs=inputs(**more), rules=RULES)
    assert isinstance(found, FundingSet)
    return found


def test_the_table_writes_exact_numbers_once() -> None:
    one = of_set(students(A, 10, 5, 100), students(B, 1, 1, 10), funded_years={A: [2026], B: []})
    table = funding_table(lines([one], frozenset({A, B}), ()), by_month=False, funded=frozenset({A}))
    assert table.columns == ("provider", *COLUMNS)
    nothing = (None,) * 5
    assert table.rows == [
        (
            A, "actual", "start", 1, "100.0000", None, "186.666666666666666667", "1.000000000000000000", *nothing,
        ),
        (A, "actual", "whole", 1, None, None, None, "0.125000000000000000", *nothing),
        (B, "actual", "start", 0, "10.0000", None, "10.000000000000000000", None, *nothing),
    ]  # fmt: skip


def test_what_is_withheld_is_withheld_in_all_months_and_with_it_the_whole() -> None:
    one = of_set(
        students(A, 9, 8, 30, month=AUGUST), students(A, 9, 4, 30, month=SEPTEMBER),
        students(A, 9, 8, 30, month=AUGUST, kind="completion_parts"), students(B, 9, 8, 30, month=AUGUST),
    )  # fmt: skip
    small: frozenset[tuple[str, Component]] = frozenset({(A, "start")})
    withheld = [line.key[0::2] for line in lines([one], None, small) if line.withheld]
    assert withheld == [(A, "start"), (A, "start"), (A, "whole")]
    assert not any(line.withheld for line in lines([one], None, ()))
    table = funding_table(lines([one], frozenset({A}), small), by_month=True, funded=None)
    assert table.rows[1] == (A, "2024-08", "actual", "start", None, None, WITHHELD, *(None,) * 7)
    assert table.rows[0][5:7] == ("30.0000", None)


def test_a_query_is_read_or_refused_as_a_whole() -> None:
    found = funding_query([("year", "2027"), ("by", "month"), ("provider", A)], first_period="2018-2019")
    assert found == FundingQuery(2027, True, frozenset({A}), ("actual", "estimate"), None, 1_000)
    assert found.period == "2025-2026"


@pytest.mark.parametrize(
    ("pairs", "wrong"),
    [
        ([], "year"),
        ([("year", "2019")], "year"),
        ([("year", "20270")], "year"),
        ([("year", "２０２７")], "year"),
        ([("year", "2027"), ("by", "provider")], "by"),
        ([("year", "2027"), ("set", "both")], "set"),
        ([("year", "2027"), ("provider", "x")], "provider"),
    ],
)
def test_what_is_wrong_is_named(pairs: list[tuple[str, str]], wrong: str) -> None:
    found = funding_query(pairs, first_period="2018-2019")
    assert isinstance(found, BadQuery)
    assert [problem.parameter for problem in found.problems] == [wrong]
