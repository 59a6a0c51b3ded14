"""What a batch does, computed before anything of it is written (storage: steps 1, 3 and 5 of the apply). Pure.

First every arrival gets its verdict against the ledger; then the distinct ones are folded into their requests. What
comes out are the rows to write and the deltas of the figures.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from msgspec import Struct

from services.aggregator.contribution import NOTHING, Contribution, Deltas, Rulebook, contribution
from services.aggregator.decode import Arrival, DigestKeys, Reject
from services.aggregator.merge import RequestState, merge

Verdict = Literal["distinct", "duplicate", "conflict"]

EventName = tuple[int, int, bytes]
"""Partition, provider, event key: what names an event in the ledger."""

RequestName = tuple[int, int, str]
"""Partition, provider, subject: what names a request."""

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DAY_MS = 86_400_000


class Entered(Struct, frozen=True, gc=False):
    """What the ledger already had under an event's name: the digest, and the number of the key it was made with."""

    digest: bytes
    digest_key: int


class StoredRequest(Struct, frozen=True):
    """A request as its row says: the merged state, and the contribution that was added for it."""

    state: RequestState
    added: Contribution


UNHEARD_OF = StoredRequest(RequestState(), NOTHING)


class ChangedRequest(Struct, frozen=True):
    """A request whose row has to be written: whether there is one yet, which of its registers changed, what it adds."""

    name: RequestName
    state: RequestState
    adds: Contribution
    new: bool
    background_changed: bool
    response_changed: bool


class DayBook(Struct):
    """What was read for one provider on one day: all records, and those that are no distinct event."""

    records: int = 0
    duplicate: int = 0
    conflict: int = 0
    rejected: int = 0


def event_name(arrival: Arrival, providers: Mapping[str, int]) -> EventName:
    """The name of an arrival's event."""
    return (arrival.partition, providers[arrival.provider], arrival.key)


def first_of_each(arrivals: Iterable[Arrival], providers: Mapping[str, int]) -> dict[EventName, Arrival]:
    """The first arrival under each name, by offset: the one that stands unless the ledger already has that name."""
    first: dict[EventName, Arrival] = {}
    for arrival in arrivals:
        first.setdefault(event_name(arrival, providers), arrival)
    return first


def judge_arrivals(
    arrivals: Iterable[Arrival],
    providers: Mapping[str, int],
    first: Mapping[EventName, Arrival],
    entered: Mapping[EventName, Entered],
    keys: DigestKeys,
) -> list[tuple[Arrival, Verdict]]:
    """Tell each arrival from the event that stands under its name: itself, its equal, or another content (§4)."""
    verdicts: list[tuple[Arrival, Verdict]] = []
    for arrival in arrivals:
        name = event_name(arrival, providers)
        stands = entered.get(name)
        if stands is not None:
            same = keys.digest(arrival.content, stands.digest_key) == stands.digest
        elif first[name] is arrival:
            verdicts.append((arrival, "distinct"))
            continue
        else:
            same = first[name].digest == arrival.digest
        verdicts.append((arrival, "duplicate" if same else "conflict"))
    return verdicts


def fold(
    arrivals: Iterable[Arrival],
    providers: Mapping[str, int],
    stored: Mapping[RequestName, StoredRequest],
    rules: Rulebook,
) -> tuple[list[ChangedRequest], Deltas]:
    """Fold distinct events into their requests; what comes out is in the order in which rows are locked."""
    states: dict[RequestName, RequestState] = {}
    for arrival in arrivals:
        name = (arrival.partition, providers[arrival.provider], arrival.subject)
        state = states.get(name)
        if state is None:
            state = stored.get(name, UNHEARD_OF).state
        states[name] = merge(state, arrival.register)
    changed: list[ChangedRequest] = []
    deltas = Deltas(rules)
    for name in sorted(states):
        before, state = stored.get(name, UNHEARD_OF), states[name]
        if state is before.state:
            continue
        adds = contribution(state, rules)
        if adds != before.added:
            deltas.add(name[0], name[1], before.added, -1)
            deltas.add(name[0], name[1], adds, 1)
        changed.append(
            ChangedRequest(
                name,
                state,
                adds,
                new=name not in stored,
                background_changed=state.background is not before.state.background,
                response_changed=state.response is not before.state.response,
            )
        )
    return changed, deltas


def keep_books(
    verdicts: Iterable[tuple[Arrival, Verdict]], rejects: Iterable[Reject], providers: Mapping[str, int]
) -> dict[tuple[int, int, date], DayBook]:
    """Count every record once, by partition, provider and UTC day; a reject without provider stands in no book."""
    books: dict[tuple[int, int, date], DayBook] = {}
    for arrival, verdict in verdicts:
        book = _book(books, arrival, providers[arrival.provider])
        if verdict == "duplicate":
            book.duplicate += 1
        elif verdict == "conflict":
            book.conflict += 1
    for reject in rejects:
        if reject.provider is not None:
            _book(books, reject, providers[reject.provider]).rejected += 1
    return books


def _book(books: dict[tuple[int, int, date], DayBook], record: Arrival | Reject, provider: int) -> DayBook:
    day = date.fromordinal(_EPOCH_ORDINAL + record.received_ms // _DAY_MS)
    book = books.setdefault((record.partition, provider, day), DayBook())
    book.records += 1
    return book
