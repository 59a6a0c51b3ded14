"""A short history of faults of every kind; `make crash` runs long ones."""

from pathlib import Path

import pytest
from faults.history import history
from traffic.notes import tell


@pytest.mark.timeout(120)
async def test_nothing_is_lost_doubled_or_broken_at_any_moment_of_a_short_history(data_dir: Path, seed: int) -> None:
    account = await history(data_dir, seed, faults=19)
    tell(str(account))
    assert account.looks > 0
