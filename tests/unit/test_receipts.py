"""What receipts, and the collectors' metric of the highest, prove about the end of a log."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from palautevirta.receipts import MalformedReceipt, beyond_the_end, highest_receipts
from services.collector.telemetry import Telemetry


def test_the_highest_receipt_of_each_partition_counts() -> None:
    assert highest_receipts("0-4\n1-7\n\n0-12 0-3\n", range(2)) == {0: 12, 1: 7}


def test_what_a_collector_answers_to_metrics_is_read_and_may_stand_beside_receipts() -> None:
    registry = CollectorRegistry()
    Telemetry(registry, 3).acknowledged(1, 41, records=1, seconds=0.1)
    assert highest_receipts(f"1-40\n{generate_latest(registry).decode()}\n2-5", range(3)) == {1: 41, 2: 5}


@pytest.mark.parametrize(
    "line", ["7", "0-", "-1", "0-x", "9-1", "0--1", "0-1 x", 'collector_highest_receipt_offset{partition="9"} 1.0']
)
def test_what_is_no_receipt_is_refused(line: str) -> None:
    with pytest.raises(MalformedReceipt, match="of this service"):
        highest_receipts(line, range(2))


def test_the_last_record_is_one_before_the_end() -> None:
    assert beyond_the_end({0: 4, 1: 5}, {0: 5, 1: 5, 2: 0}) == [{"partition": 1, "receipt": 5, "end": 5}]
