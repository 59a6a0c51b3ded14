"""What a seed decides about a history."""

from typing import get_args

from faults.schedule import KILLS_AND_PAUSES, Kind, schedule


def test_a_seed_decides_everything() -> None:
    assert schedule(7, faults=40, share=20) == schedule(7, faults=40, share=20)
    assert schedule(7, faults=40, share=20) != schedule(8, faults=40, share=20)


def test_a_short_history_has_every_kind_of_fault() -> None:
    assert {fault.kind for fault in schedule(7, faults=19, share=20)} == set(get_args(Kind))


def test_a_full_run_has_500_kills_and_pauses() -> None:
    drawn = [fault for seed in range(6) for fault in schedule(seed, faults=140, share=20)]
    assert sum(fault.kind in KILLS_AND_PAUSES for fault in drawn) >= 500
