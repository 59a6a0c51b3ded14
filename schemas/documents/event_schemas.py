"""JSON Schema 2020-12 of every event type, from the models of `schemas.events.v1`.

A schema says all that the contract says of an event's shape. What it can't say (that no person is named, a check digit,
the national model's codes and questionnaires, rules across members) is told by the collector alone.
"""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from schemas.events.v1 import EVENT_MODELS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ID: Final = "urn:fi-feedback:schema:{type}"


def event_schemas() -> dict[str, dict[str, Any]]:
    """The schema of each event type, by the value of its `type` attribute."""
    return {kind: _event_schema(kind, model) for kind, model in EVENT_MODELS.items()}


def component_schemas(models: Sequence[type[BaseModel]]) -> dict[str, dict[str, Any]]:
    """The schemas of these models and of all that they are made of, by name, as an OpenAPI document's components."""
    _, found = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    components: dict[str, dict[str, Any]] = found["$defs"]
    for model in EVENT_MODELS.values():
        if model.__name__ in components:
            _refuse_base64(components[model.__name__])
    return dict(sorted(components.items()))


def _event_schema(kind: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    _refuse_base64(schema)
    return {"$schema": DIALECT, "$id": _ID.format(type=kind), **_head_first(schema)}


def _refuse_base64(schema: dict[str, Any]) -> None:
    """The one attribute that isn't a harmless extension: an event has its data in `data`, as JSON."""
    schema["properties"]["data_base64"] = False


def _head_first(schema: dict[str, Any]) -> dict[str, Any]:
    """The members that say what a schema is before those that say how it is made."""
    head = ("title", "description", "type", "required", "properties")
    return {name: schema[name] for name in head if name in schema} | schema
