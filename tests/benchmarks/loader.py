"""Fills an empty database with years of the nation by COPY, as if an aggregator had applied every event.

What a story is worth, and how its rows look, is computed by the aggregator's own pure functions; copies of it differ in
names, digests and offsets only, so that figures and books are those of the story times its copies. The records stand
in the books as those of a log that was given up (docs/recovery.md), so an aggregator may go on with a new one. The
rows are those of a database of today: whoever changes what the apply writes finds tests/integration/test_bulk_loader.py
red.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import asyncpg

from schemas.events import codec
from schemas.national.model import NationalModels
from services.aggregator import rows
from services.aggregator.contribution import Deltas, Rulebook
from services.aggregator.decode import Arrival, Decoder, DigestKeys
from services.aggregator.fold import ChangedRequest, DayBook, fold, keep_books
from services.aggregator.store import SQL, Store
from services.runtime.partitioning import partition_of

from .history import SOURCE, Asked, History, Story, id_of

PARTITIONS: Final = 16
FORMER_LOG: Final = "bulk-load"
_LANES: Final = 2
# What differs from copy to copy in a row.
_L_KEY, _L_DIGEST, _L_OFFSET, _L_SUBJECT = map(
    rows.LEDGER_COLUMNS.index, ("event_key", "digest", "log_offset", "subject")
)
_R_SUBJECT, _R_BACKGROUND, _R_RESPONSE = map(rows.REQUEST_COLUMNS.index, ("subject", "background_key", "response_key"))
_DELAY_MS: Final = 3_600_000
"""From an event's own time to the broker's."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the log, as a consumer would hand it over."""

    partition: int
    offset: int
    timestamp: int
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load brought, and how long it took."""

    requests: int
    events: int
    seconds: float


@dataclass(slots=True)
class Chunk:
    """What one provider and one period bring: whole rows, and the sums of figures and books."""

    deltas: Deltas
    ledger: list[rows.Row] = field(default_factory=list)
    requests: list[rows.Row] = field(default_factory=list)
    records: Counter[tuple[int, int, date]] = field(default_factory=Counter)

    def add(self, deltas: Deltas, times: int) -> None:
        """Add the changes of figures so many times."""
        for key, sums in deltas.months.items():
            self.deltas.months[key] = _sum(self.deltas.months.get(key), sums, times)
        for answers_key, (heads, days) in deltas.answers.items():
            standing = self.deltas.answers.get(answers_key, (None, None))
            self.deltas.answers[answers_key] = (_sum(standing[0], heads, times), _sum(standing[1], days, times))


def _sum(standing: Sequence[int] | None, added: Sequence[int], times: int) -> list[int]:
    return [a + times * b for a, b in zip(standing or [0] * len(added), added, strict=True)]


class Writer:
    """Turns stories into rows; offsets run on in each partition."""

    def __init__(self, models: NationalModels, keys: DigestKeys) -> None:
        self._models = models
        self._rules = Rulebook(models)
        self._keys = keys
        self._decoder = Decoder(models, keys, PARTITIONS)
        self.offsets: Counter[int] = Counter()

    def chunk(self, asked: Iterable[Asked], oids: Mapping[str, int], stories_a_cell: int) -> Chunk:
        """All rows that one provider's requests bring."""
        chunk = Chunk(Deltas(self._rules))
        for cell in asked:
            stories = list(cell.stories(self._models, stories_a_cell))
            told = [self._arrivals(story) for story in stories]
            least = stories[-1].copies
            changed = self._count(chunk, told, least, oids)
            self._count(chunk, [t for story, t in zip(stories, told, strict=True) if story.copies > least], 1, oids)
            for story, arrivals, change in zip(stories, told, changed, strict=True):
                self._copy(chunk, story, arrivals, change, oids)
        chunk.ledger.sort(key=lambda row: row[_L_KEY])
        return chunk

    def _arrivals(self, story: Story) -> list[Arrival]:
        """A story's events as the decoder gives them."""
        return [self._arrival(record) for record in records_of(story.copy(0), 0)]

    def _arrival(self, record: Record) -> Arrival:
        decoded = self._decoder.decode(record)
        assert isinstance(decoded, Arrival), decoded
        return decoded

    def _count(
        self, chunk: Chunk, told: Iterable[Sequence[Arrival]], times: int, oids: Mapping[str, int]
    ) -> list[ChangedRequest]:
        """Add so many times what these stories are worth; their requests, in the order of their subjects."""
        arrivals = [arrival for story in told for arrival in story]
        changed, deltas = fold(arrivals, oids, {}, self._rules)
        chunk.add(deltas, times)
        for day, book in keep_books([(arrival, "distinct") for arrival in arrivals], (), oids).items():
            chunk.records[day] += book.records * times
        return changed

    def _copy(
        self, chunk: Chunk, story: Story, told: Sequence[Arrival], change: ChangedRequest, oids: Mapping[str, int]
    ) -> None:
        """Add the rows of every copy of a story; `told` and `change` are those of the first."""
        partition, provider, first_subject = change.name
        number = self._keys.newest
        contents = [arrival.content.split(first_subject.encode()) for arrival in told]
        entries = [rows.ledger_row((partition, provider, one.key), one, number) for one in told]
        request = rows.new_request_row(change, oids, self._rules.number)
        for copy in range(story.copies):
            subject = story.subject_of(copy)
            name = subject.encode()
            keys: dict[bytes | None, bytes | None] = {None: None}
            for index, (first, entry, (before, after)) in enumerate(zip(told, entries, contents, strict=True)):
                key = keys[first.key] = codec.event_key(SOURCE, id_of(subject, index))
                row = list(entry)
                row[_L_KEY], row[_L_DIGEST] = key, self._keys.digest(before + name + after, number)
                row[_L_OFFSET], row[_L_SUBJECT] = self.offsets[partition], subject
                chunk.ledger.append(tuple(row))
                self.offsets[partition] += 1
            row = list(request)
            row[_R_SUBJECT] = subject
            row[_R_BACKGROUND], row[_R_RESPONSE] = keys[row[_R_BACKGROUND]], keys[row[_R_RESPONSE]]
            chunk.requests.append(tuple(row))


