"""A new year's rules are a new file, not new code (national model §9)."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from builders.model_versions import NUMBER, with_new_version
from builders.states import background, response, state

from schemas.national.model import ModelDataError, NationalModels, load_models
from schemas.national.parameters import Rules
from schemas.national.rules.funding import transition_shares, whole_share
from schemas.national.rules.lag import is_out
from schemas.national.rules.periods import months_of
from schemas.national.surveys import SurveyKind
from services.aggregator.contribution import Rulebook, contribution
from services.editions.plan import Plan, plan
from services.reporting.difference import Frozen, Sum
from services.reporting.figures import Group, Part, Totals, coefficients, figure_table
from services.reporting.funding import Sums, component_rows, estimate_months


def rules_of_2026(rules: dict[str, Any]) -> None:
    rules["coefficients"].append(
        {
            "from_period": "2026-2027",
            "pieces": [{"branch": "reciprocal", "at_least": "1/2"}, {"branch": "constant", "polynomial": ["7/3"]}],
        }
    )
    rules["component_weights"].append(
        {"funding_year": 2027, "start": "0.01", "completion": "0.02", "workplace": "0", "workplace_instructor": "0.01"}
    )
    rules["transitions"].append({"funding_year": 2029, "floor": "0.50", "cap": "1.50"})
    rules["attribution"]["valid_from_until"] = "2026-06-30"
    rules["entrepreneur_factor"] = [
        {"from_period": "2018-2019", "factor": "9/8"}, {"from_period": "2026-2027", "factor": "5/4"},
    ]  # fmt: skip
    lag = rules["publication_lag"]
    rules["publication_lag"] = [
        {"from_period": "2018-2019", **lag}, {"from_period": "2026-2027", **lag, "months": 2},
    ]  # fmt: skip
    rules["completion_factors"] = [
        {"from_period": "2018-2019", "completion_whole": 3, "completion_parts": 1},
        {"from_period": "2026-2027", "completion_whole": 4, "completion_parts": 2},
    ]


@pytest.fixture
def models(tmp_path: Path) -> NationalModels:
    return with_new_version(tmp_path, rules_of_2026)


def figures(kind: SurveyKind, period: str, part: Part, rules: Rules) -> dict[str, Any]:
    groups = [Group(("A", "", "", "", ""), (part,))]
    table = figure_table(
        kind, ("provider",), groups, coefficients(kind, period, groups, rules), period=period, rules=rules
    )
    return dict(zip(table.columns, table.rows[0], strict=True))


def test_the_coefficient_of_the_new_period_is_used_and_older_periods_keep_theirs(models: NationalModels) -> None:
    part = Part("A", copied=False, totals=Totals(10, 4, 0, 0, Fraction(30)))
    rules = models.newest.rules
    new = figures("start", "2026-2027", part, rules)
    assert (new["coefficient"], new["weighted_points"]) == ("2.333333333333333333", "70.000000000000000000")
    assert figures("start", "2027-2028", part, rules) == new
    assert figures("start", "2025-2026", part, rules)["coefficient"] == "2.066666666666666667"
    before = load_models().newest.rules
    assert figures("start", "2026-2027", part, before)["coefficient"] == "2.066666666666666667"


def test_the_entrepreneurs_factor_is_the_files(models: NationalModels) -> None:
    part = Part("A", copied=True, totals=Totals(1, 1, 8, 8, Fraction(16)))
    assert figures("workplace", "2026-2027", part, models.newest.rules)["points"] == "20.0000"
    assert figures("workplace", "2025-2026", part, models.newest.rules)["points"] == "18.0000"
    assert figures("workplace", "2026-2027", part, load_models().newest.rules)["points"] == "18.0000"


def test_the_funding_view_of_an_old_period_keeps_its_factors(models: NationalModels) -> None:
    sums = [
        Sums("A", None, "completion_whole", False, Totals(1, 1, 0, 0, Fraction(10))),
        Sums("A", None, "completion_parts", False, Totals(1, 1, 0, 0, Fraction(5))),
        Sums("A", None, "workplace", True, Totals(1, 1, 8, 8, Fraction(16))),
    ]
    for period, completion, workplace in (("2025-2026", 35, 18), ("2026-2027", 50, 20)):
        rows = component_rows(sums, period=period, successors={}, funded=None, rules=models.newest.rules)
        assert [row.weighted_points for row in rows] == [completion, workplace]


def test_an_edition_of_an_old_period_keeps_its_factor_and_its_lag(models: NationalModels) -> None:
    rules = models.newest.rules
    for period, year, out in (("2025-2026", 2025, 2), ("2026-2027", 2026, 3)):
        planned = plan(period, date(year, 11, 30), today=date(2027, 1, 1), rules=rules)
        assert isinstance(planned, Plan)
        assert len([taken for taken in planned.months if taken.kind == "start"]) == out
    sums = (Sum("actual", "A", date(2025, 8, 1), "workplace", True, Totals(1, 1, 8, 8, Fraction(16))),)
    for period, points in (("2025-2026", 18), ("2026-2027", 20)):
        (cell,) = Frozen(period, sums, {}, rules).by_provider().values()
        assert cell.points == points


def test_a_version_with_single_values_holds_from_the_first_period_on(models: NationalModels) -> None:
    released = load_models().newest.rules
    assert [row.from_period for row in released.publication_lag] == ["2018-2019"]
    assert (
        released.entrepreneur_factor_of("2018-2019") == released.entrepreneur_factor_of("2030-2031") == Fraction(9, 8)
    )
    for rules in (released, models.newest.rules):
        assert Rules.model_validate_json(rules.model_dump_json()) == rules


@pytest.mark.parametrize("table", ["entrepreneur_factor", "completion_factors", "publication_lag"])
def test_a_table_begins_with_the_first_period_and_rises(tmp_path: Path, table: str) -> None:
    def first_row_left_out(rules: dict[str, Any]) -> None:
        rules_of_2026(rules)
        del rules[table][0]

    with pytest.raises(ModelDataError, match=f"{table}.0.from_period: begin the table with 2018-2019"):
        with_new_version(tmp_path / "late", first_row_left_out)

    def turned(rules: dict[str, Any]) -> None:
        rules_of_2026(rules)
        rules[table].reverse()

    with pytest.raises(ModelDataError, match=f"{table}: list every period or year once, in rising order"):
        with_new_version(tmp_path / "turned", turned)


def test_weights_and_transition_of_the_new_years_are_used(models: NationalModels) -> None:
    rules = models.newest.rules
    (weights,) = [row for row in rules.component_weights if row.funding_year == 2027]
    assert whole_share({"start": Fraction(1), "completion": Fraction(1, 2)}, weights) == Fraction(1, 2)
    (transition,) = [row for row in rules.transitions if row.funding_year == 2029]
    half = Fraction(1, 2)
    assert transition_shares({"A": Fraction(1), "B": Fraction(0)}, {"A": half, "B": half}, transition).shares == {
        "A": Fraction(3, 4),
        "B": Fraction(1, 4),
    }


def test_the_lag_is_the_files(models: NationalModels) -> None:
    day = date(2026, 11, 1)
    lags = [version.rules.publication_lag_of("2026-2027") for version in (load_models().newest, models.newest)]
    assert [is_out("start", date(2026, 9, 1), published=day, lag=lag) for lag in lags] == [False, True]
    months = months_of("2026-2027")
    estimate = estimate_months("start", months, published=date(2027, 5, 1), rules=models.newest.rules)
    assert date(2027, 3, 1) in estimate
    older = estimate_months("start", months_of("2025-2026"), published=date(2026, 5, 1), rules=models.newest.rules)
    assert date(2026, 3, 1) not in older


def test_the_aggregator_counts_by_the_new_file(models: NationalModels) -> None:
    moved = state(background(valid_from=date(2025, 9, 1)), response("2025-09-04T15:00:00Z", start_01=4))
    contributions = [contribution(moved, Rulebook(known)) for known in (load_models(), models)]
    assert [one.month for one in contributions] == [date(2025, 8, 1), date(2025, 9, 1)]
    assert Rulebook(models).number == NUMBER
