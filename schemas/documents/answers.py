"""The collector's answers as models: what its OpenAPI document says of them is made from these.

The services write their answers themselves; the contract tests hold real answers against these models.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.events.problems import DETAILS, ErrorCode
from schemas.national.codes import CodeLists
from schemas.national.questionnaire import Question
from schemas.national.version import Survey

_CODES = "Closed list; codes are added, never renamed.\n\n" + "\n".join(
    f"- `{code.value}`: {detail}" for code, detail in DETAILS.items()
)


class _Answer(BaseModel):
    """An answer may gain members; clients ignore those that they don't know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class EventError(_Answer):
    """One reason why an event is invalid. It never repeats a value that the sender wrote."""

    code: Annotated[ErrorCode, Field(description=_CODES)]
    pointer: str = Field(description="JSON Pointer (RFC 6901) into the event in its structured form, in every mode.")
    detail: str = Field(description="What to do, in the language of Content-Language.")


class _Verdict(_Answer):
    index: Annotated[int, Field(ge=0, description="The event's place in the batch; 0 for a single event.")]


class AcceptedEvent(_Verdict):
    """Durable: every in-sync replica of the log has it."""

    id: str
    status: Literal["accepted"]
    receipt: Annotated[str, Field(pattern=r"^[0-9]+-[0-9]+$", description="Partition and offset in the log.")]


class InvalidEvent(_Verdict):
    """Refused by the contract or the national model; it takes no id."""

    id: str | None = Field(description="null where the event has none that may be repeated.")
    status: Literal["invalid"]
    errors: Annotated[list[EventError], Field(min_length=1)]


class ForbiddenEvent(_Verdict):
    """The token doesn't name the event's provider."""

    id: str | None = Field(description="null where the event has none that may be repeated.")
    status: Literal["forbidden"]


class ConflictingEvent(_Verdict):
    """An earlier valid, permitted event of this batch has the same id and other content; that one stands."""

    id: str
    status: Literal["conflict"]


class UnconfirmedEvent(_Verdict):
    """It may or may not be stored: send the same event again, that is always safe."""

    id: str
    status: Literal["retry"]


EventVerdict = Annotated[
    AcceptedEvent | InvalidEvent | ForbiddenEvent | ConflictingEvent | UnconfirmedEvent, Field(discriminator="status")
]


class Verdicts(_Answer):
    """What became of the events, each with its own verdict, in the order of the request."""

    accepted: Annotated[int, Field(ge=0)]
    refused: Annotated[int, Field(ge=0, description="Invalid, forbidden and conflicting events.")]
    retry: Annotated[int, Field(ge=0)]
    results: list[EventVerdict]


class ProblemDocument(_Answer):
    """Whatever isn't a success (RFC 9457)."""

    type: Annotated[str, Field(pattern=r"^/problems/[a-z_]+$", description="Names the kind of problem.")]
    title: str = Field(description="The same for every occurrence of this kind.")
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str = Field(description="What to do about this occurrence.")
    instance: Annotated[str, Field(pattern=r"^/requests/[A-Za-z0-9-]+$", description="Holds the request's id.")]


class EventsProblem(ProblemDocument, Verdicts):
    """A problem document over events that were judged."""


class VersionInForce(_Answer):
    """One version of the national model."""

    version: str
    number: Annotated[int, Field(ge=1)]
    valid_from: Annotated[date, Field(alias="from", description="First Helsinki date.")]
    valid_to: Annotated[date | None, Field(alias="to", description="Last Helsinki date; null: no end yet.")]


class VersionList(_Answer):
    """The versions of the national model, oldest first."""

    versions: list[VersionInForce]


class QuestionnaireOfVersion(_Answer):
    """A questionnaire that responses may name."""

    code: str
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]


class VersionDetail(_Answer):
    """What one version of the national model asks and takes."""

    version: str
    number: Annotated[int, Field(ge=1)]
    valid_from: Annotated[date, Field(alias="from", description="First Helsinki date.")]
    surveys: list[Survey]
    questionnaires: list[QuestionnaireOfVersion]
    code_lists: CodeLists
