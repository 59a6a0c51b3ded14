"""The JSON Schemas say of an event's shape what the contract's models say."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from builders.examples import Invalid, Valid, invalid_examples, valid_examples
from builders.states import MODELS
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from schemas.documents.event_schemas import event_schemas
from schemas.events import codec
from schemas.events.codec import Event
from schemas.events.problems import ErrorCode
from schemas.events.reading import read_event

SCHEMAS = event_schemas()

BEYOND_A_SCHEMA = {
    # Told by the personal identifiers' forms, the media types' grammar, the clock or the bytes.
    ErrorCode.PERSONAL_IDENTIFIER,
    ErrorCode.DATACONTENTTYPE_NOT_JSON,
    ErrorCode.EVENT_TOO_LARGE,
    ErrorCode.TIME_TOO_EARLY,
    ErrorCode.TIME_IN_THE_FUTURE,
    # Told by the national model's data.
    ErrorCode.UNKNOWN_CODE,
    ErrorCode.CODE_NOT_IN_FORCE,
    ErrorCode.UNKNOWN_QUESTIONNAIRE,
    ErrorCode.UNKNOWN_QUESTION,
    ErrorCode.ANSWER_OF_WRONG_KIND,
    ErrorCode.DONT_KNOW_NOT_ALLOWED,
    ErrorCode.UNKNOWN_CHOICE,
    # Told by several members together.
    ErrorCode.REPEATED_QUESTION,
    ErrorCode.NOT_EXACTLY_ONE_ANSWER,
    ErrorCode.WINDOW_ENDS_BEFORE_START,
    ErrorCode.WORK_PERIOD_ENDS_BEFORE_START,
    ErrorCode.INTERRUPTION_ENDS_BEFORE_START,
    ErrorCode.DURATION_EXCEEDS_PERIOD,
    ErrorCode.PART_TIME_PERCENTAGE_NEEDED,
    ErrorCode.BASIS_WITHOUT_APPRENTICESHIP,
}
BEYOND_A_PATTERN = {
    "business_id_with_wrong_check_digit",
    "business_id_that_cannot_be",
    "everything_wrong_with_a_work_period",
    "time_on_the_last_day_of_the_calendar",
    "time_before_the_calendar",
}


def is_told_by_shape(example: Invalid) -> bool:
    return example.name not in BEYOND_A_PATTERN and any(code not in BEYOND_A_SCHEMA for code, _ in example.errors)


def whole_pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """As JSON Schema has it, `$` is the very end; in Python's re, on which the library stands, a newline may follow."""
    if isinstance(instance, str) and not re.search(pattern.removesuffix("$") + r"\Z", instance):
        yield ValidationError("the text doesn't match the pattern")


def is_text_of(parse: Any) -> Any:
    return lambda value: not isinstance(value, str) or bool(parse(value))


FORMATS = FormatChecker(formats=())
FORMATS.checks("date", raises=ValueError)(is_text_of(date.fromisoformat))
FORMATS.checks("date-time", raises=ValueError)(
    is_text_of(lambda text: datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper())))
)
Validator = extend(Draft202012Validator, {"pattern": whole_pattern})
VALIDATORS = {kind: Validator(schema, format_checker=FORMATS) for kind, schema in SCHEMAS.items()}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])
    assert SCHEMAS[kind]["$id"].endswith(kind)
    assert SCHEMAS[kind]["title"]
    assert SCHEMAS[kind]["description"]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_uses_nothing_that_the_dialect_does_not_know(kind: str) -> None:
    """An unknown keyword is silently ignored, so that a misspelt bound would bound nothing."""
    known = set(Draft202012Validator.VALIDATORS) | {
        *("$schema", "$id", "$defs", "title", "description", "default", "discriminator", "if", "then", "else"),
    }
    assert keywords(SCHEMAS[kind]) <= known


def keywords(schema: Any) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    found = set(schema)
    for named in ("properties", "$defs"):
        found = found.union(*map(keywords, schema.get(named, {}).values()))
    for listed in ("anyOf", "oneOf", "allOf"):
        found = found.union(*map(keywords, schema.get(listed, ())))
    return found | keywords(schema.get("items"))


@pytest.mark.parametrize("example", valid_examples(), ids=lambda example: example.name)
def test_valid_events_and_what_is_published_of_them_are_valid(example: Valid) -> None:
    event = json.loads(example.raw)
    validator = VALIDATORS[event["type"]]
    validator.validate(event)
    understood = read_event(example.raw, MODELS)
    assert isinstance(understood, Event)
    validator.validate(json.loads(codec.encode(understood)))


@pytest.mark.parametrize(
    "example", [one for one in invalid_examples() if is_told_by_shape(one)], ids=lambda example: example.name
)
def test_events_of_another_shape_are_invalid_under_every_schema(example: Invalid) -> None:
    event = json.loads(example.raw)
    assert not [kind for kind, validator in VALIDATORS.items() if validator.is_valid(event)]


@pytest.mark.parametrize(
    "example", [one for one in invalid_examples() if not is_told_by_shape(one)], ids=lambda example: example.name
)
def test_what_a_schema_cannot_say_is_right_by_its_type(example: Invalid) -> None:
    """Otherwise the example would stand among those that a schema tells."""
    event = json.loads(example.raw)
    assert VALIDATORS[event["type"]].is_valid(event)
