"""The files of the national data set beyond what one sheet holds, and their exact numbers."""

import io
import zipfile
from datetime import date
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq

from services.reporting.national import COLUMNS, NationalRow
from services.reporting.national_files import CsvFile, NationalFile, ParquetFile, XlsxFile

DAY = date(2025, 3, 15)
GREATEST = 10**38 - 1


def row(number: int, points: int = 1) -> NationalRow:
    values = dict.fromkeys(COLUMNS) | {"tilastovuosi": number, "pisteet_lkm": points}
    return (*values.values(),)


def whole(file: NationalFile, *parts: list[NationalRow]) -> bytes:
    try:
        return b"".join([*(file.add(part) for part in parts), *file.finish()])
    finally:
        file.close()


def test_rows_beyond_a_sheet_stand_on_the_next_one_with_names_of_their_own() -> None:
    file = whole(XlsxFile(most_rows_of_sheet=4), [row(number) for number in range(7)])
    rows = []
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        for number in (1, 2, 3):
            root = ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            rows.append(len(root.findall("{*}sheetData/{*}row")))
        assert 'name="Tietojoukko 3"' in archive.read("xl/workbook.xml").decode()
    assert rows == [4, 4, 2]


def test_how_rows_come_in_parts_does_not_show_in_csv_and_xlsx() -> None:
    rows = [row(number) for number in range(7)]
    assert whole(CsvFile(), rows[:2], rows[2:]) == whole(CsvFile(), rows)
    assert whole(XlsxFile(), rows[:2], rows[2:]) == whole(XlsxFile(), rows)


def test_numbers_are_exact_to_the_last_digit_that_a_decimal_holds() -> None:
    table = pq.read_table(io.BytesIO(whole(ParquetFile(), [row(1, GREATEST), row(2, -1)], [])))
    assert [f"{value:f}" for value in table.column("pisteet_lkm").to_pylist()] == [f"{'9' * 34}.9999", "-0.0001"]
    assert f"{'9' * 34}.9999" in whole(CsvFile(), [row(1, GREATEST)]).decode()


def test_an_xlsx_file_leaves_nothing_on_disk() -> None:
    file = XlsxFile()
    folder = file._folder  # noqa: SLF001 - where it stands is nobody's business but this test's
    file.add([row(1)])
    assert folder.exists()
    list(file.finish())
    file.close()
    assert not folder.exists()
