"""The AsyncAPI document is the topic's declaration and the events' schemas; every reference leads somewhere."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.documents.files import FOLDER, documents
from schemas.events.v1 import EVENT_MODELS
from services.runtime.partitioning import declared_partitions

DOCUMENTS = documents()
DOCUMENT = json.loads(DOCUMENTS["asyncapi.json"])
CHANNEL = DOCUMENT["channels"]["events"]
DECLARED = tomllib.loads((FOLDER / "topics.toml").read_text())["topics"]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        if reference.startswith("./"):
            assert reference.removeprefix("./") in DOCUMENTS
            continue
        place = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_the_topic_is_the_declared_one() -> None:
    topic = DECLARED[CHANNEL["address"]]
    kafka = CHANNEL["bindings"]["kafka"]
    assert (kafka["partitions"], kafka["replicas"]) == (topic["partitions"], topic["replication_factor"])
    assert kafka["partitions"] == declared_partitions()
    assert CHANNEL["x-settings"] == topic["settings"]
    for name, value in kafka["topicConfiguration"].items():
        assert topic["settings"][name] == (",".join(value) if isinstance(value, list) else str(value))


def test_every_event_type_is_a_message() -> None:
    messages = DOCUMENT["components"]["messages"]
    assert {message["name"] for message in messages.values()} == set(EVENT_MODELS)
    assert messages.keys() == CHANNEL["messages"].keys()


@pytest.mark.parametrize("message", DOCUMENT["components"]["messages"].values(), ids=lambda message: message["title"])
def test_a_message_says_its_key_its_headers_and_its_payload(message: Any) -> None:
    assert "providerid" in message["bindings"]["kafka"]["key"]["description"]
    headers = Draft202012Validator(message["headers"])
    assert headers.is_valid({"content-type": message["contentType"], "model": "2"})
    assert not headers.is_valid({"content-type": message["contentType"]})
    assert not headers.is_valid({"content-type": "application/json", "model": "2"})
    payload = json.loads(DOCUMENTS[message["payload"]["schema"]["$ref"].removeprefix("./")])
    assert payload["properties"]["type"]["const"] == message["name"]


def test_one_service_writes_and_one_reads() -> None:
    roles = {(one["action"], one["x-service"]) for one in DOCUMENT["operations"].values()}
    assert roles == {("send", "collector"), ("receive", "aggregator")}
