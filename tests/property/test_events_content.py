"""Two events have the same content exactly when they mean the same (national model §4, Same content)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from builders.events import body
from builders.generated_events import MODELS, SETS, mutated, respelled, valid_events
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.events import codec
from schemas.events.codec import Event
from schemas.events.reading import read_event

pairs = st.one_of(
    valid_events().flatmap(lambda event: st.tuples(st.just(event), respelled(event))),
    valid_events().flatmap(lambda event: st.tuples(st.just(event), mutated(event, 1))),
    valid_events().flatmap(
        lambda event: st.tuples(st.just(event), mutated(event, 1).filter(_is_event).flatmap(respelled))
    ),
    st.tuples(valid_events(), valid_events()),
    st.tuples(valid_events(), valid_events()),
)


def _is_event(value: Any) -> bool:
    return isinstance(understood(value), Event)


def understood(value: Any) -> Any:
    return read_event(body(value), MODELS)


def instant(text: str) -> tuple[datetime, str]:
    """The instant in UTC to the second, and its first six decimals: the standard library's reading, not ours."""
    text = text.upper()
    whole, offset = text[:19], text[19:].lstrip(".0123456789")
    fraction = text[19 : len(text) - len(offset)].lstrip(".")
    return datetime.fromisoformat(whole + offset).astimezone(UTC), fraction[:6].ljust(6, "0")


def meaning(event: Mapping[str, Any]) -> Any:
    """What an event says, in values that compare as the national model compares contents."""
    return event["type"], event["subject"], instant(event["time"]), said(event["data"])


def said(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return frozenset((key, said(inner, key)) for key, inner in value.items() if inner is not None and inner != [])
    if isinstance(value, list):
        assert name in SETS or name == "answers"
        return frozenset(said(item) for item in value)
    return instant(value) if name == "answered_at" else value


@given(pairs)
def test_content_is_equal_exactly_where_the_meaning_is(pair: tuple[dict[str, Any], Any]) -> None:
    first, second = pair
    one, other = understood(first), understood(second)
    assert isinstance(one, Event)
    if isinstance(other, Event):
        assert (codec.content(one) == codec.content(other)) == (meaning(first) == meaning(second))


def test_that_comparison_means_something() -> None:
    """Pairs of equal and of different meaning both come up often."""
    seen = {"equal": 0, "different": 0, "refused": 0}

    @settings(max_examples=300, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(pairs)
    def count(pair: tuple[dict[str, Any], Any]) -> None:
        first, second = pair
        if not _is_event(second):
            seen["refused"] += 1
        else:
            seen["equal" if meaning(first) == meaning(second) else "different"] += 1

    count()
    assert min(seen["equal"], seen["different"]) > 0.2 * sum(seen.values()), seen


@given(valid_events().flatmap(lambda event: st.tuples(st.just(event), respelled(event))))
def test_a_copy_in_another_spelling_is_published_as_the_same_bytes(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    first, second = pair
    names = {name: first[name] for name in ("source", "id", "providerid")}
    assert codec.encode(understood(second | names)) == codec.encode(understood(first))


@given(valid_events(), valid_events())
def test_an_event_key_belongs_to_one_source_and_id(first: dict[str, Any], second: dict[str, Any]) -> None:
    keys = [codec.event_key(event["source"], event["id"]) for event in (first, second)]
    assert all(len(key) == 16 for key in keys)
    assert (keys[0] == keys[1]) == ((first["source"], first["id"]) == (second["source"], second["id"]))
