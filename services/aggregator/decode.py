"""From a record of the log to an event that can be applied, or to the reason why it can't.

Pure, and deaf to the clock, so that a replay gives the same. The checks are those of the collector (`read_event`):
a record that fails them here was written by something else, or by a collector with another model.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Final, Literal, Protocol

import msgspec
from msgspec import Struct

from schemas.events import codec
from schemas.events.codec import (
    Background,
    EmployerBackground,
    Event,
    RequestCancelled,
    RequestRecorded,
    Response,
    ResponseSubmitted,
)
from schemas.events.instants import parse_instant
from schemas.events.reading import NotJson, Refusal, read_event
from schemas.national.layout import CHOSEN, DONT_KNOW, Layout, layout
from schemas.national.model import NationalModels
from services.aggregator.merge import BackgroundRegister, Facts, Particulars, Register, ResponseRegister
from services.runtime.partitioning import partition_of

_DIGEST_BYTES: Final = 16
_NUMBER_BYTES: Final = 2
_MODEL: Final = re.compile(rb"[0-9]{1,5}")

_encoder: Final = msgspec.json.Encoder()
_ABSENT: Final = (None, ())
_PLACED: Final = ("institution_oid", "site_oid", "qualification")
_FACTS: Final = (
    "survey_kind",
    "trigger_date",
    "valid_from",
    "valid_to",
    "exclusion",
    "work_period_end",
    "duration_days",
)


class Record(Protocol):
    """What is read of a record of the log; `timestamp` is the broker's, in milliseconds since 1970."""

    partition: int
    offset: int
    timestamp: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Arrival(Struct, frozen=True, gc=False):
    """A valid event, and where it stands in the log.

    `content` is what two copies of one event have in common, `digest` its digest under the newest key.
    """

    partition: int
    offset: int
    received_ms: int
    provider: str
    key: bytes
    content: bytes
    digest: bytes
    subject: str
    register: Register


class Reject(Struct, frozen=True, gc=False):
    """A record that can't be applied: a reason code, pointers to what is wrong, and its name as far as it has one."""

    partition: int
    offset: int
    received_ms: int
    reason: str
    pointers: tuple[str, ...] = ()
    provider: str | None = None
    key: bytes | None = None


class Newer(Struct, frozen=True):
    """A collector of a later release wrote the record: its partition has to wait for an upgrade.

    `newer_model`: that collector knew a newer model than this process does, by the record's header. `newer_type`: the
    type is of our own namespace and not known here. Collectors write no types but their own, so it was none of a
    sender's mistakes, and to quarantine it would lose an event that was acknowledged.
    """

    partition: int
    offset: int
    reason: Literal["newer_model", "newer_type"]


class DigestKeys(Struct, frozen=True):
    """The secret keys of digests by number; the newest number signs, the others still compare."""

    keys: dict[int, bytes]

    @property
    def newest(self) -> int:
        """The number of the key that new digests are made with."""
        return max(self.keys)

    def digest(self, content: bytes, number: int) -> bytes:
        """The keyed digest of a content, 16 bytes. Raises LookupError for a key that isn't there any more."""
        if number not in self.keys:
            raise LookupError(f"DIGEST_KEYS has no key {number}, with which rows were written: give it back")
        return blake2b(content, digest_size=_DIGEST_BYTES, key=self.keys[number]).digest()


