"""What a sender is told: a verdict an event, and what they come to as a whole. Pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from schemas.events.problems import Problem


class Status(StrEnum):
    """What became of one event; the outside contract."""

    ACCEPTED = "accepted"
    """Durable in Kafka."""
    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    """The token doesn't name the provider."""
    CONFLICT = "conflict"
    """An earlier valid, permitted event of the same batch has this id and other content."""
    RETRY = "retry"
    """Kafka didn't confirm in time: it may or may not be stored, and sending it again is always safe."""


class Error(Struct, frozen=True):
    """One reason why an event is invalid, as the sender reads it."""

    code: str
    pointer: str
    detail: str


class Verdict(Struct, frozen=True):
    """The verdict of one event, encoded as it stands. `id` is None where it can't be repeated."""

    index: int
    id: str | None
    status: Status
    receipt: str | UnsetType = UNSET
    errors: tuple[Error, ...] | UnsetType = UNSET


ACCEPTED_STATUS: Final = 202
MIXED_STATUS: Final = 207
FORBIDDEN_STATUS: Final = 403
REFUSED_STATUS: Final = 422
RETRY_STATUS: Final = 503


def accepted(index: int, event_id: str, partition: int, offset: int) -> Verdict:
    """The verdict of an event that Kafka has, at this place of the log."""
    return Verdict(index, event_id, Status.ACCEPTED, receipt=f"{partition}-{offset}")


def retry(index: int, event_id: str) -> Verdict:
    """The verdict of an event whose fate isn't known."""
    return Verdict(index, event_id, Status.RETRY)


def invalid(index: int, event_id: str | None, problems: Iterable[Problem]) -> Verdict:
    """The verdict of an event that the contract or the national model refuses."""
    errors = tuple(Error(problem.code.value, problem.pointer, problem.detail) for problem in problems)
    return Verdict(index, event_id, Status.INVALID, errors=errors)


def http_status(verdicts: Sequence[Verdict]) -> int:
    """The status of the whole answer: a client that looks at nothing else never loses an event."""
    found = {verdict.status for verdict in verdicts}
    if Status.RETRY in found:
        return RETRY_STATUS
    if found <= {Status.ACCEPTED}:
        return ACCEPTED_STATUS
    if Status.ACCEPTED in found:
        return MIXED_STATUS
    return FORBIDDEN_STATUS if found == {Status.FORBIDDEN} else REFUSED_STATUS


def summary(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The members of the answer: how many of each kind, and every verdict in the order of the request."""
    accepted_count = sum(verdict.status is Status.ACCEPTED for verdict in verdicts)
    retry_count = sum(verdict.status is Status.RETRY for verdict in verdicts)
    return {
        "accepted": accepted_count,
        "refused": len(verdicts) - accepted_count - retry_count,
        "retry": retry_count,
        "results": verdicts,
    }
