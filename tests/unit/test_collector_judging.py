from typing import Any

import pytest
from builders.events import PROVIDER, answers, body, recorded, submitted

from schemas.events.codec import ResponseSubmitted, decode
from schemas.events.reading import NotJson
from schemas.national.model import load_models
from services.collector.judging import Judge, ValidEvent
from services.collector.verdict import Status, Verdict

STRANGER = "1.2.246.562.10.10000000003"
NOW_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


def judged(*events: Any, organisations: frozenset[str] = frozenset({PROVIDER})) -> list[ValidEvent | Verdict]:
    judge = Judge(load_models(), organisations, now_us=NOW_US, event_limit_bytes=64 * 1024)
    raws = [event if isinstance(event, bytes) else body(event) for event in events]
    return [judge.judge(index, memoryview(raw)) for index, raw in enumerate(raws)]


def statuses(*events: Any, **options: Any) -> list[Status | None]:
    return [one.status if isinstance(one, Verdict) else None for one in judged(*events, **options)]


def refusal(event: Any, **options: Any) -> Verdict:
    (verdict,) = judged(event, **options)
    assert isinstance(verdict, Verdict)
    return verdict


def codes(verdict: Verdict) -> list[tuple[str, str]]:
    assert verdict.errors
    return [(error.code, error.pointer) for error in verdict.errors]


def test_a_valid_event_is_published_in_our_own_encoding() -> None:
    event = submitted(id="e-1", extension="dropped", time="2025-08-14t15:02:11.1234567z")
    (valid,) = judged(event)
    assert isinstance(valid, ValidEvent)
    assert (valid.index, valid.id, valid.provider) == (0, "e-1", PROVIDER)
    assert b"dropped" not in valid.encoded
    assert isinstance(decode(valid.encoded), ResponseSubmitted)


def test_who_speaks_for_nobody_learns_nothing_about_the_event() -> None:
    valid, broken = recorded(id="e-1"), recorded(id="e-2", data={"survey_kind": "start"})
    for event in (valid, broken):
        verdict = refusal(event, organisations=frozenset())
        assert verdict.status is Status.FORBIDDEN
        assert not verdict.errors
    assert refusal(recorded(providerid=STRANGER)).status is Status.FORBIDDEN


def test_an_event_without_a_readable_provider_is_invalid_rather_than_forbidden() -> None:
    verdict = refusal(recorded(providerid="x"), organisations=frozenset())
    assert verdict.status is Status.INVALID
    assert codes(verdict) == [("malformed_oid", "/providerid")]


def test_an_event_from_the_future_is_invalid() -> None:
    verdict = refusal(recorded(time="2026-01-01T00:05:00.000001Z"))
    assert codes(verdict) == [("time_in_the_future", "/time")]
    assert statuses(recorded(time="2026-01-01T00:05:00Z")) == [None]


def test_an_event_of_more_than_64_kibibytes_is_invalid_as_a_whole_and_told_by_its_name() -> None:
    fits, too_large = (recorded(padding="x" * size, id="large-1") for size in (60_000, 70_000))
    assert statuses(fits) == [None]
    verdict = refusal(too_large)
    assert codes(verdict) == [("event_too_large", "")]
    assert verdict.id == "large-1"


@pytest.mark.parametrize("event_id", [7, None, "010190-123A", "two words"])
def test_a_name_that_cant_be_repeated_isnt_also_when_the_event_is_too_large(event_id: object) -> None:
    assert refusal(recorded(padding="x" * 70_000, id=event_id)).id is None


def test_a_large_value_that_is_no_object_is_too_large_as_well() -> None:
    assert codes(refusal("x" * 70_000)) == [("event_too_large", "")]


def test_an_event_without_type_hears_of_everything_else_that_it_lacks() -> None:
    assert codes(refusal({"specversion": "1.0", "id": "a"})) == [
        ("missing", f"/{name}") for name in ("type", "source", "time", "providerid", "subject")
    ]


def test_the_limit_is_the_last_byte() -> None:
    event = recorded(padding="")
    event["padding"] = "x" * (64 * 1024 - len(body(event)))
    assert len(body(event)) == 64 * 1024
    assert statuses(event) == [None]
    event["padding"] += "x"
    assert codes(refusal(event)) == [("event_too_large", "")]


@pytest.mark.parametrize("raw", [b'{"id": tru}', b'{"id": "\xff"}', b'{"id": "' + b"x" * 70_000])
def test_what_isnt_json_stops_the_whole_request(raw: bytes) -> None:
    with pytest.raises(NotJson):
        judged(recorded(), raw)


def test_the_same_event_again_is_published_again() -> None:
    event = submitted(answers(start_01=4, start_02=2), id="e-1")
    reordered = submitted(answers(start_02=2, start_01=4), id="e-1", time="2025-08-14T15:02:11Z")
    assert statuses(event, event, reordered) == [None, None, None]


def test_one_id_with_two_contents_is_a_conflict_with_the_first() -> None:
    first, second = recorded(id="e-1"), recorded(id="e-1", subject="r-2")
    assert statuses(first, second, first, second) == [None, Status.CONFLICT, None, Status.CONFLICT]


def test_ids_are_told_apart_by_source_and_provider() -> None:
    other_source = recorded(id="e-1", source="/other", subject="r-2")
    other_provider = recorded(id="e-1", providerid=STRANGER, subject="r-3")
    both = frozenset({PROVIDER, STRANGER})
    assert statuses(recorded(id="e-1"), other_source, other_provider, organisations=both) == [None, None, None]


def test_an_invalid_or_forbidden_event_takes_no_id() -> None:
    broken = recorded(id="e-1", data={"survey_kind": "start"})
    late = recorded(id="e-1", time="2027-01-01T00:00:00Z")
    foreign = recorded(id="e-1", providerid=STRANGER)
    assert statuses(broken, late, foreign, recorded(id="e-1")) == [
        Status.INVALID,
        Status.INVALID,
        Status.FORBIDDEN,
        None,
    ]


def test_a_culprit_id_isnt_repeated() -> None:
    verdict = refusal(recorded(id="010190-123A"))
    assert verdict.id is None
    assert codes(verdict) == [("personal_identifier", "/id")]
