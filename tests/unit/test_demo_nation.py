"""The nation's events: as many as were published, valid, counted where they should be, and the same in every run."""

from collections import Counter
from datetime import timedelta
from hashlib import sha256
from itertools import chain, islice

import msgspec
import pytest

from palautevirta.demo.counts import PERIOD, published_counts, share_of
from palautevirta.demo.employers import EmployerFigures
from palautevirta.demo.nation import BATCH_EVENTS, Nation
from palautevirta.demo.organisations import provider_oid
from schemas.events.codec import (
    EmployerBackground,
    Event,
    RequestRecorded,
    Response,
    ResponseSubmitted,
    StudentBackground,
    encode,
)
from schemas.events.instants import parse_instant
from schemas.events.reading import Refusal, read_event
from schemas.national.model import load_models
from schemas.national.rules.attribution import employer_attribution_date, student_attribution_date
from schemas.national.rules.periods import helsinki_date, period_of
from schemas.national.surveys import EMPLOYER_KINDS, STUDENT_KINDS, SURVEY_KINDS

MODELS = load_models()


def nation(percent: int = 100, seed: int = 7) -> Nation:
    return Nation(share_of(published_counts(), percent), MODELS, seed=seed)


@pytest.fixture(scope="module")
def some_events() -> list[Event]:
    """All events of a small share of the nation: some of every kind and provider."""
    return [event for year in nation(2).years for event in year.events()]


def digest(posted: Nation) -> str:
    found = sha256()
    for batch in posted.batches():
        found.update(batch.provider_oid.encode() + batch.body)
    return found.hexdigest()


def test_the_whole_nation_is_a_request_a_target_and_a_response_a_respondent() -> None:
    requests: Counter[str] = Counter()
    responses: Counter[str] = Counter()
    whole = nation()

    for event in chain.from_iterable(year.events() for year in whole.years):
        if isinstance(event, RequestRecorded):
            requests[event.data.survey_kind] += 1
        else:
            responses[event.subject.split(":")[1]] += 1

    students = {kind: (requests[kind], responses[kind]) for kind in STUDENT_KINDS}
    assert students == {
        "start": (121_719, 61_376),
        "completion_whole": (64_233, 32_552),
        "completion_parts": (16_938, 6_443),
    }
    assert all(requests[kind] > 3_000 and responses[kind] > 1_000 for kind in EMPLOYER_KINDS)
    assert whole.events_count == sum(requests.values()) + sum(responses.values())


def test_every_event_is_valid(some_events: list[Event]) -> None:
    refused = [event for event in some_events if isinstance(read_event(encode(event), MODELS), Refusal)]

    assert not refused
    kinds = Counter(event.data.survey_kind for event in some_events if isinstance(event, RequestRecorded))
    assert set(kinds) == set(SURVEY_KINDS)


def test_every_request_falls_into_the_period_by_the_rule_of_its_time(some_events: list[Event]) -> None:
    rule = MODELS.newest.rules.attribution
    for event in some_events:
        if not isinstance(event, RequestRecorded):
            continue
        background = event.data
        day = (
            student_attribution_date(valid_from=background.valid_from, trigger_date=background.trigger_date, rule=rule)
            if isinstance(background, StudentBackground)
            else employer_attribution_date(work_period_end=background.work_period_end, rule=rule)
        )
        assert day is not None
        assert period_of(day) == PERIOD


def test_every_response_is_to_a_request_before_it_and_within_its_window(some_events: list[Event]) -> None:
    windows = {}
    responses = 0
    for event in some_events:
        if isinstance(event, RequestRecorded):
            windows[event.providerid, event.subject] = event
        elif isinstance(event, ResponseSubmitted):
            responses += 1
            request = windows[event.providerid, event.subject]
            day = helsinki_date(parse_instant(event.data.answered_at))
            assert request.data.valid_from <= day <= request.data.valid_to
            assert request.data.survey_kind in MODELS.kinds_of(event.data.questionnaire)
            assert parse_instant(event.time) > parse_instant(request.time)
    assert responses > 1_000


def test_every_employer_response_answers_a_funding_question(some_events: list[Event]) -> None:
    funding = {
        question.code
        for kind in EMPLOYER_KINDS
        for question in nation(1).questionnaires[kind].questions
        if question.funding
    }
    employers = [
        event.data
        for event in some_events
        if isinstance(event.data, Response) and event.subject.split(":")[1] in EMPLOYER_KINDS
    ]

    assert employers
    assert all(any(answer.question in funding for answer in response.answers) for response in employers)


def test_what_employers_figures_must_be_is_what_their_events_add_up_to(some_events: list[Event]) -> None:
    answered = {(event.providerid, event.subject) for event in some_events if isinstance(event, ResponseSubmitted)}
    recounted: dict[tuple[str, str], EmployerFigures] = {}
    for event in some_events:
        if isinstance(event.data, EmployerBackground):
            days = event.data.duration_days
            counts = (event.providerid, event.subject) in answered
            one = EmployerFigures(1, int(counts), days, days if counts else 0)
            kinds = {event.data.survey_kind}
            if event.data.apprenticeship_basis == "entrepreneur":
                kinds.add("workplace")
            for kind in kinds:
                recounted[event.providerid, kind] = recounted.get((event.providerid, kind), EmployerFigures()) + one

    expected = {
        (year.oid, kind): figures for year in nation(2).years for kind, figures in year.employer_figures.items()
    }
    assert recounted == expected
    assert sum(figures.respondents for figures in expected.values()) > 0


def test_entrepreneurs_and_interruptions_occur_and_no_workplace_is_asked_about_an_entrepreneur(
    some_events: list[Event],
) -> None:
    backgrounds = [event.data for event in some_events if isinstance(event.data, EmployerBackground)]

    entrepreneurs = {data.survey_kind for data in backgrounds if data.apprenticeship_basis == "entrepreneur"}
    assert entrepreneurs == {"workplace_instructor"}
    assert any(data.interruptions for data in backgrounds)
    assert all(data.work_period_end - data.work_period_start < timedelta(days=120) for data in backgrounds)


def test_the_events_are_the_same_in_every_run() -> None:
    assert digest(nation(2)) == digest(nation(2))


def test_another_seed_gives_other_events() -> None:
    assert digest(nation(2)) != digest(nation(2, seed=8))


def test_a_share_of_the_nation_is_a_part_of_the_whole(some_events: list[Event]) -> None:
    of_part = {(event.providerid, event.id): event for event in some_events}
    of_larger = {(event.providerid, event.id): event for year in nation(5).years for event in year.events()}

    assert len(of_part) == len(some_events) < len(of_larger)
    assert of_part.items() <= of_larger.items()


def test_batches_hold_all_events_of_one_provider_each() -> None:
    posted = nation(2)
    events = []
    for batch in posted.batches():
        decoded = msgspec.json.decode(batch.body)
        assert len(decoded) == batch.events <= BATCH_EVENTS
        assert {event["providerid"] for event in decoded} == {batch.provider_oid}
        events += [(event["providerid"], event["id"]) for event in decoded]

    assert len(events) == len(set(events)) == posted.events_count


def test_providers_take_turns() -> None:
    posted = nation(20)
    with_events = sum(year.events_count > 0 for year in posted.years)

    first_turn = [batch.provider_oid for batch in islice(posted.batches(), with_events)]

    assert len(set(first_turn)) == with_events


def test_a_provider_has_a_made_up_oid_of_the_test_node() -> None:
    assert provider_oid("0763403-0") == "1.2.246.562.99.10763403000"
