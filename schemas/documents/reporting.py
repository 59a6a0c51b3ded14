"""The OpenAPI document of reporting's public port."""

import inspect
from typing import Final

from pydantic import BaseModel

from schemas.documents.answers import ProblemDocument
from schemas.documents.calls import (
    BAD_PARAMETERS,
    IF_NONE_MATCH,
    bad_parameters,
    headers_only,
    needed,
    paging,
    query,
    several,
    table_of,
    table_response,
    table_schema,
)
from schemas.documents.editions import EDITION_ROWS, edition_paths
from schemas.documents.event_schemas import component_schemas
from schemas.documents.http import (
    JSON,
    Document,
    openapi,
    problem,
    response,
    schema,
    shared,
)
from schemas.documents.rules import RULE_ROWS, DurationQuestion, rule_paths
from schemas.documents.tables import (
    BooksRow,
    ChoiceRow,
    EventRow,
    ExplanationRow,
    FiguresRow,
    FundingRow,
    GroupRow,
    LookupOfEvents,
    LookupOfRequests,
    QuarantineRow,
    QuestionRow,
    RequestRow,
    UncountedRow,
)
from schemas.events.types import CODE_PATTERN, OID_PATTERN, QUALIFICATION_PATTERN
from schemas.national.reasons import REASONS
from schemas.national.surveys import SURVEY_KINDS

_DESCRIPTION: Final = """\
Reads what has been counted. `as_of` is the moment up to which every accepted event is in the figures. Every decimal \
is a text, exact; every row is flat; `Accept: text/csv` gives any table as CSV (UTF-8, comma, CRLF), whose moment and \
next page stand in the headers."""

_SCOPES: Final = {
    "figures:national": "the authority: all figures, look-ups, books",
    "figures:funding": "the funding view of the token's organisations",
    "figures:read": "targets, respondents and rates of the token's organisations, their look-ups and books",
    "feedback:write": "look-ups and books of the token's organisations",
    "operations": "quarantine and books of all",
}
_READERS: Final = ("figures:national", "figures:read", "feedback:write")

_OF_PERIOD: Final = r"^[0-9]{4}-[0-9]{4}$"
_OF_MONTH: Final = r"^[0-9]{4}-[0-9]{2}$"
_A_YEAR: Final[Document] = {"type": "integer", "minimum": 2020, "maximum": 2099}
_KEYS: Final = tuple(GroupRow.model_fields)


def reporting_openapi() -> Document:
    """The document."""
    rows: tuple[type[BaseModel], ...] = (
        FiguresRow, QuestionRow, ChoiceRow, ExplanationRow, FundingRow,
        UncountedRow, QuarantineRow, BooksRow, EventRow, RequestRow, *RULE_ROWS,
        *EDITION_ROWS,
    )  # fmt: skip
    models: list[type[BaseModel]] = [*rows, LookupOfEvents, LookupOfRequests, DurationQuestion, ProblemDocument]
    tables = {table: table_schema(row) for row in rows if (table := table_of(row))}
    return openapi(
        title="Palautevirta reporting",
        description=_DESCRIPTION,
        paths={
            "/v1/figures": {"get": _get("getFigures", "Figures of groups", FiguresRow, _figures_parameters())},
            "/v1/figures/questions": {
                "get": _get(
                    "getQuestions", "Answers by question", QuestionRow, _figures_parameters(), "figures:national"
                )
            },
            "/v1/figures/choices": {
                "get": _get("getChoices", "Answers by choice", ChoiceRow, _figures_parameters(), "figures:national")
            },
            "/v1/figures/explain": {
                "get": _get(
                    "explainFigure", "A figure step by step", ExplanationRow, _explain_parameters(), paged=False
                )
            },
            **rule_paths(),
            **edition_paths(_figures_parameters(), _funding_parameters()),
            "/v1/funding": {"get": _funding()},
            "/v1/lookup": {"post": _lookup()},
            "/v1/requests": {
                "get": _get("getRequests", "Requests that don't count", UncountedRow, _requests_parameters(), *_READERS)
            },
            "/v1/quarantine": {
                "get": _get(
                    "getQuarantine",
                    "Records not applied",
                    QuarantineRow,
                    _quarantine_parameters(),
                    "figures:national",
                    "operations",
                )
            },
            "/v1/books": {
                "get": _get(
                    "getBooks", "Every provider's books", BooksRow, _books_parameters(), "operations", *_READERS
                )
            },
            "/openapi.json": {"get": _get_openapi()},
        },
        schemas=component_schemas(models) | tables | {"BadParameters": bad_parameters()},
        responses={
            "Forbidden": problem(
                "The token lacks the scope, or doesn't name a provider that was asked for.", "WWW-Authenticate"
            ),
            "Unavailable": problem("The database is away, or took too long: the detail says which.", "Retry-After"),
        },
        scopes=_SCOPES,
        tags=("figures", "editions", "records", "rules", "contract"),
    )


def _get(
    operation: str,
    summary: str,
    row: type[BaseModel],
    parameters: list[Document],
    *scopes: str,
    paged: bool = True,
) -> Document:
    allowed = scopes or ("figures:national", "figures:read")
    needs = f"Needs a scope of: {', '.join(f'`{scope}`' for scope in allowed)}."
    return {
        "operationId": operation,
        "tags": ["figures" if issubclass(row, GroupRow | ExplanationRow | FundingRow) else "records"],
        "summary": summary,
        "description": f"{inspect.cleandoc(row.__doc__ or '')} {needs}",
        "security": [{"token": []}],
        "parameters": [
            {"$ref": "#/components/parameters/X-Request-Id"},
            *parameters,
            *(paging() if paged else ()),
            IF_NONE_MATCH,
        ],
        "responses": {
            "200": table_response(table_of(row)),
            "304": headers_only("The client's copy is the present one."),
            "400": BAD_PARAMETERS,
            **_FAILURES,
        },
    }


