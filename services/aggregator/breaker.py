"""When rejects are too many to be bad data (storage: The apply, step 7). Pure.

More than 100 of a partition's last 10,000 records are a deployment gone wrong: processing stops rather than drains into
quarantine. Conflicts don't count, because one client's mistake must not stop the others; nor does a row that an
operator replayed or closed.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

WINDOW: Final = 10_000
MOST_REJECTED: Final = 100


class Breaker:
    """The last rejects of one partition that still stand, by offset; it's open while one more would be too many."""

    def __init__(self, standing: Iterable[int] = ()) -> None:
        """Begin with the offsets of the rejects that stand, ascending; only the last ones matter."""
        self._last = deque(standing, maxlen=MOST_REJECTED)

    def opens_at(self, offsets: Iterable[int]) -> int | None:
        """The first of these further rejects, ascending, that must not be taken; None when all of them may."""
        last = self._last.copy()
        for offset in offsets:
            if len(last) == MOST_REJECTED and last[0] > offset - WINDOW:
                return offset
            last.append(offset)
        return None

    def took(self, offset: int) -> None:
        """Remember a reject that now stands in quarantine."""
        self._last.append(offset)