def records_of(events: Iterable[codec.Event], first_offset: int) -> Iterator[Record]:
    """The events as they stood in the log that is loaded."""
    for offset, event in enumerate(events, first_offset):
        partition = partition_of(event.providerid, PARTITIONS)
        yield Record(partition, offset, codec.time_us(event) // 1000 + _DELAY_MS, codec.encode(event))


async def load(dsn: str, history: History, models: NationalModels, keys: DigestKeys) -> Loaded:
    """Load a history into an empty, migrated database, as its owner."""
    began = time.perf_counter()
    connections = [await asyncpg.connect(dsn) for _ in range(_LANES)]
    try:
        await _prepare(connections[0], history, models, keys)
        oids = {row["oid"]: row["id"] for row in await connections[0].fetch("SELECT oid, id FROM feedback.oid")}
        writer = Writer(models, keys)
        async with asyncio.TaskGroup() as lanes:
            loading = [
                lanes.create_task(_load_lane(connection, history, writer, oids, lane))
                for lane, connection in enumerate(connections)
            ]
        await connections[0].execute("VACUUM (ANALYZE)")
        requests = sum(task.result() for task in loading)
        return Loaded(requests, writer.offsets.total(), time.perf_counter() - began)
    finally:
        await asyncio.gather(*(connection.close() for connection in connections))


async def _prepare(connection: Any, history: History, models: NationalModels, keys: DigestKeys) -> None:
    """What an aggregator writes before its first record, the numbers of all OIDs, and the log that is given up."""
    store = Store(connection, Rulebook(models), keys, PARTITIONS)
    await store.prepare_partitions(range(PARTITIONS))
    await store.register_questionnaires()
    places = (place for provider in history.providers for place in history.places(provider))
    others = {oid for place in places for oid in (place.institution_oid, place.site_oid) if oid is not None}
    oids = sorted(history.providers.keys() | others)
    homes = [partition_of(oid, PARTITIONS) if oid in history.providers else None for oid in oids]
    await connection.execute(SQL["intern_oids"], oids, homes)
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO feedback.former_log (partition, log, topic, log_id, first_offset, next_offset, adopted_at)"
            " SELECT partition, log, $1, $1, 0, 0, clock_timestamp() FROM feedback.fence",
            FORMER_LOG,
        )
        await connection.execute("UPDATE feedback.fence SET log = log + 1")


async def _load_lane(connection: Any, history: History, writer: Writer, oids: Mapping[str, int], lane: int) -> int:
    """Load every other partition, a provider after the other; how many requests that were."""
    await connection.execute("SET synchronous_commit = off")
    requests = 0
    mine = {provider: p for provider in oids if (p := partition_of(provider, PARTITIONS)) % _LANES == lane}
    for provider in sorted(mine.keys() & history.providers.keys(), key=lambda oid: (mine[oid], oids[oid])):
        for period in history.periods:
            asked = history.asked(provider, period)
            if not asked:
                continue
            chunk = writer.chunk(asked, oids, history.stories_a_cell)
            async with connection.transaction():
                await _write(connection, mine[provider], chunk)
                await connection.execute(
                    "UPDATE feedback.former_log SET next_offset = $2 WHERE partition = $1",
                    mine[provider],
                    writer.offsets[mine[provider]],
                )
            requests += len(chunk.requests)
    return requests


async def _write(connection: Any, partition: int, chunk: Chunk) -> None:
    for table, columns, written in (
        (f"ledger_{partition}", rows.LEDGER_COLUMNS, chunk.ledger),
        (f"request_{partition}", rows.REQUEST_COLUMNS, chunk.requests),
    ):
        await connection.copy_records_to_table(table, schema_name="feedback", columns=columns, records=written)
    books = {day: DayBook(records) for day, records in chunk.records.items()}
    for statement, summed in (
        ("add_month_figures", rows.month_figure_rows(chunk.deltas)),
        ("add_month_answers", rows.month_answers_rows(chunk.deltas)),
        ("add_provider_days", rows.provider_day_rows(books)),
    ):
        if summed:
            await connection.execute(SQL[statement], *rows.columns(summed, len(summed[0])))
