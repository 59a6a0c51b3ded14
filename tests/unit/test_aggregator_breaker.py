"""The breaker: more than 100 standing rejects in a partition's last 10,000 records are one too many."""

from services.aggregator.breaker import MOST_REJECTED, WINDOW, Breaker


def test_a_hundred_rejects_may_stand_and_one_more_may_not() -> None:
    assert Breaker().opens_at(range(MOST_REJECTED)) is None
    assert Breaker().opens_at(range(MOST_REJECTED + 5)) == MOST_REJECTED


def test_what_stands_already_counts() -> None:
    assert Breaker(range(60)).opens_at(range(60, 200)) == MOST_REJECTED


def test_only_the_last_ten_thousand_records_count() -> None:
    breaker = Breaker(range(MOST_REJECTED))
    assert breaker.opens_at([WINDOW - 1]) == WINDOW - 1
    assert breaker.opens_at([WINDOW]) is None


def test_rejects_that_are_weighed_only_count_once_they_are_taken() -> None:
    breaker = Breaker(range(MOST_REJECTED - 1))
    assert breaker.opens_at([200]) is None
    assert breaker.opens_at([201]) is None
    breaker.took(200)
    assert breaker.opens_at([201]) == 201
