"""The one fast codec that collector and aggregator share: events as frozen structs, in and out of JSON.

`decode` only ever says "surely of the contract's shape" or nothing; whatever it doesn't take goes to the pydantic
models, which judge and explain. It may refuse what they take (an extension attribute, `4.0`), never the other way
round; property tests hold both together. `encode` writes what was understood, in one form, and nothing else travels.
"""

import datetime as dt
from functools import cache
from hashlib import sha256
from typing import Annotated, Final, Literal, cast

import msgspec
from msgspec import Meta, Struct

from schemas.events import types
from schemas.events.instants import canonical_instant, parse_instant
from schemas.events.personal import holds_personal_identifier
from schemas.national.surveys import SurveyKind

FORM: Final = 1
"""The number of the form in which `content` writes an event. A change of that form is a new number."""

_Identifier = Annotated[str, Meta(pattern=types.whole(types.IDENTIFIER_PATTERN))]
_Source = Annotated[str, Meta(pattern=types.whole(types.SOURCE_PATTERN))]
_Oid = Annotated[str, Meta(pattern=types.whole(types.OID_PATTERN))]
_BusinessId = Annotated[str, Meta(pattern=types.whole(types.BUSINESS_ID_PATTERN))]
_Qualification = Annotated[str, Meta(pattern=types.whole(types.QUALIFICATION_PATTERN))]
_Unit = Annotated[str, Meta(pattern=types.whole(types.UNIT_PATTERN))]
_CompetenceArea = Annotated[str, Meta(pattern=types.whole(types.COMPETENCE_AREA_PATTERN))]
_Percentage = Annotated[int, Meta(ge=1, le=100)]
_Days = Annotated[int, Meta(ge=0, le=3_652_059)]
_Score = Annotated[int, Meta(ge=1, le=5)]
_NpsAnswer = Annotated[int, Meta(ge=0, le=10)]
# Codes of the national model and of questionnaires are looked up in judgement, so their pattern needn't be checked.


@cache
def _tag(of: type[Struct]) -> str:
    """By what a struct is told from the others of its union; asking msgspec builds the whole configuration anew."""
    return str(of.__struct_config__.tag)


class Background(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False, tag_field="survey_kind"
):
    """What every request tells about its background. Sets are tuples; after `normalise` sorted, each item once."""

    institution_oid: _Oid | None = None
    site_oid: _Oid | None = None
    commissioned_provider_oid: _Oid | None = None
    qualification: _Qualification
    competence_areas: tuple[_CompetenceArea, ...] = ()
    qualification_language: Literal["fi", "sv", "en"] | None = None
    trigger_date: dt.date
    trigger_source: str | None = None
    valid_from: dt.date
    valid_to: dt.date
    exclusion: str | None = None

    @property
    def survey_kind(self) -> SurveyKind:
        """One of the five survey kinds (§2)."""
        return cast("SurveyKind", _tag(type(self)))


class StudentBackground(Background, frozen=True, kw_only=True):
    """A student's request."""

    competence_acquisition: str | None = None


