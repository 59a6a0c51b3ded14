"""The three content modes of CloudEvents over HTTP, each turned into raw structured events. Pure.

A raw event is the bytes of one JSON value; whether it is an event is judged later, one by one. What can't be taken
apart is an `Unreadable`, and then nothing of the body is taken.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec
from multidict import CIMultiDict, CIMultiDictProxy

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
BINARY: Final = "application/json"
MEDIA_TYPES: Final = (STRUCTURED, BATCH, BINARY)

_BLANKS: Final = b" \t\r\n"
# Other attributes are extensions, which are dropped anyway; data and its type don't travel as attributes.
_ATTRIBUTES: Final = ("specversion", "type", "source", "id", "time", "providerid", "subject")
_PREFIX: Final = "ce-"

Headers = CIMultiDictProxy[str] | CIMultiDict[str]


class Unreadable(Enum):
    """Why a body can't be taken apart into events; the value is the sentence that the sender reads."""

    MEDIA_TYPE = "Content-Type is none of the three that CloudEvents over HTTP knows."
    NO_MODE = "The Content-Type application/json needs the attributes of the event in ce- headers."
    EMPTY = "The body is empty."
    NOT_JSON = "The body is not JSON in UTF-8."
    NOT_AN_OBJECT = "Structured mode takes one event, a JSON object; for several use the batch mode."
    NOT_AN_ARRAY = "Batch mode takes a JSON array of events."
    HEADER_ENCODING = "A ce- header stands twice, or isn't percent-encoded UTF-8."


def raw_events(media_type: str, headers: Headers, body: bytes) -> Sequence[memoryview] | Unreadable:
    """The raw events of a request in their order. `media_type` is in lower case and without parameters."""
    if media_type in {STRUCTURED, BATCH} and not body.strip(_BLANKS):
        return Unreadable.EMPTY
    match media_type:
        case "application/cloudevents+json":
            return [memoryview(body)] if body.lstrip(_BLANKS).startswith(b"{") else Unreadable.NOT_AN_OBJECT
        case "application/cloudevents-batch+json":
            return _of_batch(body)
        case "application/json":
            return _of_binary(headers, body)
        case _:
            return Unreadable.MEDIA_TYPE


_array: Final = msgspec.json.Decoder(list[msgspec.Raw])


def _of_batch(body: bytes) -> Sequence[memoryview] | Unreadable:
    if not body.lstrip(_BLANKS).startswith(b"["):
        return Unreadable.NOT_AN_ARRAY
    try:
        return [memoryview(raw) for raw in _array.decode(body)]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Unreadable.NOT_JSON


def _of_binary(headers: Headers, body: bytes) -> Sequence[memoryview] | Unreadable:
    if not any(name.lower().startswith(_PREFIX) for name in headers):
        return Unreadable.NO_MODE
    event: dict[str, str | msgspec.Raw] = {}
    for attribute in _ATTRIBUTES:
        values = headers.getall(_PREFIX + attribute, [])
        value = _decoded(values[0]) if len(values) == 1 else None
        if value is not None:
            event[attribute] = value
        elif values:
            return Unreadable.HEADER_ENCODING
    if body:
        try:
            # Parsed whole before it is embedded, so that it is one JSON value and can't add members to the envelope.
            msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return Unreadable.NOT_JSON
        event["data"] = msgspec.Raw(body)
    return [memoryview(msgspec.json.encode(event))]


def _decoded(value: str) -> str | None:
    """The attribute in a header's value: unquoted, then percent-decoded, once each; None when that can't be done.

    CloudEvents HTTP binding, §3.1.3.2.
    """
    text = value.strip(" \t")
    if text.startswith('"'):
        unquoted = _unquoted(text)
        if unquoted is None:
            return None
        text = unquoted
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:
        return None


def _unquoted(text: str) -> str | None:
    """The content of a quoted string (RFC 9110 §5.6.4); None when it doesn't end where the text ends."""
    characters: list[str] = []
    rest = iter(text[1:])
    for character in rest:
        if character == '"':
            return None if next(rest, None) is not None else "".join(characters)
        characters.append(next(rest, "") if character == "\\" else character)
    return None
