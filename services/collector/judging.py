"""The judging of one request's events, in their order. Pure."""

from msgspec import Struct

from schemas.events import codec
from schemas.events.judgement import ahead_of_clock
from schemas.events.reading import Refusal, read_event, too_large
from schemas.national.model import NationalModels
from services.collector.verdict import Status, Verdict, invalid


class ValidEvent(Struct, frozen=True, gc=False):
    """A valid, permitted event: its name, and the bytes that are published."""

    index: int
    id: str
    provider: str
    encoded: bytes


class Judge:
    """Judges the events of one request; the order of the questions is part of the contract.

    Whom the token doesn't speak for learns nothing about the event, hence `forbidden` comes before `invalid`; an
    invalid or forbidden event takes no id, hence `conflict` comes last.
    """

    def __init__(
        self, models: NationalModels, organisations: frozenset[str], *, now_us: int, event_limit_bytes: int
    ) -> None:
        self._models = models
        self._organisations = organisations
        self._now_us = now_us
        self._event_limit_bytes = event_limit_bytes
        self._taken: dict[tuple[str, str, str], bytes] = {}

    def judge(self, index: int, raw: memoryview) -> ValidEvent | Verdict:
        """The event to publish, or the verdict that it isn't. Raises NotJson."""
        event = read_event(raw, self._models) if len(raw) <= self._event_limit_bytes else too_large(raw)
        provider = event.provider if isinstance(event, Refusal) else event.providerid
        if provider is not None and provider not in self._organisations:
            return Verdict(index, event.id, Status.FORBIDDEN)
        if isinstance(event, Refusal):
            return invalid(index, event.id, event.problems)
        ahead = ahead_of_clock(event, self._now_us)
        if ahead:
            return invalid(index, event.id, ahead)
        encoded = codec.encode(event)
        # What is published differs from the content only by the three that make the name, so that comparing it is
        # comparing the content (§4), and costs nothing more.
        earlier = self._taken.setdefault((event.providerid, event.source, event.id), encoded)
        if earlier is not encoded and earlier != encoded:
            return Verdict(index, event.id, Status.CONFLICT)
        return ValidEvent(index, event.id, event.providerid, encoded)
