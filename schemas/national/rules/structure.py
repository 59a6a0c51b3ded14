"""Mergers of providers, applied at read time to the whole history (national model §5).

Providers are mapped to the structure first; rates, coefficients, weighted points and shares are computed in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Merger:
    """From ``day`` on, the whole history of ``provider`` belongs to ``successor`` (both OIDs)."""

    provider: str
    successor: str
    day: date


class MergerTableError(ValueError):
    """The operator's table contradicts itself; the message names the providers."""


def check_mergers(mergers: Iterable[Merger]) -> dict[str, Merger]:
    """Return the table by merged provider.

    Raises:
        MergerTableError: a provider is merged twice, or a chain of mergers, whatever their days, leads in a circle.
    """
    table: dict[str, Merger] = {}
    for merger in mergers:
        if merger.provider in table:
            raise MergerTableError(f"{merger.provider} is merged twice: keep one row and chain the later merger")
        table[merger.provider] = merger
    sound: set[str] = set()
    for provider in table:
        chain: list[str] = []
        at = provider
        while at in table and at not in sound:
            if at in chain:
                circle = " → ".join([*chain[chain.index(at) :], at])
                raise MergerTableError(f"mergers lead in a circle: {circle}; remove one of them")
            chain.append(at)
            at = table[at].successor
        sound.update(chain)
    return table


def latest_structure(table: Mapping[str, Merger], as_of: date) -> dict[str, str]:
    """Return the successor of every provider that is merged as of a day, chains followed; others map to themselves.

    ``table`` comes from ``check_mergers``.
    """
    applied = {provider: merger.successor for provider, merger in table.items() if merger.day <= as_of}
    structure = {}
    for provider in applied:
        successor = provider
        while successor in applied:
            successor = applied[successor]
        structure[provider] = successor
    return structure
