"""Which faults a history has, drawn from its seed. Pure: nothing is hurt here."""

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

Kind = Literal[
    "killed", "paused", "slept_past_lease", "restarted", "connections_cut", "cut_before_commit", "cut_after_commit",
    "read_only", "second_of_its_name", "line_slow", "line_broken", "line_half_open",
]  # fmt: skip

KILLS_AND_PAUSES: Final[tuple[Kind, ...]] = ("killed", "paused", "slept_past_lease")
CUTS: Final[tuple[Kind, ...]] = ("connections_cut", "cut_before_commit", "cut_after_commit")
"""These wait for a transaction while the load and other faults go on."""
AGGREGATORS: Final = ("aggregator-1", "aggregator-2")
COLLECTORS: Final = ("collector", "collector-2")
POSTGRES: Final = "postgres"
KAFKA: Final = "kafka"
TO_KAFKA: Final = tuple(f"{name} to {KAFKA}" for name in (*AGGREGATORS, *COLLECTORS))
TO_POSTGRES: Final = tuple(f"{name} to {POSTGRES}" for name in AGGREGATORS)
LINES: Final = (*TO_KAFKA, *TO_POSTGRES)
"""Between each service and each server that it asks."""

_SHORT_S: Final = (0.05, 1.5)
_PAST_LEASE_S: Final = (5.5, 7.0)
"""A lease lasts 5 s (storage)."""
_HALF_OPEN_S: Final = (0.5, 7.0)

_WEIGHTS: Final[dict[tuple[Kind, tuple[str, ...]], int]] = {
    ("killed", AGGREGATORS): 10,
    ("killed", COLLECTORS): 7,
    ("killed", (POSTGRES,)): 2,
    ("killed", (KAFKA,)): 1,
    ("paused", AGGREGATORS): 9,
    ("paused", COLLECTORS): 7,
    ("paused", (POSTGRES,)): 3,
    ("paused", (KAFKA,)): 2,
    ("slept_past_lease", AGGREGATORS): 2,
    ("restarted", (POSTGRES,)): 1,
    ("connections_cut", (POSTGRES,)): 4,
    ("cut_before_commit", (POSTGRES,)): 3,
    ("cut_after_commit", (POSTGRES,)): 3,
    ("read_only", (POSTGRES,)): 1,
    ("second_of_its_name", ("aggregator-1",)): 1,
    ("line_slow", LINES): 2,
    ("line_broken", LINES): 3,
    ("line_half_open", LINES): 3,
}
"""How often each is drawn. A broker takes seconds to come back, and while it is away no load goes on."""


@dataclass(frozen=True)
class Fault:
    """One fault: `left` of the postings of its share aren't settled when it comes; `for_s` for what lasts."""

    kind: Kind
    part: str
    left: int
    for_s: float


def schedule(seed: int, *, faults: int, share: int) -> list[Fault]:
    """So many faults, each within a share of the load; the first of them are one of every kind."""
    random = Random(seed)
    drawn = [*random.sample(list(_WEIGHTS), min(faults, len(_WEIGHTS)))]
    drawn += random.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()), k=faults - len(drawn))
    random.shuffle(drawn)
    return [
        Fault(kind, random.choice(parts), random.randrange(share), random.uniform(*_lasting(kind)))
        for kind, parts in drawn
    ]


def _lasting(kind: Kind) -> tuple[float, float]:
    match kind:
        case "slept_past_lease":
            return _PAST_LEASE_S
        case "line_half_open":
            return _HALF_OPEN_S
        case _:
            return _SHORT_S
