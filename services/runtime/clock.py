"""The two clocks of a process, as a value that is passed in, so that a test decides what time it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


def now_us() -> int:
    """The wall clock in whole microseconds since 1970."""
    return time.time_ns() // 1_000


@dataclass(frozen=True, slots=True)
class Clock:
    """`now_us` is the wall clock in microseconds since 1970; `monotonic` counts seconds and is never set back."""

    now_us: Callable[[], int] = now_us
    monotonic: Callable[[], float] = time.monotonic


SYSTEM_CLOCK: Final = Clock()
