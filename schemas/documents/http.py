"""What the OpenAPI documents of all our public ports have in common: head, security, headers, responses."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
OPENAPI_VERSION: Final = "3.1.0"
CONTRACT_VERSION: Final = "1.0.0"

Document = dict[str, Any]

_HEADER: Final = "#/components/headers/{}"
_COMMON_HEADERS: Final = ("X-Request-Id", "Content-Language", "Vary")

HEADERS: Final[Document] = {
    "X-Request-Id": {
        "description": "The request's id: the caller's own when it has 8 to 64 letters, digits and hyphens, else ours.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9-]{8,64}$"},
    },
    "Content-Language": {
        "description": "The language of what is meant for people.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Vary": {
        "description": "The request headers on which the answer depends.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "After how many seconds to send the same again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "`Bearer`, with an error code where a token was sent (RFC 6750).",
        "required": True,
        "schema": {"type": "string", "pattern": "^Bearer"},
    },
    "Accept": {"description": "The media types that are taken.", "schema": {"type": "string"}},
    "Accept-Encoding": {"description": "The content encodings that are taken.", "schema": {"type": "string"}},
}

REQUEST_ID: Final[Document] = {
    "name": "X-Request-Id",
    "in": "header",
    "description": "An id of the caller's own by which both sides find this request in their logs.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9-]{8,64}$"},
}


def openapi(
    *,
    title: str,
    description: str,
    paths: Document,
    schemas: Document,
    responses: Document,
    scopes: Mapping[str, str],
    tags: Sequence[str],
) -> Document:
    """A whole document. `scopes` are the OAuth 2.0 scopes of this port, each with what it allows.

    `schemas` and `responses` are those that several paths refer to; the responses that all ports share come with it.
    """
    allowed = "\n".join(f"- `{scope}`: {text}" for scope, text in scopes.items())
    return {
        "openapi": OPENAPI_VERSION,
        "info": {"title": title, "version": CONTRACT_VERSION, "description": description},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Unauthorised": _UNAUTHORISED, "InternalError": _INTERNAL_ERROR, **responses},
            "headers": {name: header for name, header in HEADERS.items() if _refers_to(name, [paths, responses])},
            "parameters": {"X-Request-Id": REQUEST_ID},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An OAuth 2.0 access token (RFC 9068) that names the caller's organisations. "
                    f"Scopes:\n\n{allowed}",
                }
            },
        },
    }


def _refers_to(header: str, value: Any) -> bool:
    """Whether a reference to this header stands anywhere in the value."""
    if isinstance(value, dict):
        return value.get("$ref") == _HEADER.format(header) or any(_refers_to(header, each) for each in value.values())
    return isinstance(value, list) and any(_refers_to(header, each) for each in value)


def schema(name: str) -> Document:
    """A reference to a schema among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def shared(name: str) -> Document:
    """A reference to a response among the components."""
    return {"$ref": f"#/components/responses/{name}"}


def response(description: str, *names: str, content: Document | None = None) -> Document:
    """A response with the headers that every answer has and those named."""
    headers = {name: {"$ref": _HEADER.format(name)} for name in (*_COMMON_HEADERS, *names)}
    found: Document = {"description": description, "headers": headers}
    if content is not None:
        found["content"] = content
    return found


def problem(description: str, *names: str, model: str = "ProblemDocument") -> Document:
    """A response that is a problem document."""
    return response(description, *names, content={PROBLEM: {"schema": schema(model)}})


_UNAUTHORISED: Final = problem(
    "No token, or one that is expired, malformed, or of another issuer, audience or type.", "WWW-Authenticate"
)
_INTERNAL_ERROR: Final = problem("We failed; nobody but our log learns why. For events: send the same again.")
