"""Which months an edition holds, by the lag of the national rules, and what coefficients come from."""

from datetime import date
from fractions import Fraction

import pytest
from builders.states import MODELS

from schemas.national.parameters import EntrepreneurFactor, Rules
from schemas.national.rules.figures import Totals
from schemas.national.rules.structure import Merger
from services.editions.contents import ProviderTotals, coefficients, rules_text, structure
from services.editions.plan import Plan, Refusal, Taken, plan

RULES = MODELS.newest.rules
TODAY = date(2026, 12, 1)
A, B, C = "1.2.246.562.10.10000000001", "1.2.246.562.10.10000000002", "1.2.246.562.10.10000000003"


def planned(period: str, as_of: date) -> Plan:
    found = plan(period, as_of, today=TODAY, rules=RULES)
    assert isinstance(found, Plan), found
    return found


def months(found: Plan, kind: str) -> list[str]:
    """`2025-07` where a month is out, `2026-03<2025-03` where another stands for it."""
    return [
        f"{one.month:%Y-%m}" if one.month == one.source_month else f"{one.month:%Y-%m}<{one.source_month:%Y-%m}"
        for one in found.months
        if one.kind == kind
    ]


def test_the_period_that_ends_in_the_year_of_the_day_is_estimated() -> None:
    found = planned("2025-2026", date(2026, 2, 28))
    assert found.estimate
    assert months(found, "start") == [
        "2025-07", "2025-08", "2025-09", "2025-10", "2025-11", "2025-12<2024-12", "2026-01<2025-01", "2026-02<2025-02",
        "2026-03<2025-03", "2026-04<2025-04", "2026-05<2025-05", "2026-06<2025-06",
    ]  # fmt: skip
    assert months(found, "workplace")[0] == "2025-07<2024-07"
    assert months(planned("2025-2026", date(2026, 3, 1)), "workplace")[:7] == [
        "2025-07", "2025-08", "2025-09", "2025-10", "2025-11", "2025-12", "2026-01<2025-01",
    ]  # fmt: skip


def test_other_periods_have_only_the_months_that_are_out() -> None:
    found = planned("2025-2026", date(2025, 12, 31))
    assert not found.estimate
    assert months(found, "completion_parts") == ["2025-07", "2025-08", "2025-09"]
    assert months(found, "workplace") == []
    whole = planned("2024-2025", date(2026, 11, 24))
    assert not whole.estimate
    assert len(whole.months) == 60
    assert all(one.month == one.source_month for one in whole.months)


def test_the_copy_of_entrepreneurs_comes_with_the_months_of_the_workplace_survey() -> None:
    found = planned("2025-2026", date(2026, 3, 1))
    copies = [source for source in found.sources() if source.copied]
    assert [source.taken for source in copies] == [one for one in found.months if one.kind == "workplace"]
    assert {source.kind for source in copies} == {"workplace_instructor"}
    assert [source.taken for source in found.sources() if not source.copied] == list(found.months)


@pytest.mark.parametrize(
    ("period", "as_of", "told"),
    [
        ("2025", date(2026, 1, 1), "There is no such period"),
        ("2025-2027", date(2026, 1, 1), "There is no such period"),
        ("2016-2017", date(2026, 1, 1), "no rules for periods before 2018-2019"),
        ("2026-2027", date(2026, 9, 30), "Nothing of 2026-2027 is out"),
        ("2025-2026", date(2026, 12, 2), "2026-12-02 is still to come: publish as of 2026-12-01"),
    ],
)
def test_what_cannot_be_published_says_why(period: str, as_of: date, told: str) -> None:
    refused = plan(period, as_of, today=TODAY, rules=RULES)
    assert isinstance(refused, Refusal)
    assert told in refused.detail


def test_structure_is_of_the_day_and_follows_chains() -> None:
    mergers = [Merger(A, B, date(2025, 1, 1)), Merger(B, C, date(2026, 1, 1))]
    assert structure(mergers, date(2024, 12, 31)) == {}
    assert structure(mergers, date(2025, 12, 31)) == {A: B}
    assert structure(mergers, date(2026, 1, 1)) == {A: C, B: C}


def test_coefficients_are_of_the_structure_and_of_each_set() -> None:
    """The model's example: A with 9 of 10, B with 1 of 10; merged r is ½ and c 28/15 (national model §5)."""
    months_out = Plan("2025-2026", date(2026, 3, 1), True, (Taken("start", date(2025, 8, 1), date(2025, 8, 1)),))
    found = [
        ProviderTotals("start", A, True, False, Totals(10, 9, 0, 0, Fraction(90))),
        ProviderTotals("start", B, True, False, Totals(10, 1, 0, 0, Fraction(10))),
        ProviderTotals("start", B, False, False, Totals(5, 5, 0, 0, Fraction(5))),
        ProviderTotals("start", C, True, False, Totals(5, 0, 0, 0, Fraction(0))),
    ]
    values = coefficients(months_out, found, {B: A}, RULES)
    assert {key: (str(one.rate), str(one.value)) for key, one in values.items()} == {
        (False, "start", A): ("1/2", "28/15"),
        (True, "start", A): ("3/5", "5/3"),
    }


def test_equal_rules_have_equal_texts_that_can_be_read_again() -> None:
    assert rules_text(RULES) == rules_text(Rules.model_validate_json(rules_text(RULES)))
    assert Rules.model_validate_json(rules_text(RULES)) == RULES
    assert rules_text(RULES) != rules_text(
        RULES.model_copy(
            update={"entrepreneur_factor": (EntrepreneurFactor(from_period="2018-2019", factor=Fraction(1)),)}
        )
    )
