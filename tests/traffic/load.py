"""A whole load: many stories told at once, with trouble, cut into the requests that several clients send."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal

from recount.ledger import Event, Name, content_of, name_of

from traffic.cast import Provider, providers
from traffic.stories import story
from traffic.trouble import contradicting, disguised, spoilt
from traffic.writer import Writer

Mode = Literal["structured", "batch", "binary"]

_MOST_EVENTS_A_BATCH = 60
_CLOCKS = {
    "/in-time": timedelta(),
    "/days-behind": timedelta(days=-3),
    "/minutes-ahead": timedelta(minutes=3),
    "/an-hour-ahead": timedelta(hours=1),
}
"""Systems that date their events by their own clock, and how far it is ahead."""
_MOST_AHEAD = timedelta(minutes=5)
"""An event that is further ahead is refused (national model, An event)."""
_HAPPEN_AT_ANY_TIME = ("fi.feedback.request.recorded.v1", "fi.feedback.response.submitted.v1")
_DATED_CODES = ("exclusion", "trigger_source", "competence_acquisition")
"""Members with codes that are in force at some times and not at others."""
_APART = 0.01
"""How far apart, of the whole load, the events of one story are posted on average."""


@dataclass(frozen=True)
class Planned:
    """An event to post, and whether the collector has to find it valid and permitted.

    With a `clock`, the event happens when it is posted, by a clock that is so far ahead.
    """

    event: Event
    fate: Literal["valid", "invalid", "forbidden"]
    clock: timedelta | None = None


@dataclass(frozen=True)
class Posting:
    """One HTTP request."""

    mode: Mode
    planned: tuple[Planned, ...]

    @property
    def events(self) -> list[Event]:
        """The events in their order."""
        return [one.event for one in self.planned]

    def posted_now(self) -> "Posting":
        """The same, with what happens now dated by the clocks of those who say so."""
        return replace(self, planned=tuple(_dated(one) for one in self.planned))

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


def load(seed: int, *, requests: int, clients: int, clocks: bool = False) -> list[ClientLoad]:
    """A load of about `requests` requests (and some 2.7 times as many events), the same for the same seed.

    With `clocks`, some events more happen while they are posted, by clocks of which some are wrong.
    All events of a provider go through one client. An event with another content under a used id is posted after the
    first one by the same client, so that it is known which of them stands.
    """
    random = Random(seed)
    everybody = providers(random)
    return [
        _client_load(random, everybody[number::clients], everybody, requests=requests // clients, clocks=clocks)
        for number in range(clients)
    ]


def _client_load(
    random: Random, own: Sequence[Provider], everybody: Sequence[Provider], *, requests: int, clocks: bool
) -> ClientLoad:
    writers = [Writer(random, provider) for provider in own]
    strangers = [Writer(random, provider) for provider in everybody if provider not in own]
    timeline: list[tuple[float, Planned]] = []
    for _ in range(requests):
        at = random.random()
        for event in story(random.choice(writers)):
            for planned in (*_with_trouble(random, event), *(_by_clocks(random, event) if clocks else ())):
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


def _by_clocks(random: Random, event: Event) -> list[Planned]:
    """Sometimes the same thing again as events of other systems, which happen now by their clocks, in any order."""
    if random.random() > 0.04 or event["type"] not in _HAPPEN_AT_ANY_TIME or event["data"].get("exclusion"):
        return []
    data = {name: value for name, value in event["data"].items() if name not in _DATED_CODES}
    sources = random.sample(list(_CLOCKS), 3)
    return [
        Planned(
            {**event, "data": data, "source": source, "id": f"{event['id']}-again"},
            "valid" if _CLOCKS[source] < _MOST_AHEAD else "invalid",
            _CLOCKS[source],
        )
        for source in sources
    ]


def _dated(one: Planned) -> Planned:
    if one.clock is None:
        return one
    return replace(one, event={**one.event, "time": (datetime.now(UTC) + one.clock).isoformat()})


def _cut(random: Random, planned: Sequence[Planned]) -> list[Posting]:
    postings: list[Posting] = []
    begin = 0
    while begin < len(planned):
        mode: Mode = random.choice(("structured", "binary", "batch", "batch"))
        size = random.randrange(1, _MOST_EVENTS_A_BATCH) if mode == "batch" else 1
        postings.append(Posting(mode, tuple(planned[begin : begin + size])))
        begin += size
    return postings
