"""Shares, weights and the transition (national model §7)."""

from fractions import Fraction

import pytest

from schemas.national.model import load_models
from schemas.national.parameters import Transition
from schemas.national.rules.funding import (
    COMPONENT_OF,
    Component,
    TransitionError,
    funded_points,
    funded_providers,
    shares,
    transition_shares,
    whole_share,
)
from schemas.national.surveys import SURVEY_KINDS

RULES = load_models().newest.rules


def transition(year: int) -> Transition:
    return next(row for row in RULES.transitions if row.funding_year == year)


def exact(values: dict[str, str]) -> dict[str, Fraction]:
    return {key: Fraction(value) for key, value in values.items()}


def test_every_survey_kind_has_a_component() -> None:
    assert set(COMPONENT_OF) == set(SURVEY_KINDS)
    assert len(set(COMPONENT_OF.values())) == 4


def test_whole_qualifications_count_threefold_and_others_once() -> None:
    factors = RULES.completion_factors_of("2024-2025")
    points = {kind: funded_points(kind, Fraction(10), factors=factors) for kind in SURVEY_KINDS}
    assert points == {
        "start": 10,
        "completion_whole": 30,
        "completion_parts": 10,
        "workplace_instructor": 10,
        "workplace": 10,
    }
    assert funded_points("completion_whole", None, factors=factors) is None


def test_shares_are_parts_of_the_nations_points_and_nulls_stay_null() -> None:
    assert shares({"A": Fraction(30), "B": Fraction(10), "C": None}) == {
        "A": Fraction(3, 4),
        "B": Fraction(1, 4),
        "C": None,
    }
    assert shares({"A": Fraction(0), "B": None}) == {"A": None, "B": None}


def test_who_is_funded_is_said_by_the_table_or_everybody_is() -> None:
    assert funded_providers({}, 2027) is None
    assert funded_providers({"A": None, "B": None}, 2027) is None
    assert funded_providers({"A": [2026, 2027], "B": [2026], "C": [], "D": None}, 2027) == {"A"}
    # A table that names only other years says nothing about this one.
    assert funded_providers({"A": [2026], "B": []}, 2027) is None


def test_the_whole_share_weighs_the_components_of_its_year() -> None:
    weights = next(row for row in RULES.component_weights if row.funding_year == 2026)
    found: dict[Component, Fraction | None] = {
        "start": Fraction(1, 2),
        "completion": Fraction(1, 4),
        "workplace": None,
        "workplace_instructor": Fraction(1, 5),
    }
    # The weights are 1 : 3 : 1 : 3.
    assert whole_share(found, weights) == (Fraction(1, 2) + Fraction(3, 4) + Fraction(3, 5)) / 8


def test_the_bounds_of_the_three_years_are_those_of_the_rule() -> None:
    assert [(row.funding_year, row.floor, row.cap) for row in RULES.transitions] == [
        (2026, Fraction(95, 100), Fraction(11, 10)),
        (2027, Fraction(93, 100), Fraction(11, 10)),
        (2028, Fraction(90, 100), Fraction(11, 10)),
    ]


def test_shares_are_bounded_against_the_year_before() -> None:
    before = exact({"A": "0.5", "B": "0.3", "C": "0.2"})
    computed = exact({"A": "0.70", "B": "0.29", "C": "0.01"})
    found = transition_shares(computed, before, transition(2026))
    assert found.shares == exact({"A": "0.525", "B": "0.285", "C": "0.19"})
    # A provider at neither bound would have 0.525 / 0.70 = 0.75 times its share: B's floor and C's are both above it.
    assert found.factor == Fraction("0.75")


def test_a_provider_without_a_share_before_is_not_bounded() -> None:
    before = exact({"A": "0.5", "B": "0.5"})
    computed = exact({"A": "0.45", "B": "0.45", "N": "0.1"})
    found = transition_shares(computed, before, transition(2028)).shares
    assert found == exact({"A": "0.45", "B": "0.45", "N": "0.1"})


def test_a_provider_without_points_keeps_its_floor() -> None:
    found = transition_shares(exact({"A": "1"}), exact({"A": "0.5", "B": "0.5"}), transition(2026)).shares
    assert found == exact({"A": "0.525", "B": "0.475"})


def test_floors_above_the_whole_are_named() -> None:
    with pytest.raises(TransitionError, match="the floor alone brings them to 19/16") as refused:
        transition_shares(exact({"A": "1"}), exact({"A": "1.25"}), transition(2026))
    assert refused.value.bound == "floor"


def test_caps_below_the_whole_are_named() -> None:
    with pytest.raises(TransitionError, match="the cap alone brings them to 11/20") as refused:
        transition_shares(exact({"A": "1"}), exact({"A": "0.5"}), transition(2026))
    assert refused.value.bound == "cap"