class Decoder:
    """Decodes records for one partitioned topic under the models that this process knows."""

    def __init__(self, models: NationalModels, keys: DigestKeys, partitions: int) -> None:
        self._models = models
        self._newest = models.newest.number
        self._keys = keys
        self._partitions = partitions

    def decode(self, record: Record) -> Arrival | Reject | Newer:
        """One record; every outcome is a value."""
        model = _model_of(record)
        if model is None:
            return Reject(record.partition, record.offset, record.timestamp, "malformed_header")
        if model > self._newest:
            return Newer(record.partition, record.offset, "newer_model")
        try:
            event = read_event(record.value or b"", self._models)
        except NotJson:
            return Reject(record.partition, record.offset, record.timestamp, "not_json")
        if isinstance(event, Refusal):
            return self._refused(record, event)
        key = codec.event_key(event.source, event.id)
        if partition_of(event.providerid, self._partitions) != record.partition:
            # The provider's rows belong to another partition's writer, so the reject stands under no provider.
            return Reject(record.partition, record.offset, record.timestamp, "wrong_partition", ("/providerid",))
        content = codec.content(event)
        return Arrival(
            record.partition,
            record.offset,
            record.timestamp,
            event.providerid,
            key,
            content,
            self._keys.digest(content, self._keys.newest),
            event.subject,
            self._register(event, key),
        )

    def fingerprint(self, record: Record) -> bytes:
        """By which the fence remembers the last record it passed: the key's number, two bytes, and the keyed digest."""
        return _fingerprint(record, self._keys, self._keys.newest)

    def doubts(self, record: Record, fingerprint: bytes) -> Literal["digest_key_missing", "another_record"] | None:
        """Why this may not be the record that the fence remembers; None when it is, under whichever key."""
        number = int.from_bytes(fingerprint[:_NUMBER_BYTES])
        if number not in self._keys.keys:
            return "digest_key_missing"
        return None if _fingerprint(record, self._keys, number) == fingerprint else "another_record"

    def _refused(self, record: Record, refusal: Refusal) -> Reject | Newer:
        if refusal.newer_type:
            return Newer(record.partition, record.offset, "newer_type")
        key = provider = None
        if refusal.source is not None and refusal.id is not None:
            key = codec.event_key(refusal.source, refusal.id)
        if refusal.provider is not None and partition_of(refusal.provider, self._partitions) == record.partition:
            provider = refusal.provider
        pointers = tuple(problem.pointer for problem in refusal.problems)
        reason = refusal.problems[0].code.value
        return Reject(record.partition, record.offset, record.timestamp, reason, pointers, provider, key)

    def _register(self, event: Event, key: bytes) -> Register:
        at_us = codec.time_us(event)
        if isinstance(event, RequestRecorded):
            data = event.data
            return BackgroundRegister(at_us, False, key, _facts(data), _particulars(data))
        if isinstance(event, ResponseSubmitted):
            return self._submitted(event.data, at_us, key)
        if isinstance(event, RequestCancelled):
            return BackgroundRegister(at_us, True, key, cancellation=event.data.reason)
        return ResponseRegister(at_us, True, key, withdrawal=event.data.reason)

    def _submitted(self, data: Response, at_us: int, key: bytes) -> ResponseRegister:
        questionnaire = self._models.questionnaire(data.questionnaire)
        assert questionnaire is not None  # read_event judged it
        return ResponseRegister(
            at_us,
            False,
            key,
            questionnaire.number,
            parse_instant(data.answered_at),
            encode_answers(data, layout(questionnaire)),
        )


def _fingerprint(record: Record, keys: DigestKeys, number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES) + keys.digest(record.value or b"", number)


def _model_of(record: Record) -> int | None:
    """The newest model number that the record's collector knew; 0 without one, None when it is no such number."""
    for name, value in record.headers:
        if name == "model":
            return _number(value)
    return 0


@lru_cache(maxsize=64)
def _number(text: bytes | None) -> int | None:
    return int(text) if text is not None and _MODEL.fullmatch(text) else None


def _facts(data: Background) -> Facts:
    employer = data if isinstance(data, EmployerBackground) else None
    return Facts(
        data.survey_kind,
        data.trigger_date,
        data.valid_from,
        data.valid_to,
        data.exclusion,
        employer.work_period_end if employer else None,
        employer.duration_days if employer else 0,
        employer is not None and employer.apprenticeship_basis == "entrepreneur",
    )


def _particulars(data: Background) -> Particulars:
    rest = {name: value for name in _unread_members(type(data)) if (value := getattr(data, name)) not in _ABSENT}
    return Particulars(
        data.institution_oid, data.site_oid, data.qualification, _encoder.encode(rest).decode() if rest else None
    )


@cache
def _unread_members(background: type[Background]) -> tuple[str, ...]:
    """The members of a background that no rule reads; whatever a later version of the contract adds is among them."""
    return tuple(name for name in background.__struct_fields__ if name not in (*_PLACED, *_FACTS))


def encode_answers(data: Response, form: Layout) -> bytes:
    """The answers as one byte a slot, 0 for none; the values are those of `schemas.national.layout`."""
    row = bytearray(len(form.slots))
    for answer in data.answers:
        slot = form.slot_of[answer.question]
        if answer.score is not None:
            row[slot] = answer.score
        elif answer.nps is not None:
            row[slot] = answer.nps + 1
        elif answer.choice is not None:
            row[slot] = form.choice_index[answer.question][answer.choice] + 1
        elif answer.choices:
            row[slot] = CHOSEN
            for choice in answer.choices:
                row[slot + 1 + form.choice_index[answer.question][choice]] = CHOSEN
        else:
            row[slot] = DONT_KNOW
    return bytes(row)
