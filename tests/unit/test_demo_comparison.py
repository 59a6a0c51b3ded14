"""Published beside reported: equal only when all of it is."""

from palautevirta.demo.comparison import Comparison, Pair, compare
from palautevirta.demo.counts import Counts
from palautevirta.demo.employers import EmployerFigures
from palautevirta.demo.present import verdict

PUBLISHED = {"a": Counts(10, 3), "b": Counts(5, 5)}
NOTHING: Pair[Counts] = Pair(None, None)
SENT = {"a": EmployerFigures(2, 1, 80, 40)}


def compared(reported: dict[str, Counts], *, employers: dict[str, EmployerFigures] | None = None) -> Comparison:
    return compare(
        ["a", "b", "c"],
        students={"start": (PUBLISHED, reported)},
        employers={"workplace": (SENT, SENT if employers is None else employers)},
    )


def test_the_same_figures_are_equal() -> None:
    comparison = compared(PUBLISHED)

    assert comparison.equal
    assert comparison.students[0].total == Pair(Counts(15, 8), Counts(15, 8))
    assert list(verdict(comparison))[-1] == "3 of 3 providers equal"


def test_one_target_more_is_unequal() -> None:
    comparison = compared(PUBLISHED | {"a": Counts(11, 3)})

    assert not comparison.equal
    assert [comparison.students_equal(provider) for provider in ("a", "b", "c")] == [False, True, True]
    assert list(verdict(comparison))[-1] == "2 of 3 providers equal"


def test_one_respondent_less_is_unequal() -> None:
    assert not compared(PUBLISHED | {"b": Counts(5, 4)}).equal


def test_a_provider_that_is_not_reported_is_unequal() -> None:
    comparison = compared({"a": Counts(10, 3)})

    assert not comparison.equal
    assert comparison.students[0].pairs["b"] == Pair(Counts(5, 5), None)


def test_a_provider_that_nobody_published_is_unequal_and_stands_last() -> None:
    comparison = compared(PUBLISHED | {"stranger": Counts(1, 0)})

    assert not comparison.equal
    assert comparison.providers == ("a", "b", "c", "stranger")


def test_differences_that_cancel_out_in_the_total_are_unequal() -> None:
    comparison = compared({"a": Counts(9, 3), "b": Counts(6, 5)})

    assert comparison.students[0].total.equal
    assert not comparison.equal
    assert list(verdict(comparison))[-1] == "1 of 3 providers equal"


def test_saying_nothing_is_saying_zero() -> None:
    assert Pair(Counts(0, 0), None).equal
    assert NOTHING.equal
    assert Pair(None, Counts(0, 0)).equal
    assert not Pair(None, Counts(1, 0)).equal


def test_employers_days_count_too() -> None:
    comparison = compared(PUBLISHED, employers={"a": EmployerFigures(2, 1, 80, 41)})

    assert not comparison.equal
    assert all(map(comparison.students_equal, comparison.providers))
    assert not comparison.employers_equal("a")
    assert comparison.employers[0].equal_providers == 2
