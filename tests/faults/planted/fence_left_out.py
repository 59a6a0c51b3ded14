"""An aggregator that moves a partition on whoever holds it and wherever it stands."""

import sys

from services.aggregator import store
from services.aggregator.__main__ import main
from services.runtime.process import run

_FENCE = " AND f.epoch = n.epoch AND f.next_offset = n.loaded_offset"


def plant() -> None:
    """Leave the fence out of the one statement that looks at it."""
    statement = store.SQL["advance_fence"]
    assert statement.count(_FENCE) == 1
    store.SQL = {**store.SQL, "advance_fence": statement.replace(_FENCE, "")}  # type: ignore[misc]


if __name__ == "__main__":
    plant()
    sys.exit(run(main))
