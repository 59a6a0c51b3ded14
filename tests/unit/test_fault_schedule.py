"""What a seed decides about a history."""

from argparse import Namespace
from typing import get_args

from faults import __main__ as crash
from faults.schedule import KILLS_AND_PAUSES, Kind, schedule


def test_a_seed_decides_everything() -> None:
    assert schedule(7, faults=40, share=20) == schedule(7, faults=40, share=20)
    assert schedule(7, faults=40, share=20) != schedule(8, faults=40, share=20)


def test_a_short_history_has_every_kind_of_fault() -> None:
    assert {fault.kind for fault in schedule(7, faults=19, share=20)} == set(get_args(Kind))


def test_a_full_run_has_500_kills_and_pauses() -> None:
    drawn = [fault for seed in range(6) for fault in schedule(seed, faults=140, share=20)]
    assert sum(fault.kind in KILLS_AND_PAUSES for fault in drawn) >= 500


def test_what_failed_is_run_again_as_it_was() -> None:
    planted = Namespace(faults=40, aggregator="tests.faults.planted.ledger_left_out")
    again = "--seed 7 --histories 1 --faults 40 --aggregator tests.faults.planted.ledger_left_out"
    assert crash._again(7, planted) == again  # noqa: SLF001 - what is told to who looks on
    plain = Namespace(faults=40, aggregator="services.aggregator")
    assert "--aggregator" not in crash._again(7, plain)  # noqa: SLF001


def test_differences_are_told_as_they_are_and_anything_else_keeps_its_traceback() -> None:
    found = ExceptionGroup("tasks", [AssertionError("2 differences"), ExceptionGroup("more", [AssertionError("one")])])
    assert crash._differences(found) == ["2 differences", "one"]  # noqa: SLF001
    assert crash._differences(ExceptionGroup("tasks", [AssertionError("x"), OSError()])) is None  # noqa: SLF001
