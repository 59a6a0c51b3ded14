"""A flat table and its two forms: rows of a JSON envelope, or CSV. Pure.

Decimals are texts already, so both forms are exact.
"""

import csv
import io
from dataclasses import dataclass

import msgspec

Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one cell a column."""

    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


def json_body(
    table: Table, *, as_of: str | None, model: str, next_token: str | None, edition: int | None = None
) -> bytes:
    """The envelope of every table. `edition` is null where figures are live."""
    return msgspec.json.encode(
        {
            "as_of": as_of,
            "edition": edition,
            "model": model,
            "rows": [dict(zip(table.columns, row, strict=True)) for row in table.rows],
            "next": next_token,
        }
    )


def csv_body(table: Table) -> bytes:
    """Names and rows as RFC 4180 has it, in UTF-8; null is an empty field."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return text.getvalue().encode()
