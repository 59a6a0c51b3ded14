"""In whose name figures stand: providers as they posted, or with today's mergers applied (national model §5). Pure.

Providers are mapped to the structure first; rates, coefficients and weighted points are computed in it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from schemas.national.rules.structure import Merger, check_mergers, latest_structure

_NO_MERGERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Structure:
    """`successors` has an entry for every provider that is merged, chains followed; all others stand for themselves.

    `version` is that of the table of mergers and `day` the one as of which it is applied; both None as they were.
    """

    successors: Mapping[str, str] = field(default_factory=lambda: _NO_MERGERS)
    version: int | None = None
    day: date | None = None

    def standing_for(self, provider: str) -> str:
        """The provider that this one belongs to."""
        return self.successors.get(provider, provider)

    def members(self, provider: str) -> frozenset[str]:
        """Everybody whose history stands together with this provider's, itself included."""
        successor = self.standing_for(provider)
        return frozenset({successor, *(merged for merged, into in self.successors.items() if into == successor)})

    def members_of(self, providers: Collection[str]) -> frozenset[str]:
        """Everybody whose history stands together with one of these."""
        wanted = {self.standing_for(provider) for provider in providers}
        return frozenset(wanted).union(merged for merged, into in self.successors.items() if into in wanted)


AS_WAS: Final = Structure()
"""Every provider stands for itself."""


def latest(mergers: Iterable[Merger], *, version: int | None, day: date) -> Structure:
    """The structure as of a day: every merger dated on or before it applies to the whole history.

    Raises:
        MergerTableError: the table contradicts itself, which its loading refuses.
    """
    return Structure(latest_structure(check_mergers(mergers), day), version, day)
