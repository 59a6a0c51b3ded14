"""From bytes to a valid event, or to the reasons why not: the one reading that every service shares.

The fast codec takes what is surely right; the pydantic models judge and explain the rest. Both lead to the same
struct, so both encode the same. A service may assume that an `Event` from here satisfies the contract and the
national model.
"""

import re
from typing import Any, Final

import msgspec
from msgspec import Struct
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from schemas.events import codec, types
from schemas.events.codec import Event
from schemas.events.envelope import Envelope
from schemas.events.judgement import judge
from schemas.events.personal import holds_personal_identifier
from schemas.events.problems import ErrorCode, Problem
from schemas.events.v1 import EVENT_MODELS
from schemas.national.model import NationalModels
from schemas.national.surveys import SURVEY_KINDS

MOST_LEVELS: Final = 32
"""JSON nested deeper than this is refused whole, before anything is read out of it."""

_ID: Final = re.compile(types.whole(types.IDENTIFIER_PATTERN))
_SOURCE: Final = re.compile(types.whole(types.SOURCE_PATTERN))
_OID: Final = re.compile(types.whole(types.OID_PATTERN))
_OWN_TYPE: Final = re.compile(r"fi\.feedback(\.[a-z]{1,40}){1,4}\.v[1-9][0-9]{0,3}")

_CODES: Final = {
    "missing": ErrorCode.MISSING,
    "extra_forbidden": ErrorCode.UNKNOWN_MEMBER,
    "model_type": ErrorCode.NOT_AN_OBJECT,
    "dict_type": ErrorCode.NOT_AN_OBJECT,
    "model_attributes_type": ErrorCode.NOT_AN_OBJECT,
    "list_type": ErrorCode.NOT_A_LIST,
    "string_type": ErrorCode.NOT_TEXT,
    "string_unicode": ErrorCode.NOT_TEXT,
    "int_type": ErrorCode.NOT_A_WHOLE_NUMBER,
    "int_from_float": ErrorCode.NOT_A_WHOLE_NUMBER,
    "int_parsing_size": ErrorCode.NUMBER_OUT_OF_RANGE,
    "greater_than_equal": ErrorCode.NUMBER_OUT_OF_RANGE,
    "less_than_equal": ErrorCode.NUMBER_OUT_OF_RANGE,
    "too_short": ErrorCode.EMPTY_LIST,
    "literal_error": ErrorCode.NOT_ALLOWED,
    "union_tag_invalid": ErrorCode.NOT_ALLOWED,
    "union_tag_not_found": ErrorCode.MISSING,
}
_OWN_CODES: Final = frozenset(code.value for code in ErrorCode)  # raised by the types themselves
_STEPS_TO_A_TAG: Final = 2  # more than that, since a response may hold an unknown member of a tag's name
_RANGES: Final = {"score": ErrorCode.SCORE_OUT_OF_RANGE, "nps": ErrorCode.NPS_OUT_OF_RANGE}


_NOT_JSON: Final = "The body is not JSON in UTF-8."


class NotJson(ValueError):
    """The bytes are not one JSON value of at most 32 levels; the message says which.

    Texts have to be Unicode, so no escape is a lone surrogate, and a whole number has at most 4,300 digits.
    """


class Refusal(Struct, frozen=True):
    """An event that isn't valid: why, and as much of its name as may be repeated.

    `id`, `source` and `provider` are None where the event lacks them, or where they are themselves malformed or
    hold a personal identifier. `newer_type` says that the type is of our own namespace without being known here: a
    sender's mistake, or, where only collectors write, a type of a later release.
    """

    problems: tuple[Problem, ...]
    id: str | None = None
    source: str | None = None
    provider: str | None = None
    newer_type: bool = False


def read_event(raw: bytes | memoryview, models: NationalModels) -> Event | Refusal:
    """Read one event in structured form. Raises NotJson when the bytes can't be a JSON value that we read."""
    event = codec.decode(raw)
    if event is not None and not judge(event, models):
        return codec.normalise(event)
    # The models explain also what the codec took and judgement refuses: they see the form of codes, which the codec
    # leaves alone, so that what is answered never depends on which of the two read the event.
    explained = _explain(bytes(raw))
    if isinstance(explained, Refusal):
        return explained
    problems = judge(explained, models)
    if problems:
        return Refusal(problems, explained.id, explained.source, explained.providerid)
    return codec.normalise(explained)


