"""The calls of reporting about editions, in its OpenAPI document: frozen publications, their difference, the export."""

import inspect
from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.documents.calls import (
    BAD_PARAMETERS,
    CSV,
    IF_NONE_MATCH,
    headers_only,
    paging,
    query,
    table_of,
    table_response,
)
from schemas.documents.http import PROBLEM, Document, problem, response, schema, shared
from schemas.documents.tables import ChoiceRow, FiguresRow, FundingRow, Moment, QuestionRow
from schemas.events.types import OID_PATTERN
from schemas.national.surveys import SurveyKind

PARQUET: Final = "application/vnd.apache.parquet"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Set = Annotated[Literal["actual", "estimate"], Field(description="The set of rows that this one is of.")]
Amount = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="Exact, to the figure's decimals.")]
_PERIOD: Final = r"^[0-9]{4}-[0-9]{4}$"


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class EditionRow(_Row):
    """One edition: a numbered publication of a period that nothing changes any more."""

    number: Annotated[int, Field(ge=1)]
    period: Annotated[str, Field(pattern=_PERIOD)]
    day: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="For lag and structure.")]
    status: Literal["draft", "final"]
    sets: Literal["actual", "actual,estimate"]
    created_at: Moment
    complete_until: Moment | None = Field(description="Up to when every accepted event is in it.")
    model: str
    organisations_version: Annotated[int, Field(ge=0, description="0: no table was loaded yet.")]
    mergers_version: Annotated[int, Field(ge=0, description="0: no table was loaded yet.")]
    funding_inputs_version: Annotated[int, Field(ge=0, description="0: no table was loaded yet.")]
    counted_by: Annotated[
        str, Field(description="Numbers of the model versions whose rules had counted the requests, by commas.")
    ]
    counted_otherwise: Annotated[int, Field(ge=0, description="Requests that other rules had counted; drafts only.")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Equal inputs give equal digests.")]


class EditionFiguresRow(FiguresRow):
    """The figures of one group of an edition, in its structure and by its rules (national model §7)."""

    set: Set


class EditionQuestionRow(QuestionRow):
    """The answers to one question in one group of an edition."""

    set: Set


class EditionChoiceRow(ChoiceRow):
    """How often one choice was chosen in one group of an edition."""

    set: Set


class DifferenceRow(_Row):
    """A figure of a cell that differs between two editions, and what data, structure and rules have brought of it.

    First of all come rows of no set, of what the editions were cut from: digest, day, model, rules, tables, offsets.
    """

    set: Set | None
    provider: Annotated[str, Field(pattern=OID_PATTERN)] | None
    month: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")] | None
    institution: Annotated[str, Field(pattern=OID_PATTERN)] | None = Field(default=None, description="Where asked by.")
    site: Annotated[str, Field(pattern=OID_PATTERN)] | None = Field(default=None, description="Where asked by.")
    qualification: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = Field(
        default=None, description="Where asked by."
    )
    survey: SurveyKind | None
    figure: Annotated[
        str, Field(description="Such as targets; of questions such as start_01:5, how many gave that score.")
    ]
    before: Annotated[str, Field(description="Exact, to the figure's decimals; of an input a text.")]
    after: Annotated[str, Field(description="Exact, to the figure's decimals; of an input a text.")]
    difference: Amount | None
    by_data: Amount | None
    by_structure: Amount | None
    by_rules: Amount | None
    recounted: Annotated[
        int, Field(ge=0, le=1, description="1: other rules counted more data too; by_data holds both, nobody can tell.")
    ]


class EditionFundingRow(FundingRow):
    """One provider's points of one component in an edition, or its whole share."""


EDITION_ROWS: Final[tuple[type[BaseModel], ...]] = (
    EditionRow, EditionFiguresRow, EditionQuestionRow, EditionChoiceRow, EditionFundingRow, DifferenceRow,
)  # fmt: skip


def edition_paths(figures_parameters: Sequence[Document], funding_parameters: Sequence[Document]) -> Document:
    """The paths, with the parameters of the live calls, of which the period and the year may be left out."""
    funding = [parameter | {"required": False} for parameter in funding_parameters]
    figures = [parameter | {"required": parameter["name"] == "survey"} for parameter in figures_parameters]
    of_set = query(
        "set", "The set of rows; `actual` when left out.", {"type": "string", "enum": ["actual", "estimate"]}
    )
    period = query("period", "Only editions of this period.", {"type": "string", "pattern": _PERIOD})
    number, other = _number("number", "The edition's number."), _number("other", "The later edition's number.")
    one = "/v1/editions/{number}"
    asked = [number, *figures, of_set, *paging()]
    return {
        "/v1/editions": {"get": _get("getEditions", "All editions", EditionRow, [period, *paging()])},
        one: {"get": _get("getEdition", "One edition", EditionRow, [number])},
        f"{one}/figures": {"get": _get("getEditionFigures", "Frozen figures", EditionFiguresRow, asked)},
        f"{one}/questions": {"get": _get("getEditionQuestions", "Frozen answers", EditionQuestionRow, asked)},
        f"{one}/choices": {"get": _get("getEditionChoices", "Frozen choices", EditionChoiceRow, asked)},
        f"{one}/funding": {
            "get": _get("getEditionFunding", "Frozen funding", EditionFundingRow, [number, *funding, *paging()])
        },
        f"{one}/difference/{{other}}": {
            "get": _get(
                "getDifference",
                "The difference of two editions",
                DifferenceRow,
                [
                    number,
                    other,
                    query(
                        "what",
                        "What is compared; `figures` when left out.",
                        {"type": "string", "enum": ["figures", "questions"]},
                    ),
                    query(
                        "by",
                        "Besides provider, month and survey kind: institution, site, qualification, by commas.",
                        {"type": "string"},
                    ),
                    *paging(),
                ],
                conflict="The editions are of two periods.",
            )
        },
        f"{one}/national": {"get": _national(number)},
    }


def _get(
    operation: str, summary: str, row: type[BaseModel], parameters: Sequence[Document], *, conflict: str | None = None
) -> Document:
    return {
        "operationId": operation,
        "tags": ["editions"],
        "summary": summary,
        "description": f"{inspect.cleandoc(row.__doc__ or '')} Needs the scope `figures:national`.",
        "security": [{"token": []}],
        "parameters": [{"$ref": "#/components/parameters/X-Request-Id"}, *parameters, IF_NONE_MATCH],
        "responses": {
            "200": table_response(table_of(row)),
            "304": headers_only("The client's copy is the present one."),
            "400": BAD_PARAMETERS,
            "404": problem("There is no edition of that number."),
            **({} if conflict is None else {"409": problem(conflict)}),
            **_FAILURES,
        },
    }


def _national(number: Document) -> Document:
    formats = {"type": "string", "enum": ["csv", "parquet", "xlsx"]}
    lacking = {
        "allOf": [
            schema("ProblemDocument"),
            {
                "type": "object",
                "required": ["organisations"],
                "properties": {"organisations": {"type": "array", "items": _LACKING}},
            },
        ]
    }
    file = response(
        "The whole data set, streamed.",
        content={media_type: {"schema": {"type": "string"}} for media_type in (CSV, PARQUET, XLSX)},
    )
    file["headers"] |= {
        "Content-Disposition": {"description": "A name for the file.", "required": True, "schema": {"type": "string"}}
    }
    return {
        "operationId": "getNational",
        "tags": ["editions"],
        "summary": "The national data set",
        "description": "The columns of the national data set (national model §10). Two exports of an edition have the "
        "same bytes. Needs the scope `figures:national`.",
        "security": [{"token": []}],
        "parameters": [
            {"$ref": "#/components/parameters/X-Request-Id"},
            number,
            query("format", "The format; without it the Accept header decides, CSV among equals.", formats),
        ],
        "responses": {
            "200": file,
            "400": BAD_PARAMETERS,
            "404": problem("There is no edition of that number."),
            "406": problem("The Accept header takes none of the formats."),
            "409": response(
                "The edition's organisation table lacks a business id or an institution code.",
                content={PROBLEM: {"schema": lacking}},
            ),
            **_FAILURES,
        },
    }


def _number(name: str, description: str) -> Document:
    allowed = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": allowed}


_LACKING: Final[Document] = {
    "type": "object",
    "required": ["oid", "lacks"],
    "properties": {
        "oid": {"type": "string", "pattern": OID_PATTERN},
        "lacks": {"type": "string", "enum": ["business_id", "institution_code"]},
    },
}
_FAILURES: Final[Document] = {
    "401": shared("Unauthorised"),
    "403": shared("Forbidden"),
    "500": shared("InternalError"),
    "503": shared("Unavailable"),
}
