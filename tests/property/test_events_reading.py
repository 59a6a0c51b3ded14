"""Both readers of an event agree, whatever is sent; nothing that is sent makes the reading fail."""

import json
from typing import Any

from builders.events import body
from builders.generated_events import MODELS, json_values, mutated, respelled, texts_of, valid_events
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.documents.event_schemas import event_schemas
from schemas.events import codec, reading
from schemas.events.codec import Event
from schemas.events.judgement import judge
from schemas.events.reading import MOST_LEVELS, NotJson, Refusal, read_event

SCHEMAS = {kind: Draft202012Validator(schema) for kind, schema in event_schemas().items()}

valid_texts = valid_events().flatmap(texts_of)
respelled_texts = valid_events().flatmap(respelled).flatmap(texts_of)
spoilt_texts = valid_events().flatmap(mutated).flatmap(texts_of)
any_texts = st.one_of(valid_texts, respelled_texts, spoilt_texts)


def outcome(raw: bytes) -> Any:
    """The event as it is published, or what is told of its refusal."""
    event = read_event(raw, MODELS)
    return event if isinstance(event, Refusal) else codec.encode(event)


def taken_fast(raw: bytes) -> Event | None:
    """What the codec and judgement accept without asking the models."""
    event = codec.decode(raw)
    return event if event is not None and not judge(event, MODELS) else None


@given(any_texts)
def test_whatever_the_codec_accepts_the_models_accept_and_both_encode_the_same(raw: bytes) -> None:
    fast = taken_fast(raw)
    if fast is None:
        return
    explained = reading._explain(raw)  # noqa: SLF001 - the slow path alone is what is compared
    assert not isinstance(explained, Refusal)
    assert not judge(explained, MODELS)
    assert codec.encode(codec.normalise(explained)) == codec.encode(codec.normalise(fast))


def test_that_comparison_means_something() -> None:
    """Of the texts above the codec takes enough, and enough are refused, that agreement isn't empty."""
    seen = {"fast": 0, "slow": 0, "refused": 0}

    @settings(max_examples=300, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(any_texts)
    def count(raw: bytes) -> None:
        taken = "fast" if taken_fast(raw) is not None else "slow"
        seen["refused" if isinstance(read_event(raw, MODELS), Refusal) else taken] += 1

    count()
    assert min(seen.values()) > 0.1 * sum(seen.values()), seen


@given(respelled_texts)
def test_a_valid_event_is_accepted_in_every_spelling(raw: bytes) -> None:
    event = read_event(raw, MODELS)
    assert not isinstance(event, Refusal), event.problems


@given(valid_events().flatmap(mutated).filter(lambda value: isinstance(value, dict)))
def test_an_attribute_that_is_dropped_changes_nothing_of_the_outcome(value: dict[str, Any]) -> None:
    """Neither what is published nor what is told: the codec leaves such an event to the models."""
    assert outcome(body(value)) == outcome(body(value | {"xdropped": 1}))


@given(spoilt_texts)
def test_of_members_that_stand_twice_the_last_one_counts(raw: bytes) -> None:
    assert outcome(raw) == outcome(body(json.loads(raw)))


@given(any_texts)
def test_what_is_accepted_is_valid_under_its_json_schema(raw: bytes) -> None:
    event = read_event(raw, MODELS)
    if isinstance(event, Refusal):
        return
    for text in (raw, codec.encode(event)):
        sent = json.loads(text)
        assert SCHEMAS[sent["type"]].is_valid(sent)


@given(respelled_texts)
def test_what_is_published_is_read_as_what_it_was(raw: bytes) -> None:
    event = read_event(raw, MODELS)
    assert isinstance(event, Event)
    published = codec.encode(event)
    assert read_event(published, MODELS) == event
    assert codec.decode(published) == event


def is_json(raw: bytes) -> bool:
    """Whether these bytes are JSON in UTF-8 as RFC 8259 has it, by the standard library."""
    try:
        # Python takes lone surrogates, NaN and infinities, which aren't in the grammar of Unicode text and numbers.
        json.loads(raw.decode(), parse_constant=_refuse, object_pairs_hook=_unicode)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _unicode(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    json.dumps(pairs, ensure_ascii=False).encode()
    return dict(pairs)


def levels(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(levels, inner), default=0)


def is_readable(raw: bytes) -> bool:
    """Whether reading may not raise: all but deep JSON and what isn't JSON."""
    try:
        read_event(raw, MODELS)
    except NotJson:
        return False
    return True


@given(json_values().flatmap(texts_of))
def test_any_json_is_an_event_or_a_refusal(raw: bytes) -> None:
    assert is_readable(raw)


@given(any_texts)
def test_any_event_gone_wrong_is_an_event_or_a_refusal(raw: bytes) -> None:
    assert is_readable(raw)


@given(st.binary(max_size=64))
@example(b"")
@example(b"\xef\xbb\xbf{}")
@example(b'{"a": NaN}')
@example(b'{"a": 1e999}')
@example(b'{"a": "\\ud800"}')
@example(b'{"a": "\xff"}')
@example(b"{} {}")
def test_only_bytes_that_are_no_json_cannot_be_read(raw: bytes) -> None:
    assert is_readable(raw) == is_json(raw)


@given(valid_texts, st.data())
def test_only_events_that_are_no_json_any_more_cannot_be_read(raw: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw) - 1))
    cut = raw[:at] + data.draw(st.binary(max_size=2)) + raw[at + data.draw(st.integers(0, 2)) :]
    assert is_readable(cut) == is_json(cut)


@given(st.integers(0, 3 * MOST_LEVELS), st.sampled_from([b"[%b]", b'{"a":%b}', b'[{"a":%b},1]']))
@example(100_000, b"[%b]")
def test_only_json_of_too_many_levels_is_refused_whole(times: int, around: bytes) -> None:
    opening, closing = around.split(b"%b")
    raw = opening * times + b"0" + closing * times
    deep = times * around.count(b"[" if b"[" in around else b"{") + times * (around.count(b"[{"))
    assert is_readable(raw) == (deep <= MOST_LEVELS)


@given(valid_events(), st.integers(1, MOST_LEVELS + 2))
def test_a_dropped_attribute_may_nest_as_deep_as_the_rest(event: dict[str, Any], depth: int) -> None:
    raw = body(event | {"xnested": None}).replace(b'"xnested": null', b'"xnested": ' + b"[" * depth + b"]" * depth)
    assert levels(json.loads(raw)) >= depth
    assert is_readable(raw) == (levels(json.loads(raw)) <= MOST_LEVELS)
