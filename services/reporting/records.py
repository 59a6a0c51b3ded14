"""Rows about single events, requests, records in quarantine and books, as tables (http-api, Reporting). Pure.

The rows of the database come as mappings from the names of the statements' columns to their values.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schemas.events.instants import format_instant
from services.reporting.lookup import EventName, RequestName
from services.reporting.table import Table

EVENT_COLUMNS: Final = ("providerid", "source", "id", "state", "reason", "receipt", "received_at")
REQUEST_COLUMNS: Final = (
    "providerid", "subject", "target", "response", "exclusion", "background_time", "response_time",
)  # fmt: skip
UNCOUNTED_COLUMNS: Final = (
    "subject", "survey", "target", "response", "exclusion", "background_time", "response_time",
)  # fmt: skip
QUARANTINE_COLUMNS: Final = ("receipt", "provider", "reason", "pointers", "received_at", "outcome", "event")
BOOK_COLUMNS: Final = (
    "provider", "records", "standing", "waiting", "superseded", "duplicate", "conflict", "rejected",
)  # fmt: skip

UNKNOWN: Final = "unknown"
"""What a look-up says of an event that isn't there, or isn't the caller's."""

NO_REQUEST: Final = "no_request"
"""What a look-up says of a request that isn't there, or isn't the caller's (national model §4, Reasons)."""

Row = Mapping[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def instant_or_null(moment: datetime | None) -> str | None:
    """A moment as RFC 3339 text in UTC."""
    return None if moment is None else format_instant((moment - _EPOCH) // _MICROSECOND)


def looked_up_events(asked: Iterable[tuple[EventName, Row | None]]) -> Table:
    """A row an event, in the order asked; a name is repeated only where an event can have it."""
    rows = []
    for name, row in asked:
        names = (name.providerid, name.source, name.id) if name.possible else (None, None, None)
        if row is None:
            rows.append((*names, UNKNOWN, None, None, None))
        else:
            rows.append((*names, row["state"], row["reason"], row["receipt"], instant_or_null(row["received_at"])))
    return Table(EVENT_COLUMNS, rows)


def looked_up_requests(asked: Iterable[tuple[RequestName, Row | None]]) -> Table:
    """A row a request, in the order asked; a name is repeated only where a request can have it."""
    rows = []
    for name, row in asked:
        names = (name.providerid, name.subject) if name.possible else (None, None)
        rows.append((*names, *((NO_REQUEST, NO_REQUEST, None, None, None) if row is None else _judgement(row))))
    return Table(REQUEST_COLUMNS, rows)


def uncounted_requests(rows: Iterable[Row]) -> Table:
    """A row a request that doesn't count; `survey` is null where there is no background."""
    return Table(UNCOUNTED_COLUMNS, [(row["subject"], row["survey_kind"], *_judgement(row)) for row in rows])


def quarantine(rows: Iterable[Row]) -> Table:
    """A row a record; `pointers` are JSON Pointers separated by blanks, which no member of ours has in its name."""
    return Table(
        QUARANTINE_COLUMNS,
        [
            (
                f"{row['partition']}-{row['log_offset']}",
                row["provider"],
                row["reason"],
                " ".join(row["pointers"]),
                instant_or_null(row["received_at"]),
                row["outcome"],
                row["event"],
            )
            for row in rows
        ],
    )


def books(rows: Iterable[Row]) -> Table:
    """A row a provider: records = standing + superseded + duplicate + conflict + rejected (national model §4)."""
    return Table(BOOK_COLUMNS, [tuple(row[column] for column in BOOK_COLUMNS) for row in rows])


def _judgement(row: Row) -> tuple[str, str, str | None, str | None, str | None]:
    """What a request counts as and the times of both its registers."""
    return (
        row["target"],
        row["response"],
        row["exclusion"],
        _instant_of_us(row["background_at_us"]),
        _instant_of_us(row["response_at_us"]),
    )


def _instant_of_us(instant_us: int | None) -> str | None:
    return None if instant_us is None else format_instant(instant_us)
