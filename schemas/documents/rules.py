"""The calls of reporting that compute by the national rules, in its OpenAPI document."""

import inspect
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.documents.calls import BAD_PARAMETERS, IF_NONE_MATCH, headers_only, needed, query, table_of, table_response
from schemas.documents.http import JSON, Document, problem, shared
from schemas.documents.tables import Decimal
from schemas.events.types import Date
from schemas.national.parameters import Branch
from schemas.national.surveys import SURVEY_KINDS

Exact = Annotated[str, Field(pattern=r"^-?[0-9]+(/[0-9]+)?$", description="A fraction in lowest terms, exact.")]
_DAY: Final[Document] = {"type": "string", "format": "date", "pattern": r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$"}
_COUNT: Final[Document] = {"type": "integer", "minimum": 0, "maximum": 999_999_999_999}
_PERIOD: Final[Document] = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{4}$"}


class _Rule(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class WindowRow(_Rule):
    """The response window of a student's request whose invitation is issued on a day (national model §4, Windows)."""

    valid_from: Date
    valid_to: Date
    exclusion: Literal["sent_too_late"] | None = Field(
        description="What to send when the end of the window has passed at issue."
    )


class BusinessIdRow(_Rule):
    """Whether a text is a Finnish business id (national model §3)."""

    verdict: Literal["valid", "wrong_form", "wrong_check_digit"]


class AttributionRow(_Rule):
    """The date that places a request in a month and a period (national model §5)."""

    attribution_date: Date | None
    month: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")] | None
    period: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{4}$")] | None
    funding_year: int | None
    reason: Literal["no_attribution_date"] | None


class CoefficientRow(_Rule):
    """The non-response coefficient of a rate, and points weighted with it (national model §7).

    All but the reason and weighted points is null where there is no coefficient: the workplace survey has no
    correction, and without a rate (no respondents, for the instructor survey no target days) there is none either.
    """

    rate_exact: Exact | None
    coefficient_row: str | None = Field(description="The row of the table: the period from which it holds.")
    coefficient_branch: Branch | None
    coefficient_at_least: Exact | None
    coefficient_at_most: Exact | None
    coefficient_formula: str | None
    coefficient_exact: Exact | None
    coefficient: Decimal | None
    weighted_points_exact: Exact | None
    weighted_points: Decimal | None
    reason: Literal["no_correction", "no_rate"] | None


class DurationRow(_Rule):
    """The duration of one work period, in the order asked (national model §6)."""

    weighted_days_exact: Exact
    weighted_days: Decimal
    duration_days: Annotated[int, Field(ge=0)]


class AskedInterruption(_Rule):
    """Days on which a work period doesn't run, both inclusive; without an end to the period's end."""

    start: Date
    end: Date | None = None


class AskedPeriod(_Rule):
    """One work period; a missing or impossible percentage gives a duration of 0, as the rule has it."""

    work_period_start: Date
    work_period_end: Date
    part_time_percentage: int | None = None
    interruptions: list[AskedInterruption] | None = None


class DurationQuestion(_Rule):
    """The work periods of one learner that overlap, by their names in events; other members are ignored."""

    periods: Annotated[list[AskedPeriod], Field(max_length=10)]


RULE_ROWS: Final = (WindowRow, BusinessIdRow, AttributionRow, CoefficientRow, DurationRow)


def rule_paths() -> Document:
    """The paths. They need no token: they read nothing that was counted."""
    survey = needed("survey", "The survey kind.", {"type": "string", "enum": list(SURVEY_KINDS)})
    return {
        "/v1/rules/window": _get(
            "ruleWindow",
            "A student's response window",
            WindowRow,
            needed("trigger_date", "The trigger date.", _DAY),
            needed("issued", "The day on which the invitation is issued.", _DAY),
        ),
        "/v1/rules/business-id": _get(
            "ruleBusinessId",
            "A business id's check digit",
            BusinessIdRow,
            needed("business_id", "The text to check.", {"type": "string"}),
        ),
        "/v1/rules/attribution": _get(
            "ruleAttribution",
            "A request's month and period",
            AttributionRow,
            survey,
            query("trigger_date", "Students, needed: the trigger date.", _DAY),
            query("valid_from", "Students, needed: the first day of the window.", _DAY),
            query("work_period_end", "Employers, needed: the end of the work period.", _DAY),
        ),
        "/v1/rules/coefficient": _get(
            "ruleCoefficient",
            "The non-response coefficient",
            CoefficientRow,
            survey,
            needed("period", "The reporting period, such as 2025-2026.", _PERIOD),
            query("targets", "Students, needed: targets of the whole period.", _COUNT),
            query("respondents", "Students, needed: of them, those who answered.", _COUNT),
            query("target_days", "Employers, needed: target days of the whole period.", _COUNT),
            query("respondent_days", "Employers, needed: of them, respondent days.", _COUNT),
            query(
                "points",
                "Points to weight; 0 by default.",
                {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,4})?$"},
            ),
        ),
        "/v1/rules/duration": {"post": _post_duration()},
    }


def _get(operation: str, summary: str, row: type[BaseModel], *parameters: Document) -> Document:
    return {
        "get": {
            "operationId": operation,
            "tags": ["rules"],
            "summary": summary,
            "description": _told(row),
            "parameters": [{"$ref": "#/components/parameters/X-Request-Id"}, *parameters, IF_NONE_MATCH],
            "responses": {
                "200": table_response(table_of(row)),
                "304": headers_only("The client's copy is the present one."),
                "400": BAD_PARAMETERS,
                "500": shared("InternalError"),
            },
        }
    }


def _post_duration() -> Document:
    return {
        "operationId": "ruleDuration",
        "tags": ["rules"],
        "summary": "Durations of work periods",
        "description": _told(DurationRow),
        "parameters": [{"$ref": "#/components/parameters/X-Request-Id"}],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/DurationQuestion"}}},
        },
        "responses": {
            "200": table_response(table_of(DurationRow)),
            "400": problem("The body asks nothing that can be answered."),
            "413": problem("The body is too large."),
            "415": problem("The body has a content encoding.", "Accept-Encoding"),
            "500": shared("InternalError"),
        },
    }


def _told(row: type[BaseModel]) -> str:
    return f"{inspect.cleandoc(row.__doc__ or '')} A pure function by the newest rules: it needs no token."
