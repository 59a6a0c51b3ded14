"""Who sees what: a verified caller and what it asks for, in; what it may be shown, out (national model §8).

Pure, and the default is to deny: what no rule below allows is denied. For now a provider sees its own targets,
respondents and rates; editions will bring it scores and points.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from services.reporting.structure import Structure


class Resource(Enum):
    """What can be asked for."""

    FIGURES = auto()
    ANSWERS = auto()
    FUNDING = auto()
    LOOKUP = auto()
    REQUESTS = auto()
    QUARANTINE = auto()
    BOOKS = auto()
    EDITIONS = auto()


class _Reach(Enum):
    ALL = auto()
    OWN = auto()
    OWN_COUNTS = auto()


_OWN_RECORDS: Final = (
    ("figures:national", _Reach.ALL),
    ("figures:read", _Reach.OWN),
    ("feedback:write", _Reach.OWN),
)

_RULES: Final[Mapping[Resource, tuple[tuple[str, _Reach], ...]]] = {
    Resource.FIGURES: (("figures:national", _Reach.ALL), ("figures:read", _Reach.OWN_COUNTS)),
    Resource.ANSWERS: (("figures:national", _Reach.ALL),),
    Resource.FUNDING: (("figures:national", _Reach.ALL), ("figures:funding", _Reach.OWN)),
    Resource.LOOKUP: _OWN_RECORDS,
    Resource.REQUESTS: _OWN_RECORDS,
    Resource.QUARANTINE: (("figures:national", _Reach.ALL), ("operations", _Reach.ALL)),
    Resource.BOOKS: (("operations", _Reach.ALL), *_OWN_RECORDS),
    Resource.EDITIONS: (("figures:national", _Reach.ALL),),
}
"""For each resource the scopes that allow it, the widest first: the first that a caller has decides."""


_APART: Final = "ask for structure=as_was, by=provider, or with a token that names all of them."


@dataclass(frozen=True, slots=True)
class Grant:
    """What may be shown: `providers` are whose rows, None for everybody's, an empty set for nobody's.

    With `counts_only` a row shows targets, respondents and rates, and these only of groups that aren't small. `own` are
    the organisations of a token that speaks only for them, None for one that sees everybody's.
    """

    providers: frozenset[str] | None
    counts_only: bool = False
    own: frozenset[str] | None = None

    def covers(self, provider: str) -> bool:
        """Whether rows of this provider may be shown."""
        return self.providers is None or provider in self.providers


@dataclass(frozen=True, slots=True)
class Denied:
    """Why nothing may be shown, and the scope that would allow it."""

    scope: str
    detail: str


def scopes_of(resource: Resource) -> tuple[str, ...]:
    """The scopes that allow anything of a resource, the widest first."""
    return tuple(scope for scope, _ in _RULES[resource])


def access(
    scopes: AbstractSet[str],
    organisations: AbstractSet[str],
    resource: Resource,
    *,
    asked: AbstractSet[str] | None = None,
) -> Grant | Denied:
    """What a caller with these scopes and organisations may see of a resource.

    `asked` are the providers that it filters by, None without a filter. Whoever names a provider that it may not see
    is denied rather than answered with nothing: an empty answer would read as a figure.
    """
    rules = _RULES[resource]
    reach = next((reach for scope, reach in rules if scope in scopes), None)
    if reach is None:
        allowed = " or ".join(scopes_of(resource))
        return Denied(rules[-1][0], f"This needs a token with the scope {allowed}.")
    if reach is _Reach.ALL:
        return Grant(None if asked is None else frozenset(asked))
    if asked is not None and not asked <= organisations:
        return Denied(
            rules[0][0], "The token doesn't name every provider that was asked for: leave out those that it doesn't."
        )
    return Grant(
        frozenset(organisations if asked is None else asked),
        counts_only=reach is _Reach.OWN_COUNTS,
        own=frozenset(organisations),
    )


def in_structure(
    grant: Grant, structure: Structure, *, asked: AbstractSet[str] | None, advice: str = _APART
) -> Grant | Denied:
    """What a grant allows in a structure; its providers are then those that posted. `asked` is as for `access`.

    A provider that is asked for stands for all of its group: its successor and everybody merged into that. A token that
    speaks only for its own organisations sees a group only when it names all of the group's providers, since the
    figures of the group are theirs together; whoever asks for another is denied rather than answered with nothing, and
    told how many providers of the group the token lacks and, with `advice`, what to ask for.
    """
    if grant.providers is None or not structure.successors:
        return grant
    if grant.own is None:
        return replace(grant, providers=structure.members_of(grant.providers))
    own = grant.own
    whole = {provider for provider in grant.providers if structure.members(provider) <= own}
    if asked is not None and whole != grant.providers:
        lacking = len(structure.members_of(grant.providers) - own)
        return Denied(
            "figures:national",
            "In the latest structure a provider that was asked for stands together with others. The token lacks "
            f"{lacking} of them: {advice}",
        )
    return replace(grant, providers=structure.members_of(whole))
