"""What became of every request: its two registers, and why it counts or doesn't (§4 Merging, Counting, Reasons; §5)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from recount.instants import day_in_finland, instant_us
from recount.ledger import Event
from recount.questionnaires import questionnaires

EMPLOYER_KINDS = ("workplace_instructor", "workplace")

_FIRST_DAY = date(2018, 7, 1)
_LAST_DAY_BY_VALID_FROM = date(2024, 6, 30)

_RECORDED = "fi.feedback.request.recorded.v1"
_CANCELLED = "fi.feedback.request.cancelled.v1"
_SUBMITTED = "fi.feedback.response.submitted.v1"
_WITHDRAWN = "fi.feedback.response.withdrawn.v1"


@dataclass(frozen=True)
class Request:
    """A request and the event that holds each of its registers, None when none ever came."""

    provider: str
    subject: str
    background: Event | None
    response: Event | None

    @property
    def recorded(self) -> dict[str, Any] | None:
        """The background's data, when it stands and isn't cancelled."""
        return _data_of(self.background, _RECORDED)

    @property
    def submitted(self) -> dict[str, Any] | None:
        """The response's data, when it stands and isn't withdrawn."""
        return _data_of(self.response, _SUBMITTED)

    @property
    def attribution_date(self) -> date | None:
        """The day that places a recorded request in a month (§5)."""
        data = self.recorded
        if data is None:
            return None
        if data["survey_kind"] in EMPLOYER_KINDS:
            day = date.fromisoformat(data["work_period_end"])
        else:
            valid_from, trigger = date.fromisoformat(data["valid_from"]), date.fromisoformat(data["trigger_date"])
            if valid_from <= _LAST_DAY_BY_VALID_FROM and not trigger > _LAST_DAY_BY_VALID_FROM:
                day = valid_from
            elif trigger > _LAST_DAY_BY_VALID_FROM and not valid_from <= _LAST_DAY_BY_VALID_FROM:
                day = trigger
            else:
                return None
        return day if day >= _FIRST_DAY else None

    @property
    def target_reason(self) -> str:
        """`counts`, or the first reason why this is no target."""
        if self.background is None:
            return "no_request"
        if self.recorded is None:
            return "cancelled"
        if self.recorded.get("exclusion") is not None:
            return "excluded"
        if self.attribution_date is None:
            return "no_attribution_date"
        return "counts"

    @property
    def response_reason(self) -> str:  # noqa: PLR0911 - the list of reasons in its order
        """`counts`, or the first reason why the response doesn't."""
        if self.target_reason != "counts":
            return self.target_reason
        assert self.recorded is not None
        if self.response is None:
            return "no_response"
        if self.submitted is None:
            return "withdrawn"
        if self.recorded["survey_kind"] not in questionnaires()[self.submitted["questionnaire"]].kinds:
            return "other_questionnaire"
        answered = day_in_finland(self.submitted["answered_at"])
        if answered < date.fromisoformat(self.recorded["valid_from"]):
            return "answered_before_window"
        if answered > date.fromisoformat(self.recorded["valid_to"]):
            return "answered_after_window"
        return "counts"

    @property
    def exclusion(self) -> str | None:
        """The code of an excluded request."""
        if self.target_reason != "excluded":
            return None
        assert self.recorded is not None
        return str(self.recorded["exclusion"])


def requests_of(distinct: Iterable[Event]) -> dict[tuple[str, str], Request]:
    """Every request by provider and subject: in each register the greatest of all its events, in any order."""
    backgrounds: dict[tuple[str, str], list[Event]] = {}
    responses: dict[tuple[str, str], list[Event]] = {}
    for event in distinct:
        register = backgrounds if event["type"] in (_RECORDED, _CANCELLED) else responses
        register.setdefault((event["providerid"], event["subject"]), []).append(event)
    return {
        name: Request(
            *name,
            background=max(backgrounds.get(name, ()), key=_stamp, default=None),
            response=max(responses.get(name, ()), key=_stamp, default=None),
        )
        for name in sorted(backgrounds.keys() | responses.keys())
    }


def _stamp(event: Event) -> tuple[int, bool, bytes]:
    """What orders the events of a register: time, then rank, then the event key."""
    key = hashlib.sha256(event["source"].encode() + b"\x1f" + event["id"].encode()).digest()[:16]
    return instant_us(event["time"]), event["type"] in (_CANCELLED, _WITHDRAWN), key


def _data_of(event: Event | None, kind: str) -> dict[str, Any] | None:
    if event is None or event["type"] != kind:
        return None
    data: dict[str, Any] = event["data"]
    return data