class Interruption(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Days of a work period that don't count, both ends included; no end: to the period's end."""

    start: dt.date
    end: dt.date | None = None


class EmployerBackground(Background, frozen=True, kw_only=True):
    """A workplace instructor's or a workplace's request."""

    employer_business_id: _BusinessId
    work_period_start: dt.date
    work_period_end: dt.date
    part_time_percentage: _Percentage | None = None
    contract_type: Literal["training_agreement", "apprenticeship"]
    apprenticeship_basis: Literal["employment", "entrepreneur"] | None = None
    interruptions: tuple[Interruption, ...] = ()
    qualification_unit: _Unit | None = None
    duration_days: _Days


class Start(StudentBackground, frozen=True, kw_only=True, tag="start"):
    """The start survey."""


class CompletionWhole(StudentBackground, frozen=True, kw_only=True, tag="completion_whole"):
    """The completion survey after a whole qualification."""


class CompletionParts(StudentBackground, frozen=True, kw_only=True, tag="completion_parts"):
    """The completion survey after parts of a qualification."""


class WorkplaceInstructor(EmployerBackground, frozen=True, kw_only=True, tag="workplace_instructor"):
    """The workplace instructor's survey."""


class Workplace(EmployerBackground, frozen=True, kw_only=True, tag="workplace"):
    """The workplace survey."""


class Answer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A question and its answer; judgement sees to it that it is exactly one."""

    question: str
    score: _Score | None = None
    dont_know: bool | None = None
    nps: _NpsAnswer | None = None
    choice: str | None = None
    choices: tuple[str, ...] = ()


class Response(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The answers of one respondent. After `normalise` they are sorted by question."""

    questionnaire: str
    answered_at: str
    answers: Annotated[tuple[Answer, ...], Meta(min_length=1)]


class Reason(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Why a request is cancelled or a response withdrawn."""

    reason: str


class _Event(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False, tag_field="type"
):
    specversion: Literal["1.0"]
    id: _Identifier
    source: _Source
    time: str
    providerid: _Oid
    subject: _Identifier
    datacontenttype: Literal["application/json"] = "application/json"  # the default, so it is never written

    @property
    def type(self) -> str:
        """The value of the CloudEvents attribute `type`."""
        return _tag(type(self))


class RequestRecorded(_Event, frozen=True, kw_only=True, tag="fi.feedback.request.recorded.v1"):
    """This request exists and this is its background."""

    data: Start | CompletionWhole | CompletionParts | WorkplaceInstructor | Workplace


class RequestCancelled(_Event, frozen=True, kw_only=True, tag="fi.feedback.request.cancelled.v1"):
    """The request should not have existed."""

    data: Reason


class ResponseSubmitted(_Event, frozen=True, kw_only=True, tag="fi.feedback.response.submitted.v1"):
    """The respondent answered."""

    data: Response


class ResponseWithdrawn(_Event, frozen=True, kw_only=True, tag="fi.feedback.response.withdrawn.v1"):
    """The answers are to be forgotten."""

    data: Reason


Event = RequestRecorded | RequestCancelled | ResponseSubmitted | ResponseWithdrawn

_decoder: Final = msgspec.json.Decoder(Event)
_encoder: Final = msgspec.json.Encoder()


def decode(raw: bytes | memoryview) -> Event | None:
    """The event as it was sent, times in their canonical form; None when it isn't surely of the contract's shape."""
    try:
        event: Event = _decoder.decode(raw)
        time = canonical_instant(event.time)
        if holds_personal_identifier(f"{event.id} {event.subject} {event.source}"):
            return None
        if isinstance(event, ResponseSubmitted):
            answered_at = canonical_instant(event.data.answered_at)
            if answered_at != event.data.answered_at:
                event = msgspec.structs.replace(
                    event, data=msgspec.structs.replace(event.data, answered_at=answered_at)
                )
        return event if time == event.time else msgspec.structs.replace(event, time=time)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # ValueError: an instant, or bytes that aren't UTF-8
        return None


def normalise(event: Event) -> Event:
    """The event in the one form that is published and compared: sets sorted, answers by question code (§4)."""
    data = event.data
    if isinstance(data, Response):
        if _is_normal(data.answers):
            return event
        answers = sorted((_normal_answer(answer) for answer in data.answers), key=lambda answer: answer.question)
        return msgspec.structs.replace(event, data=msgspec.structs.replace(data, answers=tuple(answers)))
    if isinstance(data, Background) and data.competence_areas:
        areas = tuple(sorted(set(data.competence_areas)))
        if areas != data.competence_areas:
            data = msgspec.structs.replace(data, competence_areas=areas)
    if isinstance(data, EmployerBackground) and data.interruptions:
        data = msgspec.structs.replace(data, interruptions=_set_of_interruptions(data.interruptions))
    return event if data is event.data else msgspec.structs.replace(event, data=data)


def _is_normal(answers: tuple[Answer, ...]) -> bool:
    """Whether these answers are sorted and so are the choices of each: true of everything that we published."""
    before = ""
    for answer in answers:
        if answer.question < before or (answer.choices and _normal_answer(answer) != answer):
            return False
        before = answer.question
    return True


def _normal_answer(answer: Answer) -> Answer:
    if len(answer.choices) <= 1:
        return answer
    return msgspec.structs.replace(answer, choices=tuple(sorted(set(answer.choices))))


def _set_of_interruptions(interruptions: tuple[Interruption, ...]) -> tuple[Interruption, ...]:
    spans = {(interruption.start, interruption.end) for interruption in interruptions}
    ordered = sorted(spans, key=lambda span: (span[0], span[1] or dt.date.max, span[1] is None))
    return tuple(Interruption(start, end) for start, end in ordered)


def encode(event: Event) -> bytes:
    """The event as structured CloudEvents JSON, in our own encoding: what travels in Kafka."""
    return _encoder.encode(event)


def content(event: Event) -> bytes:
    """What two copies of one event have in common: type, subject, time and data of a normalised event (§4)."""
    return _encoder.encode((event.type, event.subject, event.time, event.data))


def event_key(source: str, event_id: str) -> bytes:
    """The first 16 bytes of SHA-256 of source, 0x1F, id: an event's name within its provider (§4, Merging)."""
    return sha256(f"{source}\x1f{event_id}".encode()).digest()[:16]


def time_us(event: Event) -> int:
    """The event's `time` in microseconds since 1970."""
    return parse_instant(event.time)