def _lookup() -> Document:
    either = {"oneOf": [schema("LookupOfEvents"), schema("LookupOfRequests")]}
    answer = {"oneOf": [schema("EventTable"), schema("RequestTable")]}
    return {
        "operationId": "lookUp",
        "tags": ["records"],
        "summary": "What became of events or requests",
        "description": "One row an item, in the order asked; what isn't the caller's reads like what was never heard "
        "of. Needs a scope "
        f"of: {', '.join(f'`{scope}`' for scope in _READERS)}.",
        "security": [{"token": []}],
        "parameters": [{"$ref": "#/components/parameters/X-Request-Id"}],
        "requestBody": {"required": True, "content": {JSON: {"schema": either}}},
        "responses": {
            "200": table_response(None, answer),
            "400": problem("The body asks nothing that can be answered."),
            "413": problem("The body is too large."),
            "415": problem("The body has a content encoding.", "Accept-Encoding"),
            **_FAILURES,
        },
    }


_FAILURES: Final[Document] = {
    "401": shared("Unauthorised"),
    "403": shared("Forbidden"),
    "500": shared("InternalError"),
    "503": shared("Unavailable"),
}

_STRUCTURE: Final[Document] = {
    "name": "structure",
    "in": "query",
    "description": "`as_was`: every provider as it posted. `latest`: every merger dated on or before today is applied "
    "to the whole history before anything is computed, and a provider that is asked for stands for all who are merged "
    "with it. A token that speaks only for its own organisations sees a provider of `latest` when it names everybody "
    "merged into it, and is refused when it asks for another, or for a sum that would lack one.",
    "schema": {"type": "string", "enum": ["as_was", "latest"], "default": "as_was"},
}


def _figures_parameters() -> list[Document]:
    return [
        needed("survey", "The survey kind.", {"type": "string", "enum": list(SURVEY_KINDS)}),
        needed("period", "The reporting period, such as 2025-2026.", {"type": "string", "pattern": _OF_PERIOD}),
        several(
            "by", "What to group by; institution and site bring the provider.", {"type": "string", "enum": list(_KEYS)}
        ),
        several("provider", "Only these providers.", {"type": "string", "pattern": OID_PATTERN}),
        several("month", "Only these months of the period.", {"type": "string", "pattern": _OF_MONTH}),
        several("institution", "Only these institutions.", {"type": "string", "pattern": OID_PATTERN}),
        several("site", "Only these sites.", {"type": "string", "pattern": OID_PATTERN}),
        several("qualification", "Only these qualifications.", {"type": "string", "pattern": QUALIFICATION_PATTERN}),
        _STRUCTURE,
    ]


def _funding_parameters() -> list[Document]:
    return [
        needed("year", "The funding year; the reporting period that ends the year before decides it.", _A_YEAR),
        query("by", "Split the rows by month.", {"type": "string", "enum": ["month"]}),
        several(
            "provider",
            "Only these providers; one stands for all who are merged with it.",
            {"type": "string", "pattern": OID_PATTERN},
        ),
        query("set", "Only these rows; both without it.", {"type": "string", "enum": ["actual", "estimate"]}),
    ]


def _funding() -> Document:
    scopes = ("figures:national", "figures:funding")
    call = _get("getFunding", "Points and shares of funding", FundingRow, _funding_parameters(), *scopes)
    call["description"] = (
        "Live for `figures:national`; for `figures:funding` of the newest numbered edition of that year's period that "
        "is no draft, which `edition` names."
    )
    call["responses"]["404"] = problem("For `figures:funding`: there is no such edition yet.")
    call["responses"]["409"] = problem("No common factor fits the transition; `bound` says which bound is in the way.")
    return call


def _explain_parameters() -> list[Document]:
    survey, period = _figures_parameters()[:2]
    provider = needed("provider", "Whose figure is explained.", {"type": "string", "pattern": OID_PATTERN})
    return [survey, period, provider, _STRUCTURE]


def _requests_parameters() -> list[Document]:
    reasons = [reason for reason in REASONS if reason != "counts"]
    return [
        needed("provider", "The provider whose requests are listed.", {"type": "string", "pattern": OID_PATTERN}),
        several("reason", "Only those with one of these reasons.", {"type": "string", "enum": reasons}),
    ]


def _quarantine_parameters() -> list[Document]:
    outcomes = {"type": "string", "enum": ["standing", "replayed", "closed"]}
    return [
        query("provider", "Only this provider's.", {"type": "string", "pattern": OID_PATTERN}),
        several("reason", "Only those with one of these reasons.", {"type": "string", "pattern": CODE_PATTERN}),
        several("outcome", "Only those with one of these outcomes.", outcomes),
    ]


def _books_parameters() -> list[Document]:
    return [several("provider", "Only these providers.", {"type": "string", "pattern": OID_PATTERN})]


def _get_openapi() -> Document:
    return {
        "operationId": "getContract",
        "tags": ["contract"],
        "summary": "This document",
        "responses": {
            "200": response("OpenAPI 3.1.", content={JSON: {"schema": {"type": "object"}}}),
            "404": problem("This build carries no document."),
        },
    }
