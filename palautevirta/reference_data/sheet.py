"""An operator's file: CSV with a header, in; checked rows, and every refusal with its line, out. Pure.

A refusal never repeats what stands in a cell, but an organisation's OID of the right form: who mends the file finds
the cell by its line and column.
"""

import csv
import io
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from schemas.events import types
from schemas.events.personal import holds_personal_identifier

MOST_BYTES: Final = 32 * 1024 * 1024
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099

_OID: Final = re.compile(types.whole(types.OID_PATTERN))
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR: Final = re.compile(r"20[0-9]{2}")
_LONGEST_NAME: Final = 200

Cell = str | int | date | list[int] | None


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """Why a line can't be taken; line 1 is the header."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class SheetRow(BaseModel):
    """One row of a file; its fields are the file's columns, those with a default may be left out of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: ClassVar[tuple[str, ...]]
    """The columns of the table that it is stored in, beside `version`."""

    @abstractmethod
    def cells(self) -> tuple[Cell, ...]:
        """The values of `columns`, in that order."""

    def named(self) -> tuple[str, ...]:
        """The OIDs that somebody else has to know already."""
        return ()


Row = TypeVar("Row", bound=SheetRow)


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Row]):
    """The rows that are right by themselves, each with its line, and what is wrong with the others."""

    rows: tuple[tuple[int, Row], ...]
    refusals: tuple[Refusal, ...]


def refused(reason: str) -> PydanticCustomError:
    """What a validator of a cell raises: the sentence that its refusal says."""
    return PydanticCustomError("refused", "{reason}", {"reason": reason})


def read_sheet(content: bytes, row: type[Row]) -> Sheet[Row]:
    """Read a file: UTF-8, with or without a byte order mark; commas; blank lines are passed over."""
    if len(content) > MOST_BYTES:
        return Sheet((), (Refusal(1, f"the file is larger than {MOST_BYTES} bytes"),))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Sheet((), (Refusal(content.count(b"\n", 0, error.start) + 1, "it isn't UTF-8"),))
    lines = _records(text)
    line, header = next(lines, (1, []))
    if isinstance(header, Refusal):
        return Sheet((), (header,))
    wrong = _header_problems(header, row)
    if wrong:
        return Sheet((), tuple(Refusal(line, reason) for reason in wrong))
    rows: list[tuple[int, Row]] = []
    refusals: list[Refusal] = []
    for line, record in lines:
        found = record if isinstance(record, Refusal) else _row(line, header, record, row)
        if isinstance(found, SheetRow):
            rows.append((line, found))
        else:
            refusals += [found] if isinstance(found, Refusal) else found
    if not rows and not refusals:
        refusals.append(Refusal(line, "there are no rows below the header"))
    return Sheet(tuple(rows), tuple(refusals))


def twice(rows: Iterable[tuple[int, tuple[Cell, ...]]], what: str) -> Iterator[Refusal]:
    """A refusal for every row whose key stood in an earlier line; `what` names the key."""
    first: dict[tuple[Cell, ...], int] = {}
    for line, key in rows:
        if first.setdefault(key, line) != line:
            yield Refusal(line, f"{what} stands in line {first[key]} already")


def unknown(sheet: Sheet[Row], known: frozenset[str]) -> Iterator[Refusal]:
    """A refusal for every OID that a row names and nobody knows."""
    for line, row in sheet.rows:
        for oid in row.named():
            if oid not in known:
                yield Refusal(line, f"neither the organisation table nor the record knows {oid}")


def _records(text: str) -> Iterator[tuple[int, list[str] | Refusal]]:
    """Every record with the line that it begins in; after one that can't be read nothing more is."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                yield begins, [cell.strip() for cell in record]
            begins = reader.line_num + 1
    except csv.Error:
        yield begins, Refusal(begins, "its quotation marks don't fit together, or a cell is too long")


def _header_problems(header: list[str], row: type[SheetRow]) -> list[str]:
    known = ", ".join(row.model_fields)
    missing = [name for name, field in row.model_fields.items() if field.is_required() and name not in header]
    problems = [f"the header lacks the column {name}" for name in missing]
    if set(header) - row.model_fields.keys():
        problems.append(f"the header has a column that there isn't; those that there are: {known}")
    if len(set(header)) != len(header):
        problems.append("the header has a column twice")
    return problems


def _row(line: int, header: list[str], record: list[str], row: type[Row]) -> Row | list[Refusal]:
    if len(record) != len(header):
        return [Refusal(line, f"it has {len(record)} cells, the header has {len(header)}")]
    try:
        return row.model_validate({name: cell for name, cell in zip(header, record, strict=True) if cell})
    except ValidationError as invalid:
        return [Refusal(line, _reason(error)) for error in invalid.errors(include_url=False, include_input=False)]


def _reason(error: Any) -> str:
    if not error["loc"]:
        return str(error["msg"])
    column = error["loc"][0]
    return f"{column} is empty" if error["type"] == "missing" else f"{column}: {error['msg']}"


def _oid(text: str) -> str:
    if not _OID.match(text):
        raise refused("give an organisation OID such as 1.2.246.562.10.12345678901")
    return text


def _name(text: str) -> str:
    if len(text) > _LONGEST_NAME or not text.isprintable():
        raise refused(f"give one line of at most {_LONGEST_NAME} characters")
    if holds_personal_identifier(text):
        raise refused("it holds a personal identity code or a learner OID")
    return text


def _day(text: object) -> date:
    if isinstance(text, str) and _DAY.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            pass
        else:
            if FIRST_YEAR <= day.year <= LAST_YEAR:
                return day
    raise refused(f"give a day of the years {FIRST_YEAR} to {LAST_YEAR}, such as 2026-01-01")


def year_of(text: object) -> int:
    """A year of this century. Raises what `refused` gives."""
    if isinstance(text, str) and _YEAR.fullmatch(text):
        return int(text)
    raise refused(f"give a year from {FIRST_YEAR} to {LAST_YEAR}, such as 2026")


Oid = Annotated[str, AfterValidator(_oid)]
Name = Annotated[str, AfterValidator(_name)]
Day = Annotated[date, BeforeValidator(_day)]
Year = Annotated[int, BeforeValidator(year_of)]
