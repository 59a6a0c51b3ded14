"""In whose name figures stand."""

from datetime import date

import pytest

from schemas.national.rules.structure import Merger, MergerTableError
from services.reporting.structure import AS_WAS, latest

DAY = date(2026, 1, 1)
A, B, C, D = "a", "b", "c", "d"
CHAIN = [Merger(A, B, date(2025, 8, 1)), Merger(B, C, DAY), Merger(D, C, date(2026, 1, 2))]


def test_chains_are_followed_and_a_merger_of_tomorrow_is_not_applied() -> None:
    structure = latest(CHAIN, version=3, day=DAY)
    assert [structure.standing_for(provider) for provider in (A, B, C, D)] == [C, C, C, D]
    assert (structure.version, structure.day) == (3, DAY)


def test_a_group_is_the_successor_and_all_who_are_merged_into_it() -> None:
    structure = latest(CHAIN, version=3, day=DAY)
    for provider in (A, B, C):
        assert structure.members(provider) == structure.members_of({provider}) == {A, B, C}
    assert structure.members(D) == {D}
    assert structure.members_of({A, D}) == {A, B, C, D}
    assert structure.members_of(()) == frozenset()


def test_as_it_was_everybody_stands_for_itself() -> None:
    assert AS_WAS.standing_for(A) == A
    assert AS_WAS.members_of({A, B}) == {A, B}


def test_a_table_that_contradicts_itself_is_never_half_applied() -> None:
    with pytest.raises(MergerTableError):
        latest([Merger(A, B, DAY), Merger(B, A, DAY)], version=1, day=DAY)
