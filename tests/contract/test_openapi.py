"""The OpenAPI documents tell the truth: real answers of the services are what the documents say."""

import json
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import make_mocked_request
from builders.states import MODELS
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pydantic import BaseModel

from schemas.documents.answers import EventsProblem, ProblemDocument, Verdicts, VersionDetail, VersionList
from schemas.documents.files import documents
from schemas.events.problems import ErrorCode, Problem
from schemas.events.v1 import EVENT_MODELS
from services.collector import content_modes, routes
from services.collector.national_model import version_documents, versions_document
from services.collector.settings import CollectorSettings
from services.collector.verdict import Status, Verdict, accepted, invalid, retry, summary
from services.runtime import problem_documents
from services.runtime.problem_documents import REQUEST_ID, ProblemType, problem_document

DOCUMENT = json.loads(documents()["openapi.json"])
POST = DOCUMENT["paths"]["/v1/events"]["post"]
VERDICTS = [
    accepted(0, "a", 7, 104233),
    invalid(1, "b", [Problem(code, "/data") for code in ErrorCode]),
    invalid(2, None, [Problem(ErrorCode.NOT_AN_OBJECT, "")]),
    Verdict(3, "c", Status.FORBIDDEN),
    Verdict(4, None, Status.FORBIDDEN),
    Verdict(5, "d", Status.CONFLICT),
    retry(6, "e"),
]
PROBLEM_TYPES = [
    kind for module in (problem_documents, routes) for kind in vars(module).values() if isinstance(kind, ProblemType)
]


def hold(model: type[BaseModel], raw: bytes) -> None:
    """The answer is what the model says and nothing more, and what the document says of that model."""
    model.model_validate_json(raw, extra="forbid")
    component = {"$ref": f"#/components/schemas/{model.__name__}", "components": DOCUMENT["components"]}
    Draft202012Validator(component).validate(json.loads(raw))


def answered(kind: ProblemType, **more: Any) -> bytes:
    request = make_mocked_request("POST", "/v1/events")
    request[REQUEST_ID] = "0b8e3b52-5f0e-4a5c-8d0f-5a1c0a6e2c11"
    body = problem_document(request, kind, "What to do.", **more).body
    assert isinstance(body, bytes)
    return body


@pytest.mark.parametrize("name", ["openapi.json", "reporting-openapi.json"])
def test_a_document_is_valid_openapi(name: str) -> None:
    validate(json.loads(documents()[name]))


@pytest.mark.parametrize("name", ["openapi.json", "reporting-openapi.json"])
def test_a_documents_schemas_are_valid(name: str) -> None:
    for schema in json.loads(documents()[name])["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", ["openapi.json", "reporting-openapi.json"])
def test_every_component_is_used(name: str) -> None:
    text = documents()[name].decode()
    for sort, components in json.loads(text)["components"].items():
        used = [f'"#/components/{sort}/{component}"' in text for component in components]
        assert all(used) or sort == "securitySchemes", [*zip(components, used, strict=True)]


def test_the_document_names_the_collectors_routes() -> None:
    named = {(method.upper(), path) for path, operations in DOCUMENT["paths"].items() for method in operations}
    assert {(route.method, route.path) for route in routes.routes} == named


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_verdict_is_what_the_document_says(verdict: Verdict) -> None:
    hold(Verdicts, msgspec.json.encode(summary([msgspec.structs.replace(verdict, index=0)])))


def test_an_answer_of_many_verdicts_is_what_the_document_says() -> None:
    hold(Verdicts, msgspec.json.encode(summary(VERDICTS)))
    hold(Verdicts, msgspec.json.encode(summary([])))


@pytest.mark.parametrize("wrong", [{"status": "lost"}, {"receipt": None}, {"index": -1}, {"extra": 1}])
def test_the_check_of_answers_can_fail(wrong: dict[str, Any]) -> None:
    answer = json.loads(msgspec.json.encode(summary(VERDICTS[:1])))
    answer["results"][0] |= wrong
    with pytest.raises(ValueError, match="validation error"):
        hold(Verdicts, json.dumps(answer).encode())


@pytest.mark.parametrize("kind", PROBLEM_TYPES, ids=lambda kind: kind.code)
def test_a_problem_is_what_the_document_says(kind: ProblemType) -> None:
    hold(ProblemDocument, answered(kind))


@pytest.mark.parametrize("kind", [routes.EVENTS_FORBIDDEN, routes.EVENTS_REFUSED, routes.EVENTS_UNCONFIRMED])
def test_a_problem_over_judged_events_is_what_the_document_says(kind: ProblemType) -> None:
    hold(EventsProblem, answered(kind, members=summary(VERDICTS)))


@pytest.mark.parametrize("kind", PROBLEM_TYPES, ids=lambda kind: kind.code)
def test_the_document_lists_the_status_of_every_problem_of_posting(kind: ProblemType) -> None:
    if kind.status in {404, 405, 406}:  # of other addresses, methods and representations
        return
    assert str(kind.status) in POST["responses"]


def test_the_statuses_of_the_contract_are_listed() -> None:
    assert {"202", "207", "400", "401", "403", "413", "415", "422", "503"} <= POST["responses"].keys()


def test_the_versions_of_the_national_model_are_what_the_document_says() -> None:
    hold(VersionList, versions_document(MODELS))


@pytest.mark.parametrize("version", [version.version for version in MODELS.versions])
def test_a_version_of_the_national_model_is_what_the_document_says(version: str) -> None:
    hold(VersionDetail, version_documents(MODELS)[version])


def test_the_document_names_the_three_modes_and_the_limit_of_a_batch() -> None:
    content = POST["requestBody"]["content"]
    assert tuple(content) == content_modes.MEDIA_TYPES
    limit = CollectorSettings.model_fields["batch_limit_events"].default
    assert content[content_modes.BATCH]["schema"]["maxItems"] == limit


def test_binary_mode_takes_every_needed_attribute_as_a_header() -> None:
    named = {parameter["name"] for parameter in POST["parameters"] if "name" in parameter}
    envelope = next(iter(EVENT_MODELS.values())).model_fields
    needed = {name for name, field in envelope.items() if field.is_required()} - {"data"}
    assert named == {f"ce-{name}" for name in needed}


def test_the_events_that_are_shown_are_of_the_document() -> None:
    event = Draft202012Validator({"$ref": "#/components/schemas/Event", "components": DOCUMENT["components"]})
    shown = POST["requestBody"]["content"][content_modes.STRUCTURED]["examples"]
    assert len(shown) >= len(EVENT_MODELS)
    for example in shown.values():
        event.validate(example["value"])
