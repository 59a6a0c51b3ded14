"""A new year's rules are a new file, not new code (national model §9)."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from builders.model_versions import NUMBER, with_new_version
from builders.states import background, response, state

from schemas.national.model import NationalModels, load_models
from schemas.national.parameters import Rules
from schemas.national.rules.funding import transition_shares, whole_share
from schemas.national.rules.lag import is_out
from schemas.national.surveys import SurveyKind
from services.aggregator.contribution import Rulebook, contribution
from services.reporting.figures import Group, Part, Totals, coefficients, figure_table


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
    rules["entrepreneur_factor"] = "5/4"
    rules["publication_lag"]["months"] = 2


@pytest.fixture
def models(tmp_path: Path) -> NationalModels:
    return with_new_version(tmp_path, rules_of_2026)


def figures(kind: SurveyKind, period: str, part: Part, rules: Rules) -> dict[str, Any]:
    groups = [Group(("A", "", "", "", ""), (part,))]
    table = figure_table(kind, ("provider",), groups, coefficients(kind, period, groups, rules), rules)
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
    assert figures("workplace", "2026-2027", part, load_models().newest.rules)["points"] == "18.0000"


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
    lags = [version.rules.publication_lag for version in (load_models().newest, models.newest)]
    assert [is_out("start", date(2026, 9, 1), published=day, lag=lag) for lag in lags] == [False, True]


def test_the_aggregator_counts_by_the_new_file(models: NationalModels) -> None:
    moved = state(background(valid_from=date(2025, 9, 1)), response("2025-09-04T15:00:00Z", start_01=4))
    contributions = [contribution(moved, Rulebook(known)) for known in (load_models(), models)]
    assert [one.month for one in contributions] == [date(2025, 8, 1), date(2025, 9, 1)]
    assert Rulebook(models).number == NUMBER
