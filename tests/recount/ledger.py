"""Which records of the log are events of their own (§4: An event, Same content)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from recount.instants import instant_us

Event = dict[str, Any]
"""An event in structured form, as its sender posted it."""

Name = tuple[str, str, str]
"""What names an event: provider, source, id."""

Verdict = Literal["distinct", "duplicate", "conflict"]

_SETS = ("choices", "competence_areas", "interruptions")
_INSTANTS = ("answered_at",)


@dataclass(frozen=True)
class Arrival:
    """An event where it stands in the log."""

    partition: int
    offset: int
    event: Event

    @property
    def receipt(self) -> str:
        """What the sender was given for it."""
        return f"{self.partition}-{self.offset}"


def name_of(event: Event) -> Name:
    """The event's name."""
    return event["providerid"], event["source"], event["id"]


def content_of(event: Event) -> Any:
    """What two copies of an event have in common: equal values mean the same content."""
    return event["type"], event["subject"], instant_us(event["time"]), _plain("data", event["data"])


def verdicts(arrivals: Iterable[Arrival]) -> list[tuple[Arrival, Verdict]]:
    """Every record in the order of the log: the first of its name stands, later ones repeat or contradict it."""
    standing: dict[Name, Any] = {}
    judged: list[tuple[Arrival, Verdict]] = []
    for arrival in sorted(arrivals, key=lambda one: (one.partition, one.offset)):
        name, content = name_of(arrival.event), content_of(arrival.event)
        if name not in standing:
            standing[name] = content
            judged.append((arrival, "distinct"))
        else:
            judged.append((arrival, "duplicate" if standing[name] == content else "conflict"))
    return judged


def _plain(member: str, value: Any) -> Any:
    """A value of `data` without what doesn't count: nulls, empty lists, the order of sets, 4.0 for 4, offsets."""
    if member == "answers":
        return frozenset((answer["question"], _plain("answer", answer)) for answer in value)
    if isinstance(value, dict):
        members = ((name, _plain(name, inner)) for name, inner in value.items() if inner is not None and inner != [])
        return frozenset(members)
    if member in _SETS:
        return frozenset(_plain("item", item) for item in value)
    if member in _INSTANTS:
        return instant_us(value)
    return value  # 4 and 4.0 are equal and have one hash
