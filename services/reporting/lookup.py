"""What a look-up asks, from the body of its request (http-api, Reporting). Pure.

Members beside those that name an event or a request are ignored, so that a sender may post its events as they are.
A name that doesn't have the form of one can't have been accepted, and so is unknown rather than an error.
"""

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from schemas.events import types
from schemas.events.codec import event_key
from schemas.events.personal import holds_personal_identifier

MOST_ITEMS: Final = 1_000
MOST_BYTES: Final = 1024 * 1024

_OID: Final = re.compile(types.whole(types.OID_PATTERN))
_IDENTIFIER: Final = re.compile(types.whole(types.IDENTIFIER_PATTERN))
_SOURCE: Final = re.compile(types.whole(types.SOURCE_PATTERN))


class EventName(msgspec.Struct, frozen=True):
    """An event's name (national model §4)."""

    providerid: str
    source: str
    id: str

    @property
    def possible(self) -> bool:
        """Whether an event can have this name."""
        sound = _OID.match(self.providerid) and _SOURCE.match(self.source) and _IDENTIFIER.match(self.id)
        return bool(sound) and not holds_personal_identifier(f"{self.id} {self.source}")

    @property
    def key(self) -> bytes:
        """The key under which an event of this name is stored."""
        return event_key(self.source, self.id)


class RequestName(msgspec.Struct, frozen=True):
    """A request's name (national model §4)."""

    providerid: str
    subject: str

    @property
    def possible(self) -> bool:
        """Whether a request can have this name."""
        sound = _OID.match(self.providerid) and _IDENTIFIER.match(self.subject)
        return bool(sound) and not holds_personal_identifier(self.subject)


class Asked(msgspec.Struct, frozen=True):
    """The events or the requests that are asked for; the other of the two is None."""

    events: tuple[EventName, ...] | None = None
    requests: tuple[RequestName, ...] | None = None


@dataclass(frozen=True, slots=True)
class BadLookup:
    """Why a body asks nothing that can be answered; the sentence says what to send."""

    detail: str


_decoder: Final = msgspec.json.Decoder(Asked)
_ADVICE: Final = (
    'Send {"events": [{"providerid", "source", "id"}, …]} or {"requests": [{"providerid", "subject"}, …]}, '
    f"up to {MOST_ITEMS} of them."
)


def lookup(body: bytes) -> Asked | BadLookup:
    """Read a body: events or requests, at most a thousand."""
    try:
        asked = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return BadLookup(f"The body isn't such JSON. {_ADVICE}")
    if (asked.events is None) == (asked.requests is None):
        return BadLookup(f"The body has to ask for events or for requests. {_ADVICE}")
    if len(asked.events or asked.requests or ()) > MOST_ITEMS:
        return BadLookup(f"The body asks for too much at once. {_ADVICE}")
    return asked
