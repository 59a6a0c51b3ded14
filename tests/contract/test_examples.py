"""Every example through both ends: the collector's judging and the aggregator's decoding come to the same verdict."""

import json
import re
from typing import Any

import msgspec
import pytest
from builders.examples import FOLDER, Invalid, Valid, invalid_examples, valid_examples
from builders.states import DECODER, MODELS, Record

from schemas.events.problems import DETAILS, ErrorCode
from schemas.events.v1 import EVENT_MODELS
from schemas.national.surveys import SURVEY_KINDS
from services.aggregator.decode import Arrival, Newer, Reject
from services.collector.judging import Judge, ValidEvent
from services.collector.verdict import Status, Verdict
from services.runtime.partitioning import partition_of

NOW_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
VALID = valid_examples()
INVALID = invalid_examples()
STEP = re.compile(r"0|[1-9][0-9]*|[a-z_]+")

each_valid = pytest.mark.parametrize("example", VALID, ids=lambda example: example.name)
each_invalid = pytest.mark.parametrize("example", INVALID, ids=lambda example: example.name)


def provider_of(raw: bytes) -> str:
    event = json.loads(raw)
    provider = event.get("providerid") if isinstance(event, dict) else None
    return provider if isinstance(provider, str) else ""


def judged(raw: bytes) -> ValidEvent | Verdict:
    """What a collector whose sender may speak for the event's provider says."""
    judge = Judge(MODELS, frozenset({provider_of(raw)}), now_us=NOW_US, event_limit_bytes=64 * 1024)
    return judge.judge(0, memoryview(raw))


def decoded(raw: bytes) -> Any:
    return DECODER.decode(Record(raw, partition=partition_of(provider_of(raw), 16)))


@each_valid
def test_both_ends_accept_what_is_valid(example: Valid) -> None:
    assert isinstance(judged(example.raw), ValidEvent)
    assert isinstance(decoded(example.raw), Arrival)


@each_valid
def test_what_is_published_says_what_was_sent(example: Valid) -> None:
    published = judged(example.raw)
    assert isinstance(published, ValidEvent)
    assert decoded(published.encoded) == decoded(example.raw)
    again = judged(published.encoded)
    assert isinstance(again, ValidEvent)
    assert again.encoded == published.encoded


@each_valid
def test_nothing_is_published_that_the_contract_does_not_name(example: Valid) -> None:
    published = judged(example.raw)
    assert isinstance(published, ValidEvent)
    event = json.loads(published.encoded)
    assert event.keys() <= {"specversion", "type", "source", "id", "time", "providerid", "subject", "data"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event["time"])
    assert None not in event["data"].values()


@each_invalid
def test_the_collector_refuses_with_exactly_these_errors(example: Invalid) -> None:
    verdict = judged(example.raw)
    assert isinstance(verdict, Verdict)
    assert verdict.status is Status.INVALID
    assert isinstance(verdict.errors, tuple)
    assert tuple((error.code, error.pointer) for error in verdict.errors) == example.errors


OF_A_LATER_RELEASE = {"type_of_another_version", "type_unknown"}
"""Unknown types of our own namespace: no collector of today publishes them, so in the log one of tomorrow did."""


@each_invalid
def test_the_aggregator_rejects_for_the_same_reasons(example: Invalid) -> None:
    outcome = decoded(example.raw)
    if example.refused_by == "collector":
        assert isinstance(outcome, Arrival)
        return
    if example.name in OF_A_LATER_RELEASE:
        assert isinstance(outcome, Newer)
        assert outcome.reason == "newer_type"
        return
    assert isinstance(outcome, Reject)
    assert outcome.reason == example.errors[0][0]
    assert outcome.pointers == tuple(pointer for _, pointer in example.errors)


@each_invalid
def test_a_refusal_repeats_no_value(example: Invalid) -> None:
    """Details are constants of ours, and pointers lead over members that the contract names or are indices."""
    verdict = judged(example.raw)
    assert isinstance(verdict, Verdict)
    assert isinstance(verdict.errors, tuple)
    for error in verdict.errors:
        assert error.detail == DETAILS[ErrorCode(error.code)]
        steps = error.pointer.split("/")
        assert steps.pop(0) == ""
        assert all(STEP.fullmatch(step) for step in steps)
        assert {step for step in steps if not step.isdigit()} <= CONTRACT_NAMES


@each_invalid
def test_the_id_is_repeated_only_where_it_is_not_the_culprit(example: Invalid) -> None:
    verdict = judged(example.raw)
    assert isinstance(verdict, Verdict)
    event = json.loads(example.raw)
    if not isinstance(event, dict) or any(pointer == "/id" for _, pointer in example.errors):
        assert verdict.id is None
    elif example.name != "event_too_large":
        assert verdict.id == event["id"]


@pytest.mark.parametrize("example", [one for one in INVALID if "personal" in str(one.errors)], ids=lambda one: one.name)
def test_nothing_of_a_person_stands_in_an_answer_or_a_row(example: Invalid) -> None:
    event = json.loads(example.raw)
    answer = msgspec.json.encode(judged(example.raw)).decode()
    row = repr(decoded(example.raw))
    for _, pointer in example.errors:
        culprit = event[pointer.removeprefix("/")]
        assert culprit not in answer
        assert culprit not in row


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_has_an_example(code: ErrorCode) -> None:
    assert any(code.value == told for example in INVALID for told, _ in example.errors)


@pytest.mark.parametrize("kind", EVENT_MODELS)
def test_every_event_type_has_a_valid_example(kind: str) -> None:
    assert any(json.loads(example.raw)["type"] == kind for example in VALID)


@pytest.mark.parametrize("kind", SURVEY_KINDS)
def test_every_survey_kind_has_a_valid_example(kind: str) -> None:
    assert any(json.loads(example.raw)["data"].get("survey_kind") == kind for example in VALID)


def test_nothing_but_examples_stands_among_the_examples() -> None:
    files = [file for file in FOLDER.rglob("*") if file.is_file()]
    assert len(files) == len(VALID) + len(INVALID)
    assert all(re.fullmatch(r"[a-z0-9_]+", file.stem) for file in files)


def test_examples_differ() -> None:
    """No valid example is another's copy under a new name, its id apart."""
    texts = [re.sub(rb'"id": "[^"]*"', b"", example.raw) for example in VALID]
    assert len(set(texts)) == len(texts)


def names_in(schema: Any) -> set[str]:
    """The names of all members that a JSON Schema and its definitions describe."""
    if isinstance(schema, list):
        return set().union(*map(names_in, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own.union(*map(names_in, schema.values()))


CONTRACT_NAMES = set().union(*(names_in(model.model_json_schema()) for model in EVENT_MODELS.values()))
