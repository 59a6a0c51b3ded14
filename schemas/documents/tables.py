"""The tables that reporting answers with, as models of their rows: what its OpenAPI document says is made from these.

Every row is flat. A decimal is a text, exact; a hidden count is null beside the mark that hides it. The services make
rows of their own; the contract tests hold their columns against these models.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.events.types import IDENTIFIER_PATTERN, OID_PATTERN, QUALIFICATION_PATTERN, SOURCE_PATTERN
from schemas.national.reasons import Reason
from schemas.national.surveys import SurveyKind

Count = Annotated[int, Field(ge=0)]
Mark = Annotated[str, Field(description="The mark that stands for a hidden count, such as `1-4`; null: it is shown.")]
Decimal = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]+$", description="Exact; trailing zeros are kept.")]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Receipt = Annotated[str, Field(pattern=r"^[0-9]+-[0-9]+$", description="Partition and offset in the log.")]
_Oid = Annotated[str, Field(pattern=OID_PATTERN)]


def _keys_are_optional(schema: dict[str, Any]) -> None:
    """A key is a member of the rows only where it is asked for, so it has no default either."""
    for key in schema["properties"].values():
        key.pop("default", None)


class _Row(BaseModel):
    """A table may gain columns; clients ignore those that they don't know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class GroupRow(_Row):
    """The keys of a group: those that `by` asked for, and the provider always beside institution and site."""

    model_config = ConfigDict(json_schema_extra=_keys_are_optional)

    provider: _Oid | None = None
    month: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")] | None = None
    institution: _Oid | None = Field(default=None, description="null: without an institution.")
    site: _Oid | None = Field(default=None, description="null: without a site.")
    qualification: Annotated[str, Field(pattern=QUALIFICATION_PATTERN)] | None = None


class FiguresRow(GroupRow):
    """The figures of one group (national model §7); null is what a survey kind doesn't have or isn't shown."""

    targets: Count | None
    targets_shown: Mark | None
    respondents: Count | None
    respondents_shown: Mark | None
    target_days: Count | None
    respondent_days: Count | None
    response_rate: Decimal | None
    response_rate_days: Decimal | None
    points: Decimal | None
    coefficient: Decimal | None
    weighted_points: Decimal | None


class QuestionRow(GroupRow):
    """The answers to one question in one group; null is what a kind of question doesn't have."""

    question: str
    n: Annotated[int, Field(ge=0, description="Answers without don't-knows.")]
    dont_know: Count | None
    mean: Decimal | None
    mean_by_days: Decimal | None
    sd: Decimal | None
    sd_by_days: Decimal | None
    count_1: Count | None
    count_2: Count | None
    count_3: Count | None
    count_4: Count | None
    count_5: Count | None
    promoters: Count | None
    passives: Count | None
    detractors: Count | None
    nps: Decimal | None


class ChoiceRow(GroupRow):
    """How often one choice was chosen in one group."""

    question: str
    choice: str
    n: Count


class FundingRow(_Row):
    """One provider's points of one component, or its whole share (national model §7); null is what a row doesn't have.

    Providers are those of today's structure. An employers' row without target days is left out.
    """

    model_config = ConfigDict(json_schema_extra=_keys_are_optional)

    provider: _Oid | None = Field(
        description="Null: the nation, all funded providers together; for `figures:national`."
    )
    month: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")] | None = Field(
        default=None, description="Where `by=month` splits the rows; null: of all months."
    )
    set: Annotated[
        Literal["actual", "estimate"],
        Field(
            description="What has been counted, or the estimate: months that are out by the lag as they are, every "
            "other by the same month of the period before; only of the period that ends this year."
        ),
    ]
    component: Literal["start", "completion", "workplace", "workplace_instructor", "whole"]
    funded: Annotated[
        Literal[0, 1] | None,
        Field(description="Whether the organisation table calls it funded in that year; null: no row names the year."),
    ]
    points: Decimal | None
    points_shown: Annotated[str, Field(description="`…`: all of the row is withheld.")] | None
    weighted_points: Decimal | None
    share: Annotated[Decimal, Field(description="Of the nation: of the weighted points, or of the whole.")] | None
    share_before: Annotated[Decimal, Field(description="The whole share of the year before, as loaded.")] | None
    floor: Annotated[Decimal, Field(description="The least share that the transition allows.")] | None
    cap: Annotated[Decimal, Field(description="The greatest share that the transition allows.")] | None
    common_factor: Annotated[Decimal, Field(description="The one by which every whole share is multiplied.")] | None
    bounded_share: Annotated[Decimal, Field(description="The whole share within its bounds.")] | None


class ExplanationRow(_Row):
    """One step of one provider's figure, in the order in which it comes about (national model §7).

    Authority: from whole counts over r and the branch of the coefficient's table to weighted points, and the versions
    used. A provider: the steps of its targets, respondents and rates.
    """

    step: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    value: str | None = Field(description="What the step gives, as text; null: there is none, or it isn't shown.")
    value_shown: Mark | None
    rule: str = Field(description="How it comes about, in English.")


class EventRow(_Row):
    """What became of one event; the names are null where no event can have them."""

    providerid: str | None
    source: str | None
    id: str | None
    state: Literal["unknown", "applied", "superseded", "conflict", "rejected"]
    reason: str | None
    receipt: Receipt | None
    received_at: Moment | None


class RequestRow(_Row):
    """What one request counts as, and the times of both its registers."""

    providerid: str | None
    subject: str | None
    target: Reason
    response: Reason
    exclusion: str | None
    background_time: Moment | None
    response_time: Moment | None


class UncountedRow(_Row):
    """A request that doesn't count, or whose response doesn't."""

    subject: str
    survey: SurveyKind | None
    target: Reason
    response: Reason
    exclusion: str | None
    background_time: Moment | None
    response_time: Moment | None


_EventKind = Literal["request.recorded", "request.cancelled", "response.submitted", "response.withdrawn"]


class QuarantineRow(_Row):
    """A record of the log that wasn't applied."""

    receipt: Receipt
    provider: _Oid | None
    reason: str
    pointers: str = Field(description="JSON Pointers separated by blanks.")
    received_at: Moment
    outcome: Literal["standing", "replayed", "closed"]
    event: _EventKind | None = Field(description="Of a conflict, where it is known: what wasn't applied.")


class BooksRow(_Row):
    """The books of one provider: records = standing + superseded + duplicate + conflict + rejected (§4)."""

    provider: _Oid
    records: Count
    standing: Count
    waiting: Annotated[int, Field(ge=0, description="Of the standing: responses without a background.")]
    superseded: Count
    duplicate: Count
    conflict: Count
    rejected: Count


class EventName(_Row):
    """An event's name; other members are ignored, so that an event may be sent as it is."""

    providerid: _Oid
    source: Annotated[str, Field(pattern=SOURCE_PATTERN)]
    id: Annotated[str, Field(pattern=IDENTIFIER_PATTERN)]


class RequestName(_Row):
    """A request's name; other members are ignored."""

    providerid: _Oid
    subject: Annotated[str, Field(pattern=IDENTIFIER_PATTERN)]


class LookupOfEvents(_Row):
    """Asks what became of events."""

    events: Annotated[list[EventName], Field(max_length=1_000)]


class LookupOfRequests(_Row):
    """Asks what requests count as."""

    requests: Annotated[list[RequestName], Field(max_length=1_000)]
