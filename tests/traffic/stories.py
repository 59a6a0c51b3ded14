"""The life of one request as a few events in the order in which they are posted, one story a kind of trouble."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from recount.ledger import Event

from traffic.cast import KINDS, PERIODS
from traffic.writer import Writer, in_finland, other_kind

Story = list[Event]

_MINUTE = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)


class Plot:
    """What a story is about: one request of one survey kind in one period, and the events that it may meet."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.random = writer.random
        self.survey = self.random.choice(KINDS)
        self.period = self.random.choice(list(PERIODS))
        self.subject = writer.subject()
        self.background = writer.background(self.survey, self.period)
        self.recorded_at = in_finland(self.background["valid_from"]) + self.random.randrange(600) * _MINUTE
        opens, closes = self.window
        self.answered_at = self.random.choice(
            (opens, closes, *(opens + (closes - opens) * self.random.random() for _ in range(4)))
        )

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The first and the last moment at which an answer counts."""
        return in_finland(self.background["valid_from"]), in_finland(self.background["valid_to"], last_moment=True)

    def recorded(self, at: datetime | None = None, **changes: Any) -> Event:
        """The request, with these members of its background changed."""
        data = {**self.background, **changes}
        return self.writer.event("request.recorded", self.subject, at or self.recorded_at, data)

    def corrected(self, at: datetime) -> Event:
        """The request with a background that is another one but for its window."""
        other = self.writer.background(self.survey, self.period)
        window = {name: self.background[name] for name in ("trigger_date", "valid_from", "valid_to")}
        return self.writer.event("request.recorded", self.subject, at, {**other, **window})

    def cancelled(self, at: datetime) -> Event:
        """Its cancellation."""
        reason = self.random.choice(("entered_in_error", "duplicate", "wrong_respondent", "deleted_at_source"))
        return self.writer.event("request.cancelled", self.subject, at, {"reason": reason})

    def answered(self, at: datetime | None = None, *, other: bool = False, answered: datetime | None = None) -> Event:
        """A response; another one each time."""
        data = self.writer.response(self.survey, answered or self.answered_at, other=other)
        return self.writer.event("response.submitted", self.subject, at or self.answered_at, data)

    def withdrawn(self, at: datetime) -> Event:
        """Its withdrawal."""
        reason = self.random.choice(("respondent_request", "wrong_respondent", "technical_error"))
        return self.writer.event("response.withdrawn", self.subject, at, {"reason": reason})

    def later(self, than: datetime) -> datetime:
        """A moment after this one, sometimes by next to nothing."""
        return than + self.random.choice((_MICROSECOND, self.random.randrange(1, 90_000) * _MINUTE))

    def earlier(self, than: datetime) -> datetime:
        """A moment before this one."""
        return than - self.random.choice((_MICROSECOND, self.random.randrange(1, 9_000) * _MINUTE))


def nothing_special(plot: Plot) -> Story:
    """A request, and a response as often as this provider gets one."""
    if plot.random.random() < plot.writer.provider.share_of_answers:
        return [plot.recorded(), plot.answered()]
    return [plot.recorded()]


def response_first(plot: Plot) -> Story:
    """The response arrives before its request."""
    return [plot.answered(), plot.recorded()]


def response_without_request(plot: Plot) -> Story:
    """A response that waits for ever."""
    return [plot.answered()]


def corrected_later(plot: Plot) -> Story:
    """A newer background replaces the first one, which counted."""
    return [plot.recorded(), plot.answered(), plot.corrected(plot.later(plot.recorded_at))]


def corrected_earlier(plot: Plot) -> Story:
    """An older background arrives late and changes nothing."""
    return [plot.recorded(), plot.answered(), plot.corrected(plot.earlier(plot.recorded_at))]


def corrected_at_one_time(plot: Plot) -> Story:
    """Two backgrounds of one time: the event key decides."""
    return [plot.recorded(), plot.corrected(plot.recorded_at), plot.answered()]


def cancelled(plot: Plot) -> Story:
    """It should not have existed."""
    return [plot.recorded(), plot.answered(), plot.cancelled(plot.later(plot.recorded_at))]


def cancelled_in_vain(plot: Plot) -> Story:
    """An older cancellation arrives late."""
    return [plot.recorded(), plot.cancelled(plot.earlier(plot.recorded_at)), plot.answered()]


def cancelled_at_one_time(plot: Plot) -> Story:
    """At one time a cancellation wins, whichever comes first."""
    events = [plot.recorded(), plot.cancelled(plot.recorded_at)]
    plot.random.shuffle(events)
    return events


def recorded_again(plot: Plot) -> Story:
    """Cancelled, then recorded again: the response counts again."""
    cancelled_at = plot.later(plot.recorded_at)
    return [plot.recorded(), plot.answered(), plot.cancelled(cancelled_at), plot.recorded(plot.later(cancelled_at))]


def cancelled_unheard_of(plot: Plot) -> Story:
    """Only a cancellation ever comes."""
    return [plot.cancelled(plot.recorded_at)]


def answers_replaced(plot: Plot) -> Story:
    """A newer response replaces the answers, an older one doesn't."""
    newer, older = plot.answered(plot.later(plot.answered_at)), plot.answered(plot.earlier(plot.answered_at))
    return [plot.recorded(), plot.answered(), newer, older]


