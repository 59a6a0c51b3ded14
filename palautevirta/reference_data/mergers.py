"""The table of mergers: whose history belongs to which successor from which day (national model §5). Pure."""

from collections.abc import Iterator
from datetime import date
from typing import ClassVar, Final

from palautevirta.reference_data.sheet import Cell, Day, Oid, Refusal, Sheet, SheetRow, unknown
from schemas.national.rules.structure import Merger, MergerTableError, check_mergers

MOST_ROWS: Final = 2_000
"""Every row is judged against those before it."""


class MergerRow(SheetRow):
    """From `day` on, the whole history of `provider` belongs to `successor`."""

    columns: ClassVar = ("provider", "successor", "day")
    key: ClassVar = ("provider",)
    naming: ClassVar = ("provider", "successor")
    """A merger with an organisation that nobody knows would move figures out of sight."""

    provider: Oid
    successor: Oid
    day: Day

    def cells(self) -> tuple[Cell, ...]:
        """The values of `columns`, in that order."""
        return (self.provider, self.successor, self.day)


def judge_mergers(sheet: Sheet[MergerRow], known: frozenset[str]) -> Iterator[Refusal]:
    """What is wrong between rows that are right by themselves.

    The table is built up row by row, so that the line is named which contradicts those before it.
    """
    if len(sheet.cells) > MOST_ROWS:
        yield Refusal(sheet.cells[MOST_ROWS][0], f"a table of more than {MOST_ROWS} mergers isn't taken")
        return
    yield from unknown(sheet, MergerRow, known)
    accepted: list[Merger] = []
    merged: set[str] = set()
    for line, cells in sheet.cells:
        provider, successor = cells.get("provider"), cells.get("successor")
        if provider is not None and provider == successor:
            yield Refusal(line, f"{provider} is merged with itself")
        elif provider in merged:
            yield Refusal(line, f"{provider} is merged twice: keep one row and chain the later merger")
        elif provider is not None and successor is None:
            merged.add(provider)
        elif provider is not None and successor is not None:
            merger = Merger(provider, successor, cells.get("day", date.min))
            try:
                check_mergers([*accepted, merger])
            except MergerTableError as error:
                yield Refusal(line, str(error))
            else:
                accepted.append(merger)
                merged.add(provider)