def _explain(raw: bytes) -> Event | Refusal:
    """What the contract's models say of an event that the codec didn't take."""
    try:
        value = from_json(raw, allow_inf_nan=False, cache_strings=False)
    except ValueError as error:
        raise NotJson(_NOT_JSON) from error
    if _levels(value) > MOST_LEVELS:
        raise NotJson(f"The body nests more than {MOST_LEVELS} levels.")
    if not isinstance(value, dict):
        return Refusal((Problem(ErrorCode.NOT_AN_OBJECT, ""),))
    model = EVENT_MODELS.get(value["type"]) if isinstance(value.get("type"), str) else None
    problems = _problems_beside_the_models(value, model)
    try:
        valid = (model or Envelope).model_validate_json(raw)
    except ValidationError as invalid:
        problems += _problems(invalid)
    else:
        if not problems:
            return _as_struct(valid.model_dump_json(exclude_none=True).encode())
    newer = model is None and isinstance(value.get("type"), str) and _OWN_TYPE.fullmatch(value["type"]) is not None
    return _refusal(problems, value.get("id"), value.get("source"), value.get("providerid"), newer_type=newer)


def too_large(raw: bytes | memoryview) -> Refusal:
    """The refusal of an event that is too large to be read: only its name is. Raises NotJson."""
    try:
        name = _names.decode(raw)
    except msgspec.ValidationError:
        name = _Name()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJson(_NOT_JSON) from error
    return _refusal([Problem(ErrorCode.EVENT_TOO_LARGE, "")], name.id, name.source, name.providerid)


class _Name(Struct):
    """The attributes that name an event, whatever they hold."""

    id: Any = None
    source: Any = None
    providerid: Any = None


_names: Final = msgspec.json.Decoder(_Name)


def _refusal(
    problems: list[Problem], event_id: Any, source: Any, provider: Any, *, newer_type: bool = False
) -> Refusal:
    """A refusal with as much of the event's name as may be repeated."""
    return Refusal(
        tuple(dict.fromkeys(problems)),
        _repeatable(event_id, _ID),
        _repeatable(source, _SOURCE),
        _repeatable(provider, _OID),
        newer_type,
    )


def _as_struct(canonical: bytes) -> Event:
    event = codec.decode(canonical)
    if event is None:
        raise AssertionError("the codec refused what the contract's models wrote: they have drifted apart")
    return event


def _levels(value: Any) -> int:
    """How deep a JSON value nests, counted without recursion: a scalar is 0, `[[]]` is 2."""
    deepest, level = 0, [value]
    while level:
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if any(isinstance(item, (dict, list)) for item in level):
            deepest += 1
        level = inner
    return deepest


def _problems_beside_the_models(value: dict[str, Any], model: type[Envelope] | None) -> list[Problem]:
    """What the models can't see: a type that has none, and an attribute that they ignore."""
    problems = [Problem(ErrorCode.DATA_BASE64_NOT_SUPPORTED, "")] if "data_base64" in value else []
    if model is None:
        problems.append(Problem(ErrorCode.UNKNOWN_TYPE if "type" in value else ErrorCode.MISSING, "/type"))
    return problems


def _problems(invalid: ValidationError) -> list[Problem]:
    return [
        Problem(_code(error), _pointer(error))
        for error in invalid.errors(include_url=False, include_context=True, include_input=False)
    ]


def _code(error: ErrorDetails) -> ErrorCode:
    kind, member = error["type"], error["loc"][-1] if error["loc"] else ""
    if kind == "string_pattern_mismatch":
        return types.PATTERN_CODES[error["ctx"]["pattern"]]
    if kind == "literal_error" and error["loc"] == ("specversion",):
        return ErrorCode.SPECVERSION_NOT_SUPPORTED
    if kind in _OWN_CODES:
        return ErrorCode(kind)
    code = _CODES.get(kind, ErrorCode.NOT_ALLOWED)
    return _RANGES.get(str(member), code) if code is ErrorCode.NUMBER_OUT_OF_RANGE else code


def _pointer(error: ErrorDetails) -> str:
    """The JSON Pointer of an error; of an unknown member its parent's, since its name is a value of the sender's."""
    steps = list(error["loc"])
    if len(steps) > _STEPS_TO_A_TAG and steps[0] == "data" and steps[1] in SURVEY_KINDS:
        del steps[1]  # the tag by which pydantic chose between the two backgrounds, not a member
    if error["type"] == "extra_forbidden":
        steps.pop()
    if error["type"].startswith("union_tag"):
        steps.append("survey_kind")
    return "".join(f"/{step}" for step in steps)


def _repeatable(value: Any, pattern: re.Pattern[str]) -> str | None:
    """The text if it has its form and names no person, so that it may stand in an answer or a row."""
    if isinstance(value, str) and pattern.match(value) and not holds_personal_identifier(value):
        return value
    return None
