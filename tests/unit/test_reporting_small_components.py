"""Which components a provider doesn't see of its own funding: none that tells of a few people (national model §8)."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from builders.states import MODELS

from schemas.national.rules.figures import Totals
from schemas.national.rules.funding import Component
from services.reporting.difference import Frozen, Sum
from services.reporting.edition_funding import small_components

A, B = (f"1.2.246.562.10.1000000000{number}" for number in (1, 2))
AUGUST, SEPTEMBER = date(2025, 8, 1), date(2025, 9, 1)
RULES = MODELS.newest.rules


def part(respondents: int, **more: Any) -> Sum:
    fields = {"of_set": "actual", "provider": A, "month": AUGUST, "kind": "start", "copied": False} | more
    return Sum(**fields, totals=Totals(9, respondents, 0, 0, Fraction(30)))


@pytest.mark.parametrize(
    ("sums", "successors", "small"),
    [
        ([part(8), part(0, month=SEPTEMBER)], {}, set()),
        ([part(8), part(4, month=SEPTEMBER)], {}, {(A, "start")}),
        ([part(8), part(1, of_set="estimate", month=SEPTEMBER)], {}, {(A, "start")}),
        # Points and weighted points of a component are two sums over its kinds: a small one could be solved for.
        ([part(8, kind="completion_whole"), part(2, kind="completion_parts")], {}, {(A, "completion")}),
        ([part(8, kind="workplace"), part(2, kind="workplace", copied=True)], {}, {(A, "workplace")}),
        ([part(3), part(3, provider=B)], {}, {(A, "start"), (B, "start")}),
        ([part(3), part(3, provider=B)], {B: A}, set()),
    ],
)
def test_a_small_part_of_any_month_and_set_withholds_its_component(
    sums: list[Sum], successors: dict[str, str], small: set[tuple[str, Component]]
) -> None:
    assert small_components(Frozen("2025-2026", tuple(sums), successors, RULES), RULES.thresholds) == small
