"""An aggregator that counts every arrival, whether its name was entered before or not."""

import sys
from collections.abc import Iterable
from typing import Any

from services.aggregator import store
from services.aggregator.__main__ import main
from services.aggregator.decode import Arrival
from services.aggregator.fold import Verdict
from services.runtime.process import run


def everything_is_new(arrivals: Iterable[Arrival], *_: Any) -> list[tuple[Arrival, Verdict]]:
    """Ask nobody."""
    return [(arrival, "distinct") for arrival in arrivals]


def plant() -> None:
    """Leave the ledger out of the judgement."""
    assert callable(store.judge_arrivals)
    store.judge_arrivals = everything_is_new  # type: ignore[attr-defined]


if __name__ == "__main__":
    plant()
    sys.exit(run(main))
