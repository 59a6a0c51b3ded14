"""The table of mergers: whose history belongs to which successor from which day (national model §5). Pure."""

from collections.abc import Iterator
from typing import ClassVar, Final

from palautevirta.reference_data.sheet import Cell, Day, Oid, Refusal, Sheet, SheetRow, unknown
from schemas.national.rules.structure import Merger, MergerTableError, check_mergers

MOST_ROWS: Final = 2_000
"""Every row is judged against those before it."""


class MergerRow(SheetRow):
    """From `day` on, the whole history of `provider` belongs to `successor`."""

    columns: ClassVar = ("provider", "successor", "day")

    provider: Oid
    successor: Oid
    day: Day

    def cells(self) -> tuple[Cell, ...]:
        """The values of `columns`, in that order."""
        return (self.provider, self.successor, self.day)

    def named(self) -> tuple[str, ...]:
        """Both organisations: a merger with one that nobody knows would move figures out of sight."""
        return (self.provider, self.successor)


def judge_mergers(sheet: Sheet[MergerRow], known: frozenset[str]) -> Iterator[Refusal]:
    """What is wrong between rows that are right by themselves.

    The table is built up row by row, so that the line is named which contradicts those before it.
    """
    if len(sheet.rows) > MOST_ROWS:
        yield Refusal(sheet.rows[MOST_ROWS][0], f"a table of more than {MOST_ROWS} mergers isn't taken")
        return
    yield from unknown(sheet, known)
    accepted: list[Merger] = []
    for line, row in sheet.rows:
        if row.provider == row.successor:
            yield Refusal(line, f"{row.provider} is merged with itself")
            continue
        merger = Merger(row.provider, row.successor, row.day)
        try:
            check_mergers([*accepted, merger])
        except MergerTableError as error:
            yield Refusal(line, str(error))
        else:
            accepted.append(merger)
