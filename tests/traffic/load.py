"""A whole load: many stories told at once, with trouble, cut into the requests that several clients send."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from recount.ledger import Event, Name, content_of, name_of

from traffic.cast import Provider, providers
from traffic.stories import story
from traffic.trouble import contradicting, disguised, spoilt
from traffic.writer import Writer

Mode = Literal["structured", "batch", "binary"]

_MOST_EVENTS_A_BATCH = 60
_APART = 0.01
"""How far apart, of the whole load, the events of one story are posted on average."""


@dataclass(frozen=True)
class Planned:
    """An event to post, and whether the collector has to find it valid and permitted."""

    event: Event
    fate: Literal["valid", "invalid", "forbidden"]


@dataclass(frozen=True)
class Posting:
    """One HTTP request."""

    mode: Mode
    planned: tuple[Planned, ...]

    @property
    def events(self) -> list[Event]:
        """The events in their order."""
        return [one.event for one in self.planned]

    @property
    def expected(self) -> list[str]:
        """The status that each event has to get; a later content under an id of this batch is a conflict."""
        taken: dict[Name, Any] = {}
        statuses: list[str] = []
        for one in self.planned:
            if one.fate != "valid":
                statuses.append(one.fate)
                continue
            content = content_of(one.event)
            first = taken.setdefault(name_of(one.event), content)
            statuses.append("accepted" if first == content else "conflict")
        return statuses


@dataclass(frozen=True)
class ClientLoad:
    """What one client posts, one request after the other, and the providers that its token names."""

    organisations: tuple[str, ...]
    postings: tuple[Posting, ...]


def load(seed: int, *, requests: int, clients: int) -> list[ClientLoad]:
    """A load of about `requests` requests (and some 2.7 times as many events), the same for the same seed.

    All events of a provider go through one client. An event with another content under a used id is posted after the
    first one by the same client, so that it is known which of them stands.
    """
    random = Random(seed)
    everybody = providers(random)
    return [
        _client_load(random, everybody[number::clients], everybody, requests=requests // clients)
        for number in range(clients)
    ]


def _client_load(
    random: Random, own: Sequence[Provider], everybody: Sequence[Provider], *, requests: int
) -> ClientLoad:
    writers = [Writer(random, provider) for provider in own]
    strangers = [Writer(random, provider) for provider in everybody if provider not in own]
    timeline: list[tuple[float, Planned]] = []
    for _ in range(requests):
        at = random.random()
        for event in story(random.choice(writers)):
            for planned in _with_trouble(random, event):
                at += random.expovariate(1 / _APART)
                timeline.append((at, planned))
        if strangers and random.random() < 0.01:
            timeline += [(at, Planned(event, "forbidden")) for event in story(random.choice(strangers))]
    timeline.sort(key=lambda item: item[0])
    postings = _cut(random, [planned for _, planned in timeline])
    return ClientLoad(tuple(provider.oid for provider in own), tuple(postings))


def _with_trouble(random: Random, event: Event) -> list[Planned]:
    """The event, perhaps after an invalid one of its name, and perhaps followed by copies and contradictions."""
    before = [Planned(spoilt(event, random), "invalid")] if random.random() < 0.03 else []
    after: list[Planned] = []
    if random.random() < 0.06:
        after.append(Planned(event, "valid"))
    if random.random() < 0.06:
        after.append(Planned(disguised(event, random), "valid"))
    if random.random() < 0.04:
        other = contradicting(event, random)
        after += [Planned(other, "valid")] * random.choice((1, 1, 2))
    random.shuffle(after)
    return [*before, Planned(event, "valid"), *after]


def _cut(random: Random, planned: Sequence[Planned]) -> list[Posting]:
    postings: list[Posting] = []
    begin = 0
    while begin < len(planned):
        mode: Mode = random.choice(("structured", "binary", "batch", "batch"))
        size = random.randrange(1, _MOST_EVENTS_A_BATCH) if mode == "batch" else 1
        postings.append(Posting(mode, tuple(planned[begin : begin + size])))
        begin += size
    return postings
