"""The rows of a difference: first what the two editions were cut from, then every figure that differs. Pure."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from schemas.national.rules.rounding import decimal_text
from services.reporting.difference import Change, decimals_of
from services.reporting.editions import Edition
from services.reporting.table import Cell, Table

PLACES: Final = ("institution", "site", "qualification")
"""By what cells may be split besides provider, month and survey kind, in this order."""

PAGE_KEYS: Final = 8
DIFFERENCE_COLUMNS: Final = (
    "set", "provider", "month", "survey", "figure", "before", "after", "difference", "by_data", "by_structure",
    "by_rules", "recounted",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InputChange:
    """Something that an edition was cut from, and that differs: a row of no set, of texts."""

    figure: str
    before: str
    after: str

    @property
    def page_key(self) -> tuple[str, ...]:
        """The texts that name it, as a change's do."""
        return "", "", "", "", self.figure, "", "", ""


Line = InputChange | Change


def input_changes(first: Edition, second: Edition, offsets: tuple[str, str]) -> list[InputChange]:
    """What differs in the inputs of two editions: the digest at least, whenever anything does."""
    said = [_inputs(edition, read) for edition, read in zip((first, second), offsets, strict=True)]
    return [InputChange(name, one, said[1][name]) for name, one in said[0].items() if one != said[1][name]]


def _inputs(edition: Edition, offsets: str) -> dict[str, str]:
    return {
        "digest": edition.digest,
        "day": edition.day.isoformat(),
        "model": edition.model,
        "rules": hashlib.sha256(edition.rules.model_dump_json().encode()).hexdigest(),
        "counted_by": ",".join(map(str, edition.counted_by)),
        "counted_otherwise": str(edition.counted_otherwise),
        "organisations_version": str(edition.organisations_version),
        "mergers_version": str(edition.mergers_version),
        "funding_inputs_version": str(edition.funding_inputs_version),
        "offsets": offsets,
    }


def difference_table(found: Iterable[Line], by: Sequence[str] = (), *, recounted: bool = False) -> Table:
    """A row a figure; numbers are texts with the figure's decimals. `by` are the places that were asked for."""
    columns = (*DIFFERENCE_COLUMNS[:3], *by, *DIFFERENCE_COLUMNS[3:])
    flag = int(recounted)
    rows: list[tuple[Cell, ...]] = []
    for line in found:
        if isinstance(line, InputChange):
            nothing = (None,) * (4 + len(by))
            rows.append((*nothing, line.figure, line.before, line.after, *(None,) * 4, flag))
        else:
            rows.append((*_keys(line, by), *_amounts(line), flag))
    return Table(columns, rows)


def _keys(change: Change, by: Sequence[str]) -> tuple[Cell, ...]:
    place = tuple(text or None for name, text in zip(PLACES, change.place, strict=True) if name in by)
    return (change.of_set, change.provider, f"{change.month:%Y-%m}", *place, change.kind, change.figure)


def _amounts(change: Change) -> tuple[str, ...]:
    decimals = decimals_of(change.figure, change.kind)
    difference = change.after - change.before
    amounts = (change.before, change.after, difference, change.by_data, change.by_structure, change.by_rules)
    return tuple(decimal_text(Fraction(amount, 10**decimals), decimals) for amount in amounts)
