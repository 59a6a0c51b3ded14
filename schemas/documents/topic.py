"""The AsyncAPI document of the log between collector and aggregator, from the declaration in schemas/topics.toml."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.documents.http import CONTRACT_VERSION, Document
from schemas.events.v1 import EVENT_MODELS

_CHANNEL: Final = "events"
_CONTENT_TYPE: Final = "application/cloudevents+json"
_SCHEMA_FORMAT: Final = "application/schema+json;version=draft-2020-12"
_BINDING_VERSION: Final = "0.5.0"
_NUMBERS: Final = ("retention.ms", "max.message.bytes")
"""Those of the settings that the Kafka binding of AsyncAPI knows as numbers; cleanup.policy is a list there."""


def asyncapi(topics: Mapping[str, Any]) -> Document:
    """The document; `topics` is what topics.toml declares under `topics`: the one topic of events."""
    ((name, topic),) = topics.items()
    messages = {model.__name__: {"$ref": f"#/components/messages/{model.__name__}"} for model in EVENT_MODELS.values()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Palautevirta event log",
            "version": CONTRACT_VERSION,
            "description": "Every accepted event, in our own encoding. Collectors alone write it; all events of a "
            "provider stand in one partition, in one order.",
        },
        "defaultContentType": _CONTENT_TYPE,
        "channels": {_CHANNEL: _channel(name, topic, messages)},
        "operations": {
            "publish": _operation("send", "collector", "An accepted event is published before it is acknowledged."),
            "apply": _operation("receive", "aggregator", "Events are applied exactly once, in the partition's order."),
        },
        "components": {"messages": {model.__name__: _message(topic["key"], model) for model in EVENT_MODELS.values()}},
    }


def _channel(name: str, topic: Mapping[str, Any], messages: Document) -> Document:
    settings: Mapping[str, str] = topic["settings"]
    known: Document = {key: int(settings[key]) for key in _NUMBERS if key in settings}
    if "cleanup.policy" in settings:
        known["cleanup.policy"] = settings["cleanup.policy"].split(",")
    return {
        "address": name,
        "description": "The number of partitions never changes: another one is another version of the topic.",
        "messages": messages,
        "bindings": {
            "kafka": {
                "topic": name,
                "partitions": topic["partitions"],
                "replicas": topic["replication_factor"],
                "topicConfiguration": known,
                "bindingVersion": _BINDING_VERSION,
            }
        },
        "x-settings": dict(settings),
        "x-producers": ["collector"],
        "x-consumers": ["aggregator"],
    }


def _operation(action: str, service: str, description: str) -> Document:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{_CHANNEL}"},
        "summary": f"What the {service} does",
        "description": description,
        "x-service": service,
    }


def _message(key: str, model: Any) -> Document:
    return {
        "name": model.TYPE,
        "title": model.__name__,
        "summary": model.__doc__,
        "contentType": _CONTENT_TYPE,
        "headers": {
            "type": "object",
            "required": ["content-type", "model"],
            "properties": {
                "content-type": {"type": "string", "const": _CONTENT_TYPE},
                "model": {
                    "type": "string",
                    "pattern": "^[0-9]+$",
                    "description": "The number of the newest version of the national model that the collector knew.",
                },
            },
        },
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./jsonschema/{model.TYPE}.json"}},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"The event's {key}."},
                "bindingVersion": _BINDING_VERSION,
            }
        },
    }
