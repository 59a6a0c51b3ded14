"""What the calls of reporting have in common in its OpenAPI document: tables, parameters, refusals."""

from typing import Any, Final

from pydantic import BaseModel

from schemas.documents.http import JSON, PROBLEM, Document, response, schema

CSV: Final = "text/csv"

IF_NONE_MATCH: Final[Document] = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the copy that the client has.",
    "schema": {"type": "string"},
}

_TABLE_HEADERS: Final[Document] = {
    "ETag": {"description": "Names exactly this answer.", "required": True, "schema": {"type": "string"}},
    "As-Of": {"description": "As `as_of`; absent where that is null.", "schema": {"type": "string"}},
    "Link": {"description": 'The address of the next page, `rel="next"`.', "schema": {"type": "string"}},
}


def table_response(table: str | None, body: Document | None = None) -> Document:
    """The answer that is a table; `body` where it may be one of several."""
    content = {JSON: {"schema": body or schema(str(table))}, CSV: {"schema": {"type": "string"}}}
    found = response("One page of the table.", content=content)
    found["headers"] |= _TABLE_HEADERS
    return found


def headers_only(description: str) -> Document:
    """An answer without a body, which names what the client has."""
    found = response(description)
    found["headers"] |= {"ETag": _TABLE_HEADERS["ETag"]}
    return found


def table_of(row: type[BaseModel]) -> str:
    """The name of the schema of a table of these rows."""
    return row.__name__.removesuffix("Row") + "Table"


def table_schema(row: type[BaseModel]) -> Document:
    """The envelope of a table."""
    return {
        "type": "object",
        "required": ["as_of", "edition", "model", "rows", "next"],
        "properties": {
            "as_of": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "Up to when every accepted event is counted; null before anything was read.",
            },
            "edition": {"type": ["integer", "null"], "description": "Its number; live figures belong to no edition."},
            "model": {"type": "string", "description": "The version of the national model by which it is counted."},
            "rows": {"type": "array", "items": schema(row.__name__)},
            "next": {"type": ["string", "null"], "description": "The parameter that asks for the next page."},
        },
    }


def bad_parameters() -> Document:
    """The schema of the problem that names every parameter that can't be used."""
    told = {
        "type": "object",
        "required": ["parameter", "detail"],
        "properties": {"parameter": {"type": "string"}, "detail": {"type": "string"}},
    }
    errors = {"type": "object", "required": ["errors"], "properties": {"errors": {"type": "array", "items": told}}}
    return {"allOf": [schema("ProblemDocument"), errors]}


def paging() -> list[Document]:
    """The parameters of a table that comes in pages."""
    limit: Document = {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1_000}
    return [
        query("next", "What the page before said as `next`.", {"type": "string"}),
        query("limit", "The most rows or groups of a page.", limit),
    ]


def query(name: str, description: str, allowed: Document, **more: Any) -> Document:
    """A parameter that may be left out."""
    return {"name": name, "in": "query", "description": description, **more, "schema": allowed}


def needed(name: str, description: str, allowed: Document) -> Document:
    """A parameter that has to be given."""
    return query(name, description, allowed, required=True)


def several(name: str, description: str, item: Document) -> Document:
    """Values separated by commas."""
    several = {"type": "array", "items": item, "minItems": 1, "maxItems": 500}
    return query(name, description, several, style="form", explode=False)


BAD_PARAMETERS: Final = response(
    "A parameter can't be used.",
    content={PROBLEM: {"schema": {"anyOf": [schema("BadParameters"), schema("ProblemDocument")]}}},
)
