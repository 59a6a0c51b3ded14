"""Mergers of providers, applied to the whole history before anything is computed (§5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from recount.targets import Target


@dataclass(frozen=True)
class Merger:
    """From this day on the provider's whole history belongs to its successor."""

    provider: str
    successor: str
    day: date


def successor_of(provider: str, mergers: Sequence[Merger], as_of: date) -> str:
    """Who has a provider's history as of a day: one merger after the other is followed."""
    for merger in mergers:
        if merger.provider == provider and merger.day <= as_of:
            return successor_of(merger.successor, mergers, as_of)
    return provider


def in_latest_structure(targets: Iterable[Target], mergers: Sequence[Merger], as_of: date) -> list[Target]:
    """The same targets, each with the provider that has it as of a day; institutions and sites stay as posted."""
    return [replace(target, provider=successor_of(target.provider, mergers, as_of)) for target in targets]
