"""What examples and properties don't show of the reading: where its two paths meet, and what may be repeated."""

import json
from typing import Any

import pytest
from builders.events import (
    PROVIDER,
    SOURCE,
    answers,
    body,
    employer_background,
    recorded,
    student_background,
    submitted,
)

from schemas.events import codec
from schemas.events.codec import Event, RequestRecorded, ResponseSubmitted
from schemas.events.reading import NotJson, Refusal, read_event
from schemas.national.model import load_models

MODELS = load_models()


def read(event: Any) -> Event | Refusal:
    return read_event(event if isinstance(event, bytes) else body(event), MODELS)


def refused(event: Any) -> Refusal:
    found = read(event)
    assert isinstance(found, Refusal)
    return found


def test_a_memoryview_is_read_like_bytes() -> None:
    for event in (recorded(id="e"), recorded(id="e", extension=1), recorded(id="e", specversion="2")):
        assert read_event(memoryview(body(event)), MODELS) == read(event)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": "\xc3\x28"}',
        b'{"a": "\\udc00"}',
        b'{"a": ' + b"1" * 5000 + b"}",
        b"\xff\xfe{\x00}\x00",
    ],
)
def test_of_what_is_no_json_no_more_is_said_than_of_nothing(raw: bytes) -> None:
    with pytest.raises(NotJson, match="JSON in UTF-8") as of_nothing:
        read(b"")
    with pytest.raises(NotJson) as caught:
        read(raw)
    assert str(caught.value) == str(of_nothing.value)


def test_json_of_too_many_levels_says_how_many_there_may_be() -> None:
    with pytest.raises(NotJson, match="32 levels"):
        read(b"[" * 33 + b"]" * 33)
    assert refused(b"[" * 32 + b"]" * 32).problems


def test_a_refusal_names_the_event_as_far_as_it_may_be_repeated() -> None:
    whole = refused(recorded(id="e-1", specversion="2"))
    assert (whole.id, whole.source, whole.provider) == ("e-1", SOURCE, PROVIDER)
    for name, value in {"id": "a b", "source": "?", "providerid": "1.2.3"}.items():
        found = refused(recorded(**{"id": "e-1"} | {name: value}))
        named = {"id": found.id, "source": found.source, "providerid": found.provider}
        assert named == {"id": "e-1", "source": SOURCE, "providerid": PROVIDER} | {name: None}


def test_a_refusal_by_the_national_model_names_the_event_too() -> None:
    found = refused(recorded(student_background(exclusion="unheard_of"), id="e-1"))
    assert (found.id, found.source, found.provider) == ("e-1", SOURCE, PROVIDER)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (recorded(student_background(trigger_source="No code")), "malformed_code"),
        (recorded(student_background(trigger_source="unheard_of")), "unknown_code"),
        (submitted([{"question": "No code", "score": 1}]), "malformed_code"),
        (submitted(answers(start_99=1)), "unknown_question"),
    ],
)
def test_what_is_told_never_depends_on_which_of_the_two_read_the_event(event: dict[str, Any], code: str) -> None:
    assert codec.decode(body(event)) is not None
    assert codec.decode(body(event | {"extension": 1})) is None
    told = refused(event).problems
    assert told == refused(event | {"extension": 1}).problems
    assert [problem.code.value for problem in told] == [code]


def test_the_form_of_an_event_is_told_before_the_national_model_is_asked() -> None:
    found = refused(recorded(student_background(exclusion="unheard_of", qualification="1")))
    assert [problem.pointer for problem in found.problems] == ["/data/qualification"]


def test_an_unknown_member_of_a_survey_kinds_name_is_told_at_its_parent() -> None:
    for event in (submitted(), recorded()):
        event["data"]["workplace"] = {"a": 1}
        assert [(problem.code.value, problem.pointer) for problem in refused(event).problems] == [
            ("unknown_member", "/data")
        ]


def test_a_valid_event_comes_in_the_form_that_is_published() -> None:
    event = read(submitted(answers(start_needs={"choices": ["place", "none", "place"]}, start_01=4), extension=1))
    assert isinstance(event, ResponseSubmitted)
    assert event.time == event.data.answered_at == "2025-08-14T15:02:11.000000Z"
    assert [answer.question for answer in event.data.answers] == ["start_01", "start_needs"]
    assert event.data.answers[1].choices == ("none", "place")
    assert b"extension" not in codec.encode(event)


def test_interruptions_are_ordered_with_open_ends_last() -> None:
    spans = [{"start": "2025-09-02"}, {"start": "2025-09-02", "end": "2025-09-03"}, {"start": "2025-09-01"}]
    event = read(recorded(employer_background(interruptions=[*spans, spans[0]])))
    assert isinstance(event, RequestRecorded)
    encoded = json.loads(codec.encode(event))["data"]["interruptions"]
    assert encoded == [spans[2], spans[1], spans[0]]


def test_an_event_that_is_in_form_already_is_not_copied() -> None:
    event = codec.decode(body(recorded(time="2025-08-11T06:30:00.000000Z")))
    assert event is not None
    assert codec.normalise(codec.normalise(event)) == codec.normalise(event)
    response = codec.decode(body(submitted(answers(start_01=1, start_02=2))))
    assert response is not None
    assert codec.normalise(response) is response
