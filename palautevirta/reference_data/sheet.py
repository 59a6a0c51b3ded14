"""An operator's file: CSV with a header, in; checked rows, and every refusal with its line, out. Pure.

A refusal never repeats what stands in a cell, but an organisation's OID of the right form, and a header's name of
letters only: who mends the file finds the cell by its line and column.
"""

import csv
import io
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
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
_HARMLESS_HEADER: Final = re.compile(r"[A-Za-z_]{1,40}")

Cell = str | int | date | list[int] | None


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """Why a line can't be taken; line 1 is the header, line 0 the file as a whole."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


class SheetRow(BaseModel):
    """One row of a file; its fields are the file's columns, those with a default may be left out of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: ClassVar[tuple[str, ...]]
    """The columns of the table that it is stored in, beside `version`; the file's, too."""

    key: ClassVar[tuple[str, ...]]
    """The columns that tell a row of a table from all others."""

    naming: ClassVar[tuple[str, ...]] = ()
    """The columns of OIDs that somebody else has to know already."""

    @abstractmethod
    def cells(self) -> tuple[Cell, ...]:
        """The values of `columns`, in that order."""


Row = TypeVar("Row", bound=SheetRow)


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Row]):
    """The rows that are right by themselves, each with its line, and what is wrong with the others.

    `cells` are those that could be read of every line, of the wrong ones too, by column: what is between rows is judged
    by them, so that all that is wrong is told at once. `whole` says that no line was lost altogether.
    """

    rows: tuple[tuple[int, Row], ...]
    refusals: tuple[Refusal, ...]
    cells: tuple[tuple[int, Mapping[str, Any]], ...] = ()
    whole: bool = False

    def named(self, row: type[SheetRow]) -> frozenset[str]:
        """The OIDs that the lines name and somebody else has to know."""
        return frozenset(cells[name] for _, cells in self.cells for name in row.naming if name in cells)


def refused(reason: str) -> PydanticCustomError:
    """What a validator of a cell raises: the sentence that its refusal says."""
    return PydanticCustomError("refused", "{reason}", {"reason": reason})


def read_sheet(content: bytes, row: type[Row], *, empty: bool = False) -> Sheet[Row]:
    """Read a file: UTF-8, with or without a byte order mark; commas; blank lines are passed over.

    A table that is meant to be `empty` has a header only, and no other has.
    """
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
    readable: list[tuple[int, Mapping[str, Any]]] = []
    whole = True
    one_by_one = {name: _adapter(field) for name, field in row.model_fields.items()}
    for line, record in lines:
        if isinstance(record, Refusal) or len(record) != len(header):
            whole = False
            counted = f"it has {len(record)} cells, the header has {len(header)}" if isinstance(record, list) else ""
            refusals.append(record if isinstance(record, Refusal) else Refusal(line, counted))
            continue
        cells = {name: cell for name, cell in zip(header, record, strict=True) if cell}
        readable.append((line, _readable(cells, one_by_one)))
        try:
            rows.append((line, row.model_validate(cells)))
        except ValidationError as invalid:
            refusals += (Refusal(line, _reason(one)) for one in invalid.errors(include_url=False, include_input=False))
    if empty and (rows or refusals):
        refusals.append(Refusal(0, "--empty takes a file with nothing but a header"))
    elif not empty and not rows and not refusals:
        refusals.append(Refusal(line, "there are no rows below the header: if the table is to be empty, say --empty"))
    return Sheet(tuple(rows), tuple(refusals), tuple(readable), whole)


def twice(sheet: Sheet[Row], columns: tuple[str, ...], what: str) -> Iterator[Refusal]:
    """A refusal for every line whose cells of these columns stood in an earlier one; `what` names them."""
    first: dict[tuple[Any, ...], int] = {}
    for line, cells in sheet.cells:
        if all(name in cells for name in columns):
            key = tuple(cells[name] for name in columns)
            if first.setdefault(key, line) != line:
                yield Refusal(line, f"{what} stands in line {first[key]} already")


def unknown(sheet: Sheet[Row], row: type[Row], known: frozenset[str]) -> Iterator[Refusal]:
    """A refusal for every OID that a line names and nobody knows."""
    for line, cells in sheet.cells:
        for oid in (cells[name] for name in row.naming if name in cells):
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
    if len(header) == 1 and ";" in header[0]:
        header = [name.strip() for name in header[0].split(";")]
        return ["its cells are separated by semicolons: separate them by commas", *_header_problems(header, row)]
    missing = [name for name, field in row.model_fields.items() if field.is_required() and name not in header]
    problems = [f"the header lacks the column {name}" for name in missing]
    others = [name for name in header if name not in row.model_fields]
    if others:
        named = ", ".join(name if _HARMLESS_HEADER.fullmatch(name) else "one of another form" for name in others)
        problems.append(f"the header has columns that there aren't: {named}; those that there are: {known}")
    if len(set(header)) != len(header):
        problems.append("the header has a column twice")
    return problems


def _adapter(field: FieldInfo) -> TypeAdapter[Any]:
    annotation: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return TypeAdapter(annotation)


def _readable(cells: Mapping[str, str], one_by_one: Mapping[str, TypeAdapter[Any]]) -> Mapping[str, Any]:
    """The cells that are right by themselves, whatever is wrong with the others of their line."""
    found = {}
    for name, cell in cells.items():
        try:
            found[name] = one_by_one[name].validate_python(cell)
        except ValidationError:
            continue
    return found


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
