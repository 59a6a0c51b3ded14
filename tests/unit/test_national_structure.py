"""Mergers of providers (national model §5)."""

from datetime import date

import pytest

from schemas.national.rules.structure import Merger, MergerTableError, check_mergers, latest_structure

A_TO_B = Merger("A", "B", date(2022, 1, 1))
B_TO_C = Merger("B", "C", date(2020, 1, 1))


@pytest.mark.parametrize(
    ("as_of", "structure"),
    [
        (date(2019, 12, 31), {}),
        (date(2020, 1, 1), {"B": "C"}),
        (date(2021, 12, 31), {"B": "C"}),
        (date(2022, 1, 1), {"A": "C", "B": "C"}),
    ],
)
def test_a_merger_applies_from_its_day_and_chains_are_followed(as_of: date, structure: dict[str, str]) -> None:
    assert latest_structure(check_mergers([A_TO_B, B_TO_C]), as_of) == structure


def test_a_circle_is_refused_and_named_whatever_the_days() -> None:
    mergers = [Merger("X", "A", date(2019, 1, 1)), A_TO_B, B_TO_C, Merger("C", "A", date(2030, 1, 1))]
    with pytest.raises(MergerTableError, match="A → B → C → A"):
        check_mergers(mergers)


def test_a_provider_merged_into_itself_is_a_circle() -> None:
    with pytest.raises(MergerTableError, match="A → A"):
        check_mergers([Merger("A", "A", date(2020, 1, 1))])


def test_a_provider_is_merged_once() -> None:
    with pytest.raises(MergerTableError, match="A is merged twice"):
        check_mergers([A_TO_B, Merger("A", "C", date(2023, 1, 1))])
