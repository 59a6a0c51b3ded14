"""The exact telescope of two editions: data, structure and rules apart, and together the whole difference."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from builders.states import MODELS

from schemas.national.parameters import EntrepreneurFactor, Rules
from schemas.national.rules.coefficient import coefficient
from schemas.national.rules.figures import Totals
from services.reporting.difference import Change, Difference, Frozen, Sum, Taken
from services.reporting.difference_table import difference_table
from services.reporting.editions import ProviderKey

A, B = "1.2.246.562.10.10000000001", "1.2.246.562.10.10000000002"
AUGUST, SEPTEMBER = date(2025, 8, 1), date(2025, 9, 1)
RULES = MODELS.newest.rules
SIX = ("targets", "respondents", "target_days", "respondent_days", "points", "weighted_points")


def start(provider: str, targets: int, respondents: int, points: int, month: date = AUGUST) -> Sum:
    return Sum("actual", provider, month, "start", False, Totals(targets, respondents, 0, 0, Fraction(points)))


# The example of the model: merged, r is ½, c 28/15 and the weighted points 186.67; not 126.67 (national model §5).
BEFORE = Frozen("2025-2026", (start(A, 10, 9, 90), start(B, 10, 1, 10)), {}, RULES)
MERGED = replace(BEFORE, successors={B: A})
MORE = replace(BEFORE, sums=(*BEFORE.sums, start(A, 10, 10, 20, SEPTEMBER)))


TAKEN: Taken = {("actual", "start", AUGUST): AUGUST}


def always(value: int) -> Rules:
    """Rules by which every coefficient is the same."""
    row = RULES.coefficients[-1]
    piece = row.pieces[-1].model_copy(update={"branch": "constant", "polynomial": (Fraction(value),)})
    return RULES.model_copy(update={"coefficients": (row.model_copy(update={"pieces": (piece,)}),)})


def told(first: Frozen, second: Frozen) -> list[tuple[str | int | None, ...]]:
    """Provider, month, figure and all amounts, for short: without zeros at their ends."""
    return [
        (str(row[1])[-1], row[2], row[4], *(short(str(amount)) for amount in row[5:11]))
        for row in difference_table(changes(first, second)).rows
        if row[4] in SIX
    ]


def changes(first: Frozen, second: Frozen) -> list[Change]:
    """Everything that differs, block by block."""
    difference = Difference(first, second)
    return [change for block in difference.blocks() for change in difference.changes(block, first.sums, second.sums)]


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
    causes = [0, 0, 0]
    for change in found:
        ends = []
        for edition in (BEFORE, second):
            (step, *_) = Difference(edition, edition).steps
            cells = step.figures(change.of_set, change.provider, edition.sums)
            ends.append(cells.get((change.month, change.place, change.kind), {}).get(change.figure, 0))
        assert [change.before, change.after] == ends
        for cause, amount in enumerate((change.by_data, change.by_structure, change.by_rules)):
            causes[cause] += bool(amount)
    assert all(causes)
    changed = {change.page_key for change in found}
    assert len(changed) == len(found)


def test_what_data_and_structure_undo_is_told_though_nothing_differs_at_the_end() -> None:
    moved = replace(BEFORE, sums=(start(B, 10, 9, 90),), successors={B: A})
    found = changes(replace(BEFORE, sums=BEFORE.sums[:1]), moved)
    (only,) = [change for change in found if change.provider == A and change.figure == "targets"]
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


def test_a_recount_of_the_same_log_is_of_the_rules() -> None:
    first = replace(BEFORE, read="0:log:9", counted=((1,), 0), taken=TAKEN)
    other = replace(first, sums=(start(A, 10, 9, 80), BEFORE.sums[1]), counted=((2,), 0))
    assert told(first, other)[0] == ("1", "2025-08", "points", "90", "80", "-10", "0", "0", "-10")
    assert not Difference(first, other).recounted
    later = replace(other, read="0:log:10")
    assert told(first, later)[0] == ("1", "2025-08", "points", "90", "80", "-10", "-10", "0", "0")
    assert Difference(first, later).recounted
    assert not Difference(first, replace(later, counted=first.counted)).recounted


def test_months_that_have_come_out_are_data_though_the_log_is_the_same() -> None:
    first = replace(BEFORE, read="0:log:9", counted=((1,), 0), taken=TAKEN)
    september = {("actual", "start", SEPTEMBER): SEPTEMBER}
    second = replace(MORE, read="0:log:9", counted=((1,), 0), taken={**TAKEN, **september})
    assert told(first, second) == told(BEFORE, MORE)
    assert not Difference(first, second).recounted
    assert Difference(first, replace(second, counted=((2,), 0))).recounted


def test_a_coefficient_is_the_frozen_one_at_both_ends() -> None:
    whole: ProviderKey = ("actual", A, "start")
    computed = Difference(BEFORE, BEFORE).steps[0]
    frozen = coefficient("start", BEFORE.period, computed.wholes[whole], table=RULES.coefficients)
    assert frozen is not None
    two, three = (replace(BEFORE, coefficients={whole: replace(frozen, value=Fraction(n))}) for n in (2, 3))
    assert [row for row in told(two, three) if row[0] == "1"] == [
        ("1", "2025-08", "weighted_points", "180", "270", "90", "0", "0", "90")
    ]
    (change,) = [one for one in changes(two, three) if one.figure == "coefficient" and one.provider == A]
    assert (change.before, change.after) == (2 * 10**18, 3 * 10**18)


def test_who_is_funded_is_of_the_structure_and_moves_the_shares() -> None:
    first = replace(BEFORE, funded_years={A: [2027], B: [2027]})
    found = {
        (change.provider, change.figure): change
        for change in changes(first, replace(first, funded_years={A: [2027], B: []}))
    }
    assert found.keys() == {(A, "share"), (B, "share"), (B, "funded")}
    assert all(change.by_data == change.by_rules == 0 for change in found.values())
    assert (found[A, "share"].after, found[B, "share"].after) == (10**18, 0)
    assert (found[B, "funded"].before, found[B, "funded"].after) == (1, 0)


def test_a_coefficient_has_the_decimals_that_it_is_published_with() -> None:
    instructor = Sum("actual", A, AUGUST, "workplace_instructor", False, Totals(2, 1, 20, 10, Fraction(80)))
    rows = difference_table(changes(replace(BEFORE, sums=()), replace(BEFORE, sums=(instructor, BEFORE.sums[0])))).rows
    assert {(row[3], row[6]) for row in rows if row[4] == "coefficient"} == {
        ("workplace_instructor", "1.86666666666667"),
        ("start", "1.111111111111111111"),
    }
