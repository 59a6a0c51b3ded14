"""Going on behind what can't be read, in a log that is the right one (docs/recovery.md, A log with a hole).

A gap, a record that can't be taken apart or that the database refuses stops its partition for good. An operator who has
looked passes over it: every offset that is left unread then stands in quarantine, so the books balance and say so.
"""

from typing import Final

import asyncpg
from msgspec import Struct

from palautevirta.log_bounds import Found
from services.runtime.statements import load_statements

PASSABLE: Final = frozenset({"gap", "unreadable_record", "unstorable"})
"""The stops behind which a partition may be let go on; all others have a remedy that loses nothing."""

MOST_PASSED: Final = 100_000

_SQL: Final = load_statements("palautevirta", "sql")
_TIMEOUT_S: Final = 30.0


class Stopped(Struct, frozen=True):
    """A partition as its fence has it."""

    partition: int
    log_id: str
    topic_id: bytes | None
    next_offset: int
    stopped: str | None


def why_not(stands: Stopped, last: int, found: Found) -> str | None:
    """Why a partition can't be let go on behind the offset `last`; None when it can."""
    _, end = found.bounds[stands.partition]
    if stands.log_id != found.log_id or stands.topic_id not in {None, found.topic_id}:
        return "this isn't the log that was read: see `palautevirta log adopt`"
    if stands.stopped not in PASSABLE:
        why = f"stands still as {stands.stopped}" if stands.stopped else "doesn't stand still"
        return f"partition {stands.partition} {why}, and only {', '.join(sorted(PASSABLE))} can be passed over"
    if last < stands.next_offset:
        return f"everything before offset {stands.next_offset} is counted: there is nothing to pass over"
    if last >= end:
        return f"the log ends before offset {end}: what isn't there yet can't be passed over"
    if last - stands.next_offset >= MOST_PASSED:
        return f"more than {MOST_PASSED} offsets at once are no gap: look again, or pass over them in steps"
    return None


def account(stands: Stopped, last: int) -> str:
    """What an operator has to know before saying yes."""
    return (
        f"partition {stands.partition} stands still as {stands.stopped}. It will go on with offset {last + 1}; the "
        f"{last + 1 - stands.next_offset} offsets from {stands.next_offset} to {last} will stand in quarantine as "
        "`passed`, uncounted. What clients were told is safe may be among them: look at these records first, if they "
        "can be read by other means, and let their clients send again"
    )


class Passing:
    """One fence held still, between looking at it and moving it. For use inside a transaction."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def hold(self, partition: int) -> Stopped | None:
        """Where the partition stands; nobody moves it until the transaction ends. None when it was never read."""
        await self._connection.execute(_SQL["lock_lease"], partition, timeout=_TIMEOUT_S)
        row = await self._connection.fetchrow(_SQL["lock_partition"], partition, timeout=_TIMEOUT_S)
        return None if row is None else Stopped(**dict(row))

    async def go_on(self, stands: Stopped, last: int, *, actor: str, remark: str) -> None:
        """Put what is passed over into quarantine and move the fence behind it."""
        await self._connection.execute(
            _SQL["quarantine_passed"], stands.partition, last, actor, remark, timeout=_TIMEOUT_S
        )
        await self._connection.execute(_SQL["pass_over"], stands.partition, last, timeout=_TIMEOUT_S)
