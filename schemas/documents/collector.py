"""The OpenAPI document of the collector's public port."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from schemas.documents.answers import EventsProblem, ProblemDocument, Verdicts, VersionDetail, VersionList
from schemas.documents.event_schemas import component_schemas
from schemas.documents.http import (
    JSON,
    PROBLEM,
    Document,
    openapi,
    problem,
    response,
    schema,
    shared,
)
from schemas.events.v1 import EVENT_MODELS, EmployerRequest, Reason, Response, StudentRequest

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
BINARY: Final = "application/json"

_MOST_EVENTS: Final = 1_000
_DATA_MODELS: Final = (StudentRequest, EmployerRequest, Response, Reason)

_DESCRIPTION: Final = """\
Takes feedback events as CloudEvents 1.0 over HTTP, in structured, batched and binary mode.

A client that looks at nothing but the status never loses an event: 202 means that all of its events are durable, and \
after a 503, or no answer at all, sending the same events again is always safe. 207 and 422 say of every event what \
became of it. An event is named by `providerid`, `source` and `id`: sent again with the same content it is a duplicate \
without effect."""

_ATTRIBUTES: Final = {
    "specversion": "1.0",
    "type": "The event's type.",
    "source": "The sending system, a URI or path.",
    "id": "The event's id, unique in its source.",
    "time": "When it happened, RFC 3339 with an offset.",
    "providerid": "The education provider on whose behalf the event is posted.",
    "subject": "The feedback request's id as the provider's system knows it.",
}


def collector_openapi(examples: Mapping[str, Any]) -> Document:
    """The document; `examples` are events in structured form by name, shown as requests."""
    answers: list[type[BaseModel]] = [Verdicts, EventsProblem, ProblemDocument, VersionList, VersionDetail]
    return openapi(
        title="Palautevirta collector",
        description=_DESCRIPTION,
        paths={
            "/v1/events": {"post": _post_events(examples)},
            "/v1/national-model": {"get": _get_versions()},
            "/v1/national-model/{version}": {"get": _get_version()},
            "/openapi.json": {"get": _get_openapi()},
        },
        schemas=component_schemas([*EVENT_MODELS.values(), *answers]) | {"Event": _event()},
        responses={},
        scopes={"feedback:write": "posting the events of the token's organisations"},
        tags=("events", "contract"),
    )


def _event() -> Document:
    names = {kind: f"#/components/schemas/{model.__name__}" for kind, model in EVENT_MODELS.items()}
    return {
        "title": "Event",
        "description": "One event in structured form.",
        "oneOf": [{"$ref": name} for name in names.values()],
        "discriminator": {"propertyName": "type", "mapping": names},
    }


def _post_events(examples: Mapping[str, Any]) -> Document:
    shown = {name: {"value": event} for name, event in examples.items()}
    return {
        "operationId": "postEvents",
        "tags": ["events"],
        "summary": "Take events",
        "description": "Content-Type says which mode of CloudEvents over HTTP the request is in. In binary mode the "
        "attributes travel as `ce-` headers, percent-encoded, and the body is `data`; the headers mean nothing in the "
        "other modes.",
        "security": [{"token": []}],
        "parameters": [{"$ref": "#/components/parameters/X-Request-Id"}, *map(_attribute, _ATTRIBUTES)],
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": schema("Event"), "examples": shown},
                BATCH: {
                    "schema": {"type": "array", "items": schema("Event"), "maxItems": _MOST_EVENTS},
                    "examples": {"batch": {"value": list(examples.values())}},
                },
                BINARY: {"schema": {"anyOf": [schema(model.__name__) for model in _DATA_MODELS]}},
            },
        },
        "responses": {
            "202": response("Every event is accepted: durable.", content={JSON: {"schema": schema("Verdicts")}}),
            "207": response(
                "Some events are accepted, the others refused; none has to be sent again as it is.",
                content={JSON: {"schema": schema("Verdicts")}},
            ),
            "400": problem("The body is not JSON, or not what its mode says it is. Nothing is taken."),
            "401": shared("Unauthorised"),
            "403": _judged(
                "The token lacks the scope (then with `WWW-Authenticate`), or no event is of one of its organisations.",
            ),
            "408": problem("The body took too long to arrive. Nothing is taken."),
            "413": problem("The body is too large, or the batch holds too many events. Nothing is taken."),
            "415": problem("Another media type or content encoding than is taken.", "Accept", "Accept-Encoding"),
            "422": _judged("No event is accepted, and not all are forbidden; the results say why."),
            "500": shared("InternalError"),
            "503": _judged(
                "Some events are unconfirmed, or nothing can be taken now: send the whole request again, with the "
                "same ids.",
                "Retry-After",
            ),
        },
    }


def _judged(description: str, *headers: str) -> Document:
    """A problem document, over events where the request came as far as judging them."""
    either = {"anyOf": [schema("EventsProblem"), schema("ProblemDocument")]}
    return response(description, *headers, content={PROBLEM: {"schema": either}})


def _attribute(name: str) -> Document:
    allowed: Document = {"type": "string"}
    if name == "specversion":
        allowed["const"] = "1.0"
    if name == "type":
        allowed["enum"] = list(EVENT_MODELS)
    return {"name": f"ce-{name}", "in": "header", "description": f"Binary mode: {_ATTRIBUTES[name]}", "schema": allowed}


def _get_versions() -> Document:
    return {
        "operationId": "getNationalModels",
        "tags": ["contract"],
        "summary": "The versions of the national model",
        "responses": {
            "200": response("All versions, oldest first.", content={JSON: {"schema": schema("VersionList")}}),
            "500": shared("InternalError"),
        },
    }


def _get_version() -> Document:
    return {
        "operationId": "getNationalModel",
        "tags": ["contract"],
        "summary": "What one version asks and takes",
        "parameters": [
            {
                "name": "version",
                "in": "path",
                "required": True,
                "description": "As `/v1/national-model` lists it, such as 2025.1.",
                "schema": {"type": "string"},
            }
        ],
        "responses": {
            "200": response(
                "Surveys, questionnaires and code lists.", content={JSON: {"schema": schema("VersionDetail")}}
            ),
            "404": problem("There is no such version."),
            "500": shared("InternalError"),
        },
    }


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
