"""A request's state: two registers, each held by the greatest event that ever named it (national model §4, Merging).

Pure. Because a register keeps the maximum by (time, rank, event key), duplicates, replays and any order of arrival
lead to the same state; no other rule about order exists anywhere.
"""

from datetime import date

from msgspec import Struct

from schemas.national.surveys import SurveyKind

Stamp = tuple[int, bool, bytes]
"""What orders the events of a register: time in whole microseconds, rank (cancelled, withdrawn last), event key."""


class Facts(Struct, frozen=True, gc=False):
    """The members of a background that the rules of counting read."""

    survey_kind: SurveyKind
    trigger_date: date
    valid_from: date
    valid_to: date
    exclusion: str | None
    work_period_end: date | None
    duration_days: int
    entrepreneur: bool


class Particulars(Struct, frozen=True, gc=False):
    """The members that place a request or that no rule reads; `rest` is their canonical JSON."""

    institution: str | None
    site: str | None
    qualification: str
    rest: str | None


class BackgroundRegister(Struct, frozen=True, gc=False):
    """What recorded or cancelled the request last.

    `facts` is None when it is cancelled. `particulars` is None when it is cancelled, and also in a register that was
    read back from the store, where they stay as they are.
    """

    at_us: int
    cancelled: bool
    key: bytes
    facts: Facts | None = None
    particulars: Particulars | None = None
    cancellation: str | None = None

    @property
    def stamp(self) -> Stamp:
        """Its place in the order of events."""
        return (self.at_us, self.cancelled, self.key)


class ResponseRegister(Struct, frozen=True, gc=False):
    """What submitted or withdrew the response last; a withdrawal holds no answers, and so erases them."""

    at_us: int
    withdrawn: bool
    key: bytes
    questionnaire: int | None = None
    answered_at_us: int | None = None
    answers: bytes | None = None
    withdrawal: str | None = None

    @property
    def stamp(self) -> Stamp:
        """Its place in the order of events."""
        return (self.at_us, self.withdrawn, self.key)


Register = BackgroundRegister | ResponseRegister


def kind_of(register: Register) -> str:
    """The kind of event that a register was read from: its type without domain and version (schemas/events)."""
    if isinstance(register, BackgroundRegister):
        return "request.cancelled" if register.cancelled else "request.recorded"
    return "response.withdrawn" if register.withdrawn else "response.submitted"


class RequestState(Struct, frozen=True, gc=False):
    """One request as all events so far leave it."""

    background: BackgroundRegister | None = None
    response: ResponseRegister | None = None


def merge(state: RequestState, event: Register) -> RequestState:
    """The state after one more event; the same object when the event is not the greatest of its register."""
    if isinstance(event, BackgroundRegister):
        if state.background is None or event.stamp > state.background.stamp:
            return RequestState(event, state.response)
    elif state.response is None or event.stamp > state.response.stamp:
        return RequestState(state.background, event)
    return state
