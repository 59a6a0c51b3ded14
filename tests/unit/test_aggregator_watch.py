"""How much of its time the watch over the books may take."""

import pytest

from services.aggregator.watch import comparing_s, rest_s


@pytest.mark.parametrize("partitions", [1, 4, 16])
def test_a_round_over_quick_partitions_takes_fifteen_seconds(partitions: int) -> None:
    assert rest_s(0.001, partitions) * partitions == pytest.approx(15)


def test_however_long_a_look_takes_at_most_a_twentieth_of_the_time_is_work() -> None:
    assert [rest_s(took, 16) for took in (0.1, 3.0, 25.0)] == [2.0, 60.0, 500.0]


@pytest.mark.parametrize("partitions", [1, 4, 16])
def test_comparing_leaves_a_round_its_fifteen_seconds(partitions: int) -> None:
    assert rest_s(comparing_s(partitions), partitions) * partitions == pytest.approx(15)


def test_who_holds_nothing_yet_soon_looks_again_whether_it_does() -> None:
    assert rest_s(0.0, 0) == 1
