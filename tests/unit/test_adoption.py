"""Which partitions go on with another log, and which receipts were lost with the old one."""

import pytest

from palautevirta.adoption import Standing, account, missing, to_adopt
from palautevirta.log_bounds import Found
from palautevirta.receipts import MalformedReceipt


def standing(
    partition: int, next_offset: int, *, stopped: str | None = None, topic_id: bytes | None = None
) -> Standing:
    return Standing(partition, "old", 0, next_offset, None, stopped, topic_id)


def found(*bounds: tuple[int, int], log_id: str = "old") -> Found:
    return Found(log_id, b"topic", dict(enumerate(bounds)))


def test_the_log_that_the_fences_know_is_not_adopted() -> None:
    assert to_adopt([standing(0, 5), standing(1, 0, stopped="newer_model")], found((0, 9), (0, 0))) == []


def test_another_cluster_is_adopted_whole() -> None:
    both = [standing(0, 5), standing(1, 0)]
    assert to_adopt(both, found((0, 9), (0, 0), log_id="new")) == both


@pytest.mark.parametrize(
    "second",
    [
        standing(1, 5),
        standing(1, 1, stopped="another_record"),
        standing(1, 1, stopped="log_too_short"),
        standing(1, 1, topic_id=b"another"),
    ],
)
def test_where_one_partition_shows_a_topic_made_anew_all_of_it_is(second: Standing) -> None:
    both = [standing(0, 5), second]
    assert to_adopt(both, found((0, 9), (0, 4))) == both


def test_only_the_partition_that_dropped_unread_records_begins_anew() -> None:
    late = standing(1, 2)
    assert to_adopt([standing(0, 5), late], found((0, 9), (3, 9))) == [late]


def test_receipts_from_the_next_offset_on_are_missing() -> None:
    assert missing(["0-4", "0-5", "1-0", "0-12"], [standing(0, 5), standing(1, 1)]) == ["0-5", "0-12"]


@pytest.mark.parametrize("line", ["", "7", "0-", "-1", "0-x", "9-1", "0--1"])
def test_what_is_no_receipt_is_refused(line: str) -> None:
    with pytest.raises(MalformedReceipt, match="PARTITION-OFFSET"):
        missing([line], [standing(0, 5)])


def test_the_account_says_what_a_shortened_log_lost_and_that_receipts_name_no_log() -> None:
    lost, *more = account([standing(1, 2)], found((0, 9), (3, 9)), {})
    assert "everything before offset 2" in lost
    assert "lost the records from there up to 3" in lost
    assert "no log" in " ".join(more)


def test_the_account_says_where_the_new_log_begins_and_ends() -> None:
    assert "new log has offsets 0 to 4" in account([standing(1, 5)], found((0, 9), (0, 4)), {})[0]
