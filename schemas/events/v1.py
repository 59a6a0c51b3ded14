"""Version 1 of the four event types: the contract, as pydantic models (national model §4).

The JSON Schemas and the documents are generated from these models, and they explain what is wrong with an event.
Rules that need the national model's data stand in `schemas.events.judgement`.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.events.envelope import Envelope
from schemas.events.types import (
    BusinessId,
    Code,
    CompetenceArea,
    Date,
    Days,
    DontKnow,
    Instant,
    Language,
    NpsAnswer,
    OrganisationOid,
    Percentage,
    Qualification,
    QualificationUnit,
    QuestionnaireCode,
    Score,
)


class _Data(BaseModel):
    """Members that the type doesn't name are refused; nothing is converted from another JSON type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Background(_Data):
    """What every survey kind's request tells about its background."""

    institution_oid: OrganisationOid | None = Field(default=None, description="The institution (oppilaitos).")
    site_oid: OrganisationOid | None = Field(default=None, description="The site (toimipiste).")
    commissioned_provider_oid: OrganisationOid | None = Field(
        default=None, description="Who gives commissioned education (hankintakoulutus); no part in any figure."
    )
    qualification: Qualification = Field(description="The qualification, six digits as text.")
    competence_areas: list[CompetenceArea] | None = Field(default=None, description="Competence areas, a set.")
    qualification_language: Language | None = Field(default=None, description="The language of the qualification.")
    trigger_date: Date = Field(description="The day of the event that triggers the survey (heräte).")
    trigger_source: Code | None = Field(default=None, description="What triggered it; a code of the national model.")
    valid_from: Date = Field(description="First day of the response window, in Finland.")
    valid_to: Date = Field(description="Last day of the response window, in Finland.")
    exclusion: Code | None = Field(default=None, description="Why the request is excluded; none: it is not.")


class StudentRequest(_Background):
    """The background of a student's request."""

    survey_kind: Literal["start", "completion_whole", "completion_parts"]
    competence_acquisition: Code | None = Field(default=None, description="The way of obtaining the competence.")


class Interruption(_Data):
    """Days of a work period that don't count; without an end it lasts to the period's end."""

    start: Date
    end: Date | None = None


class EmployerRequest(_Background):
    """The background of a workplace instructor's or a workplace's request: one work period."""

    survey_kind: Literal["workplace_instructor", "workplace"]
    employer_business_id: BusinessId = Field(description="The employer's business id (Y-tunnus).")
    work_period_start: Date
    work_period_end: Date
    part_time_percentage: Percentage | None = Field(
        default=None, description="Whole percent; needed when the period ends after 2023-06-30."
    )
    contract_type: Literal["training_agreement", "apprenticeship"]
    apprenticeship_basis: Literal["employment", "entrepreneur"] | None = None
    interruptions: list[Interruption] | None = Field(default=None, description="Interruptions, a set.")
    qualification_unit: QualificationUnit | None = None
    duration_days: Days = Field(description="Weighted days (§6): from 0 to the calendar days of the period.")


class Answer(_Data):
    """A question with exactly one of score, dont_know, nps, choice and choices."""

    question: Code
    score: Score | None = None
    dont_know: DontKnow | None = None
    nps: NpsAnswer | None = None
    choice: Code | None = None
    choices: list[Code] | None = Field(default=None, description="Choices, a set.")


class Response(_Data):
    """The answers of one respondent to one questionnaire."""

    questionnaire: QuestionnaireCode
    answered_at: Instant = Field(description="When the respondent answered, with an offset.")
    answers: Annotated[list[Answer], Field(min_length=1)]


class Reason(_Data):
    """Why a request is cancelled or a response withdrawn; a code of the national model."""

    reason: Code


class RequestRecorded(Envelope):
    """This request exists and this is its background; sent again, it replaces the whole background."""

    TYPE: ClassVar = "fi.feedback.request.recorded.v1"
    type: Literal["fi.feedback.request.recorded.v1"]
    data: Annotated[StudentRequest | EmployerRequest, Field(discriminator="survey_kind")]


class RequestCancelled(Envelope):
    """The request should not have existed."""

    TYPE: ClassVar = "fi.feedback.request.cancelled.v1"
    type: Literal["fi.feedback.request.cancelled.v1"]
    data: Reason


class ResponseSubmitted(Envelope):
    """The respondent answered; sent again, it replaces the answers."""

    TYPE: ClassVar = "fi.feedback.response.submitted.v1"
    type: Literal["fi.feedback.response.submitted.v1"]
    data: Response


class ResponseWithdrawn(Envelope):
    """The answers are to be forgotten."""

    TYPE: ClassVar = "fi.feedback.response.withdrawn.v1"
    type: Literal["fi.feedback.response.withdrawn.v1"]
    data: Reason


EVENT_MODELS: dict[str, type[Envelope]] = {
    model.TYPE: model for model in (RequestRecorded, RequestCancelled, ResponseSubmitted, ResponseWithdrawn)
}
"""Every event type of this version, by the value of its `type` attribute."""
