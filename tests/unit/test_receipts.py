"""What receipts, and the collectors' metric of the highest, prove about the end of a log."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from palautevirta.receipts import MalformedReceipt, Told, beyond_the_end, told_receipts
from services.collector.telemetry import Telemetry


def test_every_receipt_counts_once() -> None:
    told = told_receipts("0-4\n1-7\n\n0-12 0-4\n", range(2))
    assert told == Told(frozenset({(0, 4), (1, 7), (0, 12)}), frozenset())


def test_what_a_collector_answers_to_metrics_is_read_and_may_stand_beside_receipts() -> None:
    registry = CollectorRegistry()
    Telemetry(registry, 3).acknowledged(1, 41, records=1, seconds=0.1)
    told = told_receipts(f"1-40\n{generate_latest(registry).decode()}\n2-5", range(3))
    assert told == Told(frozenset({(1, 40), (2, 5)}), frozenset({(1, 41)}))


@pytest.mark.parametrize(
    "line",
    [
        "7",
        "0-",
        "-1",
        "0-x",
        "9-1",
        "0--1",
        "0-1 x",
        'collector_highest_receipt_offset{partition="9"} 1.0',
        'collector_highest_receipt_offset{partition="1"} NaN',
    ],
)
def test_what_is_no_receipt_is_refused(line: str) -> None:
    with pytest.raises(MalformedReceipt, match=r"^line 2: .* of this service"):
        told_receipts(f"0-1\n{line}", range(2))


def test_the_last_record_is_one_before_the_end_and_every_receipt_beyond_it_is_named() -> None:
    told = Told(frozenset({(0, 4), (1, 5), (1, 6)}), frozenset({(1, 6), (2, 0)}))
    *handed_in, of_a_collector = beyond_the_end(told, {0: 5, 1: 5, 2: 0})
    assert handed_in == [{"partition": 1, "receipt": 5, "end": 5}, {"partition": 1, "receipt": 6, "end": 5}]
    assert (of_a_collector["receipt"], "highest" in str(of_a_collector["told_by"])) == (0, True)
