"""A version beside the one before it, and a version as the file that `load` takes. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from palautevirta.reference_data.sheet import Cell, Refusal, SheetRow

NO_YEAR: Final = "none"
"""How a file writes a list of no years; an empty cell says nothing about years."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new version changes against the newest before it: rows by their key."""

    version: int
    day: date
    added: int
    removed: int
    changed: int

    def __str__(self) -> str:
        return (
            f"against version {self.version} of {self.day}: +{self.added} \N{MINUS SIGN}{self.removed}, "
            f"{self.changed} changed"
        )


def changes(
    row: type[SheetRow], before: Iterable[Sequence[Cell]], after: Iterable[Sequence[Cell]], version: int, day: date
) -> Changes:
    """Count what differs between two tables of rows in the order of `columns`; `version` and `day` are the first's."""
    old, new = _by_key(row, before), _by_key(row, after)
    changed = sum(old[key] != new[key] for key in old.keys() & new.keys())
    return Changes(version, day, len(new.keys() - old.keys()), len(old.keys() - new.keys()), changed)


def removed_but_named(
    before: Iterable[str], after: Iterable[str], named: Iterable[tuple[str, str]]
) -> Iterator[Refusal]:
    """A refusal for every organisation that a load would remove while another table, `named`'s second, names it."""
    removed = set(before) - set(after)
    for oid, table in named:
        if oid in removed:
            yield Refusal(0, f"{oid} is to be removed, but the newest {table} name it: load {table} without it first")


def as_csv(row: type[SheetRow], rows: Iterable[Sequence[Cell]]) -> str:
    """The file that would load these rows."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(row.columns)
    for cells in rows:
        writer.writerow([_written(cell) for cell in cells])
    return written.getvalue()


def _by_key(row: type[SheetRow], rows: Iterable[Sequence[Cell]]) -> Mapping[tuple[Cell, ...], tuple[Cell, ...]]:
    at = [row.columns.index(name) for name in row.key]
    return {tuple(cells[position] for position in at): tuple(cells) for cells in rows}


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, list):
        return " ".join(str(year) for year in cell) or NO_YEAR
    return str(cell)
