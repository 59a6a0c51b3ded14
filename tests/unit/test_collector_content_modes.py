import json
from typing import Any

import pytest
from builders.events import body, recorded
from multidict import CIMultiDict

from services.collector.content_modes import BATCH, BINARY, STRUCTURED, Headers, Unreadable, raw_events

NO_HEADERS: CIMultiDict[str] = CIMultiDict()
ENVELOPE = {
    "ce-specversion": "1.0",
    "ce-type": "fi.feedback.request.recorded.v1",
    "ce-source": "/students",
    "ce-id": "e-1",
    "ce-time": "2025-08-11T09:30:00+03:00",
    "ce-providerid": "1.2.246.562.10.10000000001",
    "ce-subject": "r-1",
}


def events(media_type: str, raw: bytes, headers: Headers = NO_HEADERS) -> list[Any]:
    found = raw_events(media_type, headers, raw)
    assert not isinstance(found, Unreadable)
    return [json.loads(bytes(event)) for event in found]


def binary(raw: bytes, **changes: str) -> dict[str, Any]:
    headers = CIMultiDict({**ENVELOPE, **{f"ce-{name}": value for name, value in changes.items()}})
    (event,) = events(BINARY, raw, headers)
    assert isinstance(event, dict)
    return event


def test_structured_mode_is_one_event_as_it_was_sent() -> None:
    event = recorded()
    assert events(STRUCTURED, b" \n" + body(event)) == [event]


def test_batch_mode_is_the_events_in_their_order() -> None:
    batch = [recorded(), recorded(), 5, None]
    assert events(BATCH, body(batch)) == batch
    assert events(BATCH, b"[]") == []


def test_binary_mode_makes_the_same_event_as_structured_mode() -> None:
    event = binary(b'{"reason": "entered_in_error"}')
    assert event == {
        "specversion": "1.0",
        "type": "fi.feedback.request.recorded.v1",
        "source": "/students",
        "id": "e-1",
        "time": "2025-08-11T09:30:00+03:00",
        "providerid": "1.2.246.562.10.10000000001",
        "subject": "r-1",
        "data": {"reason": "entered_in_error"},
    }


def test_names_of_headers_have_no_case() -> None:
    headers = CIMultiDict({name.upper(): value for name, value in ENVELOPE.items()})
    assert events(BINARY, b"{}", headers)[0]["id"] == "e-1"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("plain", "plain"),
        ("a%20b", "a b"),
        ("a%2520b", "a%20b"),
        ('"quoted"', "quoted"),
        ('"with \\"marks\\" and \\\\"', 'with "marks" and \\'),
        ('"%41"', "A"),
        ("Euro%20%E2%82%AC", "Euro €"),
        ("100%", "100%"),
        ("", ""),
        ('""', ""),
    ],
)
def test_values_of_headers_are_unquoted_and_percent_decoded_once(header: str, value: str) -> None:
    assert binary(b"{}", id=header)["id"] == value


@pytest.mark.parametrize("header", ['"open', '"closed" and more', "%FF", "%C3%28", "\udce4"])
def test_values_of_headers_that_cant_be_decoded_are_told(header: str) -> None:
    headers = CIMultiDict({**ENVELOPE, "ce-id": header})
    assert raw_events(BINARY, headers, b"{}") is Unreadable.HEADER_ENCODING


def test_an_attribute_that_stands_twice_is_told() -> None:
    headers = CIMultiDict(ENVELOPE)
    headers.add("CE-ID", "e-2")
    assert raw_events(BINARY, headers, b"{}") is Unreadable.HEADER_ENCODING


def test_extensions_and_what_pretends_to_be_data_are_dropped_in_binary_mode() -> None:
    event = binary(b"{}", traceparent="00-1-2-3", data='{"forged":1}', data_base64="e30=", datacontenttype="text/xml")
    assert set(event) == {"specversion", "type", "source", "id", "time", "providerid", "subject", "data"}
    assert event["data"] == {}


def test_an_empty_body_is_an_event_without_data_in_binary_mode() -> None:
    assert "data" not in binary(b"")


@pytest.mark.parametrize("raw", [b'{}, "id": "forged"', b"{}}", b"{", b'"\xff"', b"\xef\xbb\xbf{}", b"[" * 100_000])
def test_a_binary_body_can_only_ever_be_the_data(raw: bytes) -> None:
    assert raw_events(BINARY, CIMultiDict(ENVELOPE), raw) is Unreadable.NOT_JSON


@pytest.mark.parametrize(
    ("media_type", "raw", "reason"),
    [
        ("text/plain", b"{}", Unreadable.MEDIA_TYPE),
        ("application/octet-stream", b"{}", Unreadable.MEDIA_TYPE),
        (BINARY, b"{}", Unreadable.NO_MODE),
        (STRUCTURED, b"[]", Unreadable.NOT_AN_OBJECT),
        (STRUCTURED, b" ", Unreadable.EMPTY),
        (STRUCTURED, b"\xef\xbb\xbf{}", Unreadable.NOT_AN_OBJECT),
        (BATCH, b"{}", Unreadable.NOT_AN_ARRAY),
        (BATCH, b"", Unreadable.EMPTY),
        (BATCH, b"[{}", Unreadable.NOT_JSON),
        (BATCH, b"[{}] []", Unreadable.NOT_JSON),
        (BATCH, b"[{},]", Unreadable.NOT_JSON),
        (BATCH, b"[" * 1_000_000, Unreadable.NOT_JSON),
    ],
)
def test_what_cant_be_taken_apart_says_why(media_type: str, raw: bytes, reason: Unreadable) -> None:
    assert raw_events(media_type, NO_HEADERS, raw) is reason