def withdrawn_after(plot: Plot) -> Story:
    """The answers are to be forgotten."""
    return [plot.recorded(), plot.answered(), plot.withdrawn(plot.later(plot.answered_at))]


def withdrawn_before(plot: Plot) -> Story:
    """The withdrawal arrives before the older response."""
    return [plot.recorded(), plot.withdrawn(plot.later(plot.answered_at)), plot.answered()]


def withdrawn_in_vain(plot: Plot) -> Story:
    """A response that is newer than the withdrawal stands."""
    return [plot.recorded(), plot.answered(), plot.withdrawn(plot.earlier(plot.answered_at))]


def withdrawn_at_one_time(plot: Plot) -> Story:
    """At one time a withdrawal wins, whichever comes first; without a request it only waits."""
    events = [plot.answered(), plot.withdrawn(plot.answered_at)]
    plot.random.shuffle(events)
    return events if plot.random.random() < 0.3 else [plot.recorded(), *events]


def another_questionnaire(plot: Plot) -> Story:
    """The questionnaire of another survey kind."""
    return [plot.recorded(), plot.answered(other=True)]


def another_survey(plot: Plot) -> Story:
    """The survey kind itself is corrected after the response."""
    events = [plot.recorded(), plot.answered()]
    plot.survey = other_kind(plot.random, plot.survey)
    return [*events, plot.corrected(plot.later(plot.recorded_at))]


def answered_outside(plot: Plot) -> Story:
    """A microsecond or days before or after the window."""
    opens, closes = plot.window
    moment = plot.random.choice((plot.earlier(opens), plot.later(closes), opens - _MICROSECOND, closes + _MICROSECOND))
    return [plot.recorded(), plot.answered(answered=max(moment, in_finland("2018-07-01")))]


def excluded(plot: Plot) -> Story:
    """Excluded with a code, sometimes with a window that ends before it begins."""
    changes: dict[str, Any] = {"exclusion": plot.writer.exclusion(plot.recorded_at)}
    if plot.random.random() < 0.3:
        changes["valid_to"] = (plot.window[0] - timedelta(days=3)).date().isoformat()
    return [plot.recorded(**changes), plot.answered()]


def without_attribution_date(plot: Plot) -> Story:
    """No month to count in: both dates of June 2024 or neither, or before the first of all."""
    days: dict[str, Any]
    if plot.survey in ("workplace_instructor", "workplace"):
        days = {"work_period_start": "2018-06-30", "work_period_end": "2018-06-30", "duration_days": 1}
    else:
        days = plot.random.choice(
            (
                {"valid_from": "2024-06-30", "trigger_date": "2024-07-01"},
                {"valid_from": "2024-07-01", "trigger_date": "2024-06-30"},
                {"valid_from": "2018-06-30", "trigger_date": "2018-06-30"},
            )
        )
    return [plot.recorded(**{"valid_to": "2025-12-01", **days}), plot.answered()]


STORIES: dict[Callable[[Plot], Story], int] = {
    nothing_special: 60,
    response_first: 4,
    response_without_request: 3,
    corrected_later: 4,
    corrected_earlier: 3,
    corrected_at_one_time: 3,
    cancelled: 3,
    cancelled_in_vain: 2,
    cancelled_at_one_time: 2,
    recorded_again: 3,
    cancelled_unheard_of: 1,
    answers_replaced: 4,
    withdrawn_after: 3,
    withdrawn_before: 3,
    withdrawn_in_vain: 2,
    withdrawn_at_one_time: 2,
    another_questionnaire: 3,
    another_survey: 3,
    answered_outside: 4,
    excluded: 4,
    without_attribution_date: 4,
}
"""Every kind of story and how often it is told."""


def story(writer: Writer) -> Story:
    """One story."""
    (tell,) = writer.random.choices(list(STORIES), weights=list(STORIES.values()))
    return tell(Plot(writer))
