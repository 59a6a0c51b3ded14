"""The exact telescope of two editions: data, structure and rules apart, and together the whole difference."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from builders.states import MODELS

from schemas.national.parameters import EntrepreneurFactor, Rules
from schemas.national.rules.figures import Totals
from services.reporting.difference import Frozen, Sum, after, changes, difference_table, figures

A, B = "1.2.246.562.10.10000000001", "1.2.246.562.10.10000000002"
AUGUST, SEPTEMBER = date(2025, 8, 1), date(2025, 9, 1)
RULES = MODELS.newest.rules


def start(provider: str, targets: int, respondents: int, points: int, month: date = AUGUST) -> Sum:
    return Sum("actual", provider, month, "start", False, Totals(targets, respondents, 0, 0, Fraction(points)))


# The example of the model: merged, r is ½, c 28/15 and the weighted points 186.67; not 126.67 (national model §5).
BEFORE = Frozen("2025-2026", (start(A, 10, 9, 90), start(B, 10, 1, 10)), {}, RULES)
MERGED = replace(BEFORE, successors={B: A})
MORE = replace(BEFORE, sums=(*BEFORE.sums, start(A, 10, 10, 20, SEPTEMBER)))


def always(value: int) -> Rules:
    """Rules by which every coefficient is the same."""
    row = RULES.coefficients[-1]
    piece = row.pieces[-1].model_copy(update={"branch": "constant", "polynomial": (Fraction(value),)})
    return RULES.model_copy(update={"coefficients": (row.model_copy(update={"pieces": (piece,)}),)})


def told(first: Frozen, second: Frozen) -> list[tuple[str | int | None, ...]]:
    """Provider, month, figure and all amounts, for short: without zeros at their ends."""
    return [
        (str(row[1])[-1], row[2], row[4], *(short(str(amount)) for amount in row[5:]))
        for row in difference_table(changes(first, second)).rows
    ]


def short(amount: str) -> str:
    return amount.rstrip("0").rstrip(".") or "0" if "." in amount else amount


def test_equal_editions_do_not_differ() -> None:
    assert changes(BEFORE, replace(BEFORE)) == []


def test_data_alone() -> None:
    assert told(BEFORE, MORE) == [
        (
            "1",
            "2025-08",
            "weighted_points",
            "100",
            "94.736842105263157895",
            "-5.263157894736842105",
            "-5.263157894736842105",
            "0",
            "0",
        ),
        ("1", "2025-09", "targets", "0", "10", "10", "10", "0", "0"),
        ("1", "2025-09", "respondents", "0", "10", "10", "10", "0", "0"),
        ("1", "2025-09", "points", "0", "20", "20", "20", "0", "0"),
        (
            "1",
            "2025-09",
            "weighted_points",
            "0",
            "21.052631578947368421",
            "21.052631578947368421",
            "21.052631578947368421",
            "0",
            "0",
        ),
    ]


def test_structure_alone() -> None:
    rows = told(BEFORE, MERGED)
    assert [row[:3] for row in rows] == [
        (provider, "2025-08", figure)
        for provider in ("1", "2")
        for figure in ("targets", "respondents", "points", "weighted_points")
    ]
    weighted = {row[0]: row[3:] for row in rows if row[2] == "weighted_points"}
    assert weighted["1"] == (
        "100",
        "186.666666666666666667",
        "86.666666666666666667",
        "0",
        "86.666666666666666667",
        "0",
    )
    assert weighted["2"] == (
        "26.666666666666666667",
        "0",
        "-26.666666666666666667",
        "0",
        "-26.666666666666666667",
        "0",
    )


def test_rules_alone() -> None:
    assert told(BEFORE, replace(BEFORE, rules=always(3))) == [
        ("1", "2025-08", "weighted_points", "100", "270", "170", "0", "0", "170"),
        (
            "2",
            "2025-08",
            "weighted_points",
            "26.666666666666666667",
            "30",
            "3.333333333333333333",
            "0",
            "0",
            "3.333333333333333333",
        ),
    ]


def test_all_three_together_make_up_the_whole_difference() -> None:
    second = replace(MORE, successors={B: A}, rules=always(3))
    found = changes(BEFORE, second)
    one, two = figures(BEFORE, BEFORE, BEFORE), figures(second, second, second)
    causes = [0, 0, 0]
    for change in found:
        place = ["targets", "respondents", "target_days", "respondent_days", "points", "weighted_points"].index(
            change.figure
        )
        assert change.before == one.get(change.key, [0] * 6)[place]
        assert change.after == two.get(change.key, [0] * 6)[place]
        for cause, amount in enumerate((change.by_data, change.by_structure, change.by_rules)):
            causes[cause] += bool(amount)
    assert all(causes)
    changed = {(change.key, change.figure) for change in found}
    assert len(changed) == len(found)


def test_what_data_and_structure_undo_is_told_though_nothing_differs_at_the_end() -> None:
    moved = replace(BEFORE, sums=(start(B, 10, 9, 90),), successors={B: A})
    found = changes(replace(BEFORE, sums=BEFORE.sums[:1]), moved)
    (only,) = [change for change in found if change.key[1] == A and change.figure == "targets"]
    assert (only.before, only.by_data, only.by_structure, only.after) == (10, -10, 10, 10)


def test_the_entrepreneurs_copy_is_of_the_rules() -> None:
    copied = Sum("actual", A, AUGUST, "workplace", True, Totals(1, 1, 20, 20, Fraction(80)))
    first = replace(BEFORE, sums=(copied,))
    second = replace(
        first,
        rules=RULES.model_copy(
            update={"entrepreneur_factor": (EntrepreneurFactor(from_period="2018-2019", factor=Fraction(1)),)}
        ),
    )
    assert told(first, second) == [
        ("1", "2025-08", "points", "90", "80", "-10", "0", "0", "-10"),
        ("1", "2025-08", "weighted_points", "90", "80", "-10", "0", "0", "-10"),
    ]


@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_page_begins_after_the_last_row_seen(place: int) -> None:
    found = changes(BEFORE, MERGED)
    assert after(found, None) == found
    assert after(found, found[place].page_key) == found[place + 1 :]
    assert after(found, ("actual", "x", "2025-08", "start", "points")) == []
