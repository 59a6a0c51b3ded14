"""From a record to an arrival, a reject or a stop."""

import pytest
from builders.events import PROVIDER, answers, body, cancelled, employer_background, recorded, submitted, withdrawn
from builders.states import DECODER, KEYS, MODELS, Record, arrival

from schemas.events.codec import event_key
from services.aggregator.decode import Arrival, Decoder, DigestKeys, Newer, Reject
from services.aggregator.merge import BackgroundRegister, ResponseRegister
from services.runtime.partitioning import partition_of


def test_a_recorded_request_becomes_a_background() -> None:
    found = arrival(recorded(employer_background(apprenticeship_basis="entrepreneur")))
    register = found.register
    assert isinstance(register, BackgroundRegister)
    assert register.facts is not None
    assert register.particulars is not None
    assert (register.cancelled, register.facts.entrepreneur, register.facts.duration_days) == (False, True, 40)
    assert register.particulars.qualification == "351301"
    rest = register.particulars.rest
    assert rest is not None
    for kept in ("employer_business_id", "interruptions", "contract_type", "part_time_percentage", "106945"):
        assert kept in rest
    for column in ('qualification"', "trigger_date", "survey_kind", "duration_days"):
        assert column not in rest


def test_a_submitted_response_becomes_one_byte_a_slot() -> None:
    given = answers(
        start_01=4,
        start_02=None,
        start_nps={"nps": 0},
        start_reason={"choice": "interest"},
        start_needs={"choices": ["place", "schedule"]},
    )
    register = arrival(submitted(given)).register
    assert isinstance(register, ResponseRegister)
    assert register.answers is not None
    questionnaire = MODELS.questionnaire("start-2025")
    assert questionnaire is not None
    chosen = [choice.code for choice in questionnaire.by_code["start_needs"].choices]
    reasons = [choice.code for choice in questionnaire.by_code["start_reason"].choices]
    given_bytes = [value for value in register.answers if value]
    assert given_bytes == [4, 6, 1, reasons.index("interest") + 1, 1, 1, 1]
    needs = len(register.answers) - len(chosen)
    assert register.answers[needs - 1 :] == bytes([1, *(int(code in {"place", "schedule"}) for code in chosen)])


@pytest.mark.parametrize("event", [cancelled(), withdrawn()])
def test_cancellations_and_withdrawals_rank_last_and_hold_nothing(event: dict[str, object]) -> None:
    register = arrival(event).register
    assert register.stamp[1] is True
    assert getattr(register, "facts", None) is None
    assert getattr(register, "answers", None) is None


def test_the_event_key_is_the_beginning_of_a_sha256() -> None:
    event = recorded(id="c0ffee-1", source="https://student-system.example/feedback")
    assert arrival(event).key == event_key("https://student-system.example/feedback", "c0ffee-1")
    assert event_key("a", "b").hex() == "f04cdced9736a69da6103f08a4daaf8c"  # printf 'a\037b' | sha256sum


def test_a_record_of_a_newer_model_stops_even_when_it_is_unreadable() -> None:
    record = Record(b"{}", offset=9, headers=[("model", str(MODELS.newest.number + 1).encode())])
    assert DECODER.decode(record) == Newer(record.partition, 9, "newer_model")


@pytest.mark.parametrize("kind", ["fi.feedback.response.withdrawn.v2", "fi.feedback.round.closed.v1"])
def test_an_unknown_type_of_our_namespace_stops_whatever_else_it_holds(kind: str) -> None:
    for value in (body(withdrawn() | {"type": kind}), body({"type": kind, "data": [], "another": {}})):
        assert DECODER.decode(Record(value, offset=4)) == Newer(partition_of(PROVIDER, 16), 4, "newer_type")


@pytest.mark.parametrize(
    "kind",
    [
        "org.example.response.withdrawn.v2",
        "fi.feedback.v2",
        "fi.feedback.response.withdrawn",
        "fi.feedback.response.withdrawn.v0",
        "fi.feedback.response.withdrawn.v2\n",
        "fi.feedback.Response.withdrawn.v2",
        "fi.feedback." + "very." * 9 + "long.v2",
        2,
    ],
)
def test_a_type_that_no_release_of_ours_would_have_is_rejected(kind: object) -> None:
    found = DECODER.decode(Record(body(withdrawn() | {"type": kind})))
    assert isinstance(found, Reject)
    assert (found.reason, found.provider) == ("unknown_type", PROVIDER)


def test_a_record_of_this_model_is_read() -> None:
    headers = [("content-type", b"application/cloudevents+json"), ("model", str(MODELS.newest.number).encode())]
    assert isinstance(DECODER.decode(Record(body(recorded()), headers=headers)), Arrival)


def test_a_record_in_another_providers_partition_stands_under_no_provider() -> None:
    elsewhere = (partition_of(PROVIDER, 16) + 1) % 16
    found = DECODER.decode(Record(body(recorded()), partition=elsewhere))
    assert found == Reject(elsewhere, 0, 1_764_000_000_000, "wrong_partition", ("/providerid",))


def test_a_reject_names_its_provider_only_in_that_providers_partition() -> None:
    bad = body(submitted(questionnaire="start-1999", id="bad-1"))
    home = DECODER.decode(Record(bad))
    assert isinstance(home, Reject)
    assert (home.reason, home.pointers, home.provider) == ("unknown_questionnaire", ("/data/questionnaire",), PROVIDER)
    assert home.key is not None
    away = DECODER.decode(Record(bad, partition=(partition_of(PROVIDER, 16) + 1) % 16))
    assert isinstance(away, Reject)
    assert away.provider is None


def test_the_digest_depends_on_content_alone() -> None:
    event = recorded(id="a", time="2025-08-11T09:30:00+03:00")
    same = event | {"id": "b", "source": "/elsewhere", "time": "2025-08-11T06:30:00.0000009Z", "traceparent": "00-1"}
    other = event | {"subject": "r-2"}
    assert arrival(event).digest == arrival(same).digest
    assert arrival(event).digest != arrival(other).digest


def test_a_fingerprint_is_recognised_under_every_key_that_is_still_known() -> None:
    record, other = Record(b"one"), Record(b"two")
    rotated = Decoder(MODELS, DigestKeys({**KEYS.keys, 2: b"2" * 32}), 16)
    old, new = DECODER.fingerprint(record), rotated.fingerprint(record)
    assert old != new
    assert rotated.doubts(record, old) is None
    assert rotated.doubts(record, new) is None
    assert rotated.doubts(other, old) == "another_record"
    assert DECODER.doubts(record, new) == "digest_key_missing"


def test_a_digest_under_a_key_that_is_gone_says_what_is_missing() -> None:
    with pytest.raises(LookupError, match="DIGEST_KEYS has no key 7"):
        KEYS.digest(b"content", 7)


@pytest.mark.parametrize("value", [None, b"", b"two", b"-1", b"9" * 5000, "٢".encode()])
def test_a_header_that_names_no_model_is_rejected(value: bytes | None) -> None:
    found = DECODER.decode(Record(body(recorded()), headers=[("model", value)]))
    assert isinstance(found, Reject)
    assert (found.reason, found.provider) == ("malformed_header", None)
