"""Registers and states as the aggregator holds them, and events decoded by its own decoder."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schemas.events.instants import parse_instant
from schemas.national.layout import layout
from schemas.national.model import load_models
from services.aggregator.contribution import Rulebook
from services.aggregator.decode import Arrival, Decoder, DigestKeys
from services.aggregator.merge import BackgroundRegister, Facts, Particulars, RequestState, ResponseRegister
from services.runtime.partitioning import partition_of

from .events import PROVIDER, body

MODELS = load_models()
RULES = Rulebook(MODELS)
KEYS = DigestKeys({1: b"1" * 32})
DECODER = Decoder(MODELS, KEYS, 16)


@dataclass
class Record:
    """A record of the log, as a consumer hands it over."""

    value: bytes | None
    offset: int = 0
    partition: int = partition_of(PROVIDER, 16)
    timestamp: int = 1_764_000_000_000
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)


def arrival(event: dict[str, Any], offset: int = 0) -> Arrival:
    """The event as the decoder gives it."""
    decoded = DECODER.decode(Record(body(event), offset, partition_of(event["providerid"], 16)))
    assert isinstance(decoded, Arrival), decoded
    return decoded


def facts(**members: Any) -> Facts:
    plain = {
        "survey_kind": "start",
        "trigger_date": date(2025, 8, 11),
        "valid_from": date(2025, 8, 11),
        "valid_to": date(2025, 9, 9),
        "exclusion": None,
        "work_period_end": None,
        "duration_days": 0,
        "entrepreneur": False,
    }
    return Facts(**plain | members)


def background(at: str = "2025-08-11T06:30:00Z", **members: Any) -> BackgroundRegister:
    return BackgroundRegister(
        parse_instant(at), False, b"b" * 16, facts(**members), Particulars(None, None, "351301", None)
    )


def response(
    answered_at: str = "2025-08-14T15:00:00Z", questionnaire: str = "start-2025", **slots: int
) -> ResponseRegister:
    """A response whose slots, by question, hold these values; everything else isn't answered."""
    known = MODELS.questionnaire(questionnaire)
    assert known is not None
    form = layout(known)
    row = bytearray(len(form.slots))
    for question, value in slots.items():
        row[form.slot_of[question]] = value
    at_us = parse_instant(answered_at)
    return ResponseRegister(at_us, False, b"r" * 16, known.number, at_us, bytes(row))


def state(
    background_register: BackgroundRegister | None = None, response_register: ResponseRegister | None = None
) -> RequestState:
    return RequestState(background_register, response_register)
