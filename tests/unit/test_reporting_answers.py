import json

import pytest

from services.reporting.answers import CSV, JSON, body_of, preferred_media_type
from services.reporting.lookup import Asked, BadLookup, EventName, RequestName, lookup
from services.reporting.table import Table

A = "1.2.246.562.10.10000000001"
TABLE = Table(("provider", "n", "rate"), [(A, 3, "0.50"), (None, None, None)])


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/csv", CSV),
        ("Text/CSV; charset=utf-8", CSV),
        ("text/*", CSV),
        ("application/json, text/csv", JSON),
        ("application/json;q=0.5, text/csv", CSV),
        ("text/csv;q=0.1, */*;q=0.5", JSON),
        ("text/csv;q=0, application/json;q=0", JSON),
        ("text/csv;q=x", JSON),
        ("image/png", JSON),
    ],
)
def test_csv_is_given_to_those_who_prefer_it(accept: str, expected: str) -> None:
    assert preferred_media_type(accept) == expected


def test_json_rows_are_flat_and_keep_decimals_as_text() -> None:
    body = body_of(TABLE, JSON, as_of="2025-11-24T12:00:00.000000Z", model="2025.1", next_token="t")
    assert json.loads(body) == {
        "as_of": "2025-11-24T12:00:00.000000Z",
        "edition": None,
        "model": "2025.1",
        "rows": [{"provider": A, "n": 3, "rate": "0.50"}, {"provider": None, "n": None, "rate": None}],
        "next": "t",
    }


def test_csv_has_names_even_without_rows_and_empty_fields_for_null() -> None:
    assert (
        body_of(TABLE, CSV, as_of=None, model="", next_token=None)
        == f"provider,n,rate\r\n{A},3,0.50\r\n,,\r\n".encode()
    )
    assert body_of(Table(("n",), []), CSV, as_of=None, model="", next_token=None) == b"n\r\n"


def test_a_look_up_asks_for_events_or_for_requests_and_ignores_what_else_an_event_has() -> None:
    event = {"providerid": A, "source": "/s", "id": "e", "subject": "r", "data": {"reason": "x"}}
    assert lookup(json.dumps({"events": [event]}).encode()) == Asked(events=(EventName(A, "/s", "e"),))
    assert lookup(b'{"requests": []}') == Asked(requests=())


@pytest.mark.parametrize(
    "body",
    [b"\xff", b"[" * 100_000, b"null", b'{"events": null}', b'{"events": {}}', b'{"requests": [{"subject": "x"}]}'],
)
def test_what_asks_nothing_gets_advice(body: bytes) -> None:
    outcome = lookup(body)
    assert isinstance(outcome, BadLookup)
    assert '"providerid"' in outcome.detail


@pytest.mark.parametrize(
    ("name", "possible"),
    [
        (EventName(A, "/s", "e"), True),
        (EventName("x", "/s", "e"), False),
        (EventName(A, "/s?q", "e"), False),
        (EventName(A, "/s", "e\x00"), False),
        (EventName(A, "/s", "e\n"), False),
        (EventName(A, "/s", "010190-123A"), False),
        (RequestName(A, "r"), True),
        (RequestName(A, ""), False),
        (RequestName(A, "1.2.246.562.24.1"), False),
    ],
)
def test_only_a_name_that_could_have_been_accepted_is_looked_for(name: EventName | RequestName, possible: bool) -> None:
    assert name.possible is possible
