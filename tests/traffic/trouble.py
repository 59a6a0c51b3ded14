"""What goes wrong on the way: events sent again in other words, ids used twice, events that must be refused."""

import copy
from collections.abc import Callable
from random import Random
from typing import Any

from recount.instants import instant_us, moment
from recount.ledger import Event


def disguised(event: Event, random: Random) -> Event:
    """The same content in other words: another notation of the time, of numbers and of sets, nulls, extensions."""
    again = copy.deepcopy(event)
    again["time"] = moment(instant_us(event["time"])).isoformat(timespec="microseconds").replace("+00:00", "Z")
    again["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    again["data"] = _reworded(again["data"], random)
    return dict(random.sample(list(again.items()), len(again)))


def contradicting(event: Event, random: Random) -> Event:
    """Another valid event under the same name."""
    other = copy.deepcopy(event)
    if random.random() < 0.3:
        other["subject"] += "x"
    else:
        other["time"] = moment(instant_us(event["time"]) + 1).isoformat(timespec="microseconds")
    return other


def spoilt(event: Event, random: Random) -> Event:
    """An invalid event under the same name, which it does not take."""
    other = copy.deepcopy(event)
    random.choice([*_SPOILERS_OF_ALL, *_SPOILERS[event["type"]]])(other)
    return other


Spoil = Callable[[Event], object]

_SPOILERS_OF_ALL: tuple[Spoil, ...] = (
    lambda one: one.update(time="2025-08-11T09:30:00"),
    lambda one: one.update(time="2999-01-01T00:00:00Z"),
    lambda one: one.update(type="fi.feedback.request.vanished.v1"),
    lambda one: one.update(subject="010170-123A"),
    lambda one: one["data"].update(unheard_of=1),
    lambda one: one.pop("source"),
)

_SPOILERS: dict[str, tuple[Spoil, ...]] = {
    "fi.feedback.request.recorded.v1": (
        lambda one: one["data"].update(exclusion="no_such_code"),
        lambda one: one["data"].update(exclusion=None, valid_to="2018-01-01"),
        lambda one: one["data"].update(qualification=351301),
        lambda one: one["data"].update(institution_oid="1.2.246.562.24.12345678901"),
        lambda one: one["data"].pop("trigger_date"),
    ),
    "fi.feedback.response.submitted.v1": (
        lambda one: one["data"]["answers"].append(one["data"]["answers"][0]),
        lambda one: one["data"].update(answers=[]),
        lambda one: one["data"].update(questionnaire="start-1999"),
        lambda one: one["data"]["answers"][0].update(score=6),
    ),
    "fi.feedback.request.cancelled.v1": (lambda one: one["data"].update(reason="respondent_request"),),
    "fi.feedback.response.withdrawn.v1": (lambda one: one["data"].update(reason="entered_in_error"),),
}


def _reworded(data: dict[str, Any], random: Random) -> dict[str, Any]:
    data = {name: _other_number(value) for name, value in data.items() if value is not None and value != []}
    for name in ("answers", "competence_areas", "interruptions"):
        if name in data:
            random.shuffle(data[name])
    for answer in data.get("answers", ()):
        answer.update(
            {name: _other_number(value) for name, value in answer.items()}, nps=_other_number(answer.get("nps"))
        )
        if "choices" in answer:
            answer["choices"] = [*reversed(answer["choices"]), answer["choices"][0]]
    if "survey_kind" in data:
        data = {"exclusion": None, "commissioned_provider_oid": None, **data}
    return data


def _other_number(value: Any) -> Any:
    """4.0 for 4 and the other way round; everything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return float(value) if isinstance(value, int) else int(value)
