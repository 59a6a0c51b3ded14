"""What hides a small count (national model §8)."""

import pytest

from schemas.national.model import load_models
from schemas.national.rules.disclosure import shown


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, (0, None)), (1, (None, "1-4")), (4, (None, "1-4")), (5, (5, None)), (5465, (5465, None))],
)
def test_one_to_four_are_hidden(count: int, expected: tuple[int | None, str | None]) -> None:
    assert shown(count, load_models().newest.rules.thresholds) == expected
