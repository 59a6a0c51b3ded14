"""The national data set as files, written row by row in bounded memory (national model §10).

Two files of the same rows have the same bytes: no writer notes when or where it wrote. CSV is UTF-8 without BOM, comma,
CRLF, blank for null. Parquet keeps numbers as numbers, decimals exact. XLSX keeps decimals as texts, because a cell's
number has 15 digits at most; a sheet has 1,048,576 rows at most, so further rows stand on further sheets, each with
the names of the columns. An XLSX file is made on disk and can be read only once it is whole.
"""

import csv
import io
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from schemas.national.rules.rounding import place_point
from services.reporting.national import COLUMNS, DECIMALS, WHOLE_NUMBERS, Cell, NationalRow

_SHEET: Final = "Tietojoukko"
_MOST_ROWS_OF_SHEET: Final = 1_048_576
_CHUNK_BYTES: Final = 1 << 18
_SOME_DAY: Final = datetime(1980, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the writer takes no zone
_DECIMAL_DIGITS: Final = 38
_EXACT: Final = Context(prec=_DECIMAL_DIGITS)


class NationalFile(Protocol):
    """A file that grows: what `add` and `finish` give are its bytes, in order. `close` is always called, once."""

    def add(self, rows: Sequence[NationalRow]) -> bytes:
        """Take some more rows."""
        ...

    def finish(self) -> Iterator[bytes]:
        """The rest, once there is no row more."""
        ...

    def close(self) -> None:
        """Let go of whatever is held."""
        ...


class CsvFile:
    """Comma-separated values."""

    def __init__(self) -> None:
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text)
        self._writer.writerow(COLUMNS)
        self._decimals = [DECIMALS.get(name) for name in COLUMNS]

    def add(self, rows: Sequence[NationalRow]) -> bytes:
        """Take some more rows."""
        for row in rows:
            self._writer.writerow(_texts(row, self._decimals))
        return self._taken()

    def finish(self) -> Iterator[bytes]:
        """The names of the columns, when there was no row."""
        yield self._taken()

    def close(self) -> None:
        """Nothing is held."""

    def _taken(self) -> bytes:
        taken = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return taken


class ParquetFile:
    """Apache Parquet, a row group a call of `add`."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._schema = pa.schema([(name, _parquet_type(name)) for name in COLUMNS])
        self._writer = pq.ParquetWriter(
            self._sink,
            self._schema,
            version="2.6",
            compression="zstd",
            compression_level=3,
            use_dictionary=True,
            write_statistics=True,
            data_page_version="1.0",
            store_schema=False,
        )

    def add(self, rows: Sequence[NationalRow]) -> bytes:
        """Take some more rows."""
        if not rows:
            return self._sink.taken()
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array(_decimals(column, DECIMALS[name]) if name in DECIMALS else column, type=_parquet_type(name))
            for name, column in zip(COLUMNS, columns, strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        return self._sink.taken()

    def finish(self) -> Iterator[bytes]:
        """The foot, which holds the schema and where the row groups are."""
        self._writer.close()
        yield self._sink.taken()

    def close(self) -> None:
        """Nothing is held but memory."""


class XlsxFile:
    """An Excel workbook."""

    def __init__(self, *, most_rows_of_sheet: int = _MOST_ROWS_OF_SHEET) -> None:
        self._most_rows = most_rows_of_sheet
        self._folder = Path(tempfile.mkdtemp(prefix="palautevirta-national-"))
        self._file = self._folder.joinpath("national.xlsx")
        self._workbook = xlsxwriter.Workbook(
            self._file, {"constant_memory": True, "tmpdir": str(self._folder), "strings_to_numbers": False}
        )
        self._workbook.set_properties({"created": _SOME_DAY})
        self._day = self._workbook.add_format({"num_format": "yyyy-mm-dd"})
        self._decimals = [DECIMALS.get(name) for name in COLUMNS]
        self._sheets = 0
        self._add_sheet()

    def add(self, rows: Sequence[NationalRow]) -> bytes:
        """Take some more rows; no byte of a workbook is known before its end."""
        for row in rows:
            if self._row == self._most_rows:
                self._add_sheet()
            self._write(row)
        return b""

    def finish(self) -> Iterator[bytes]:
        """The workbook, in pieces."""
        self._workbook.close()
        with self._file.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk

    def close(self) -> None:
        """Remove what stands on disk."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _add_sheet(self) -> None:
        self._sheets += 1
        name = _SHEET if self._sheets == 1 else f"{_SHEET} {self._sheets}"
        self._sheet = self._workbook.add_worksheet(name)
        self._row = 0
        self._write(COLUMNS)

    def _write(self, row: Sequence[Cell]) -> None:
        for place, (value, decimals) in enumerate(zip(row, self._decimals, strict=True)):
            if isinstance(value, str):
                self._sheet.write_string(self._row, place, value)
            elif isinstance(value, date):
                self._sheet.write_datetime(self._row, place, value, self._day)
            elif value is not None and decimals is not None:
                self._sheet.write_string(self._row, place, place_point(value, decimals))
            elif value is not None:
                self._sheet.write_number(self._row, place, value)
        self._row += 1


MEDIA_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The formats, each with its media type."""

OPEN: Final[Mapping[str, Callable[[], NationalFile]]] = {"csv": CsvFile, "parquet": ParquetFile, "xlsx": XlsxFile}
"""Begins a file of a format."""


class _Sink(io.RawIOBase):
    """Where the Parquet writer writes to: bytes that are taken away as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = bytearray()
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self._bytes += data
        self._written += size
        return size

    def tell(self) -> int:
        return self._written

    def taken(self) -> bytes:
        """What was written since the last call."""
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken


def _texts(row: NationalRow, decimals: Sequence[int | None]) -> list[Cell]:
    return [
        place_point(value, places) if places is not None and isinstance(value, int) else value
        for value, places in zip(row, decimals, strict=True)
    ]


def _parquet_type(name: str) -> Any:
    if name in DECIMALS:
        return pa.decimal128(_DECIMAL_DIGITS, DECIMALS[name])
    if name == "tietojoukko_paivitetty_pvm":
        return pa.date32()
    return pa.int64() if name in WHOLE_NUMBERS else pa.string()


def _decimals(column: Iterable[Any], places: int) -> list[Decimal | None]:
    return [None if value is None else Decimal(value).scaleb(-places, _EXACT) for value in column]
