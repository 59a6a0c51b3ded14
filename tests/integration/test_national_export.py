"""The national data set of a nation that was counted by hand, in every format (national model §10)."""

import asyncio
import csv
import io
import os
import sys
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import asyncpg
import pyarrow.parquet as pq
import pytest
from aiohttp import ClientPayloadError
from builders.applied import AppliedLog
from builders.reporting import Asking, Client
from builders.small_nation import INSTITUTION, ORGANISATIONS, PERIOD, A, load_reference_data
from builders.states import MODELS
from builders.surveys import survey
from integration.test_editions import cut, log, other_rules, replace_rules, storm  # noqa: F401 - a fixture

from palautevirta.local.issuer import Issuer
from palautevirta.local.postgres import Database
from schemas.national.parameters import EntrepreneurFactor
from services.reporting import edition_store
from services.reporting.national_store import national_file, unnamed
from services.reporting.store import Snapshot

# ruff: noqa: F811 - a fixture of another module is taken by its name

# Counted by hand. Start: A with B 11 of 20, r 11/20, c 53/30, shares of 46 points; with February of the year before
# 15 of 25, r 3/5, c 5/3, shares of 66. Completion: 20 · 1 · 3 and 4 · 28/15 · 1, of 1012/15. Instructors: 20 of 50
# days, r 2/5, c 31/15. Workplace: 50 and 80 · 9/8. C is not funded, and rows of no days aren't there.
EXPECTED = """\
koulutuksen_jarjestaja,oppilaitos,toimipiste,varainhoitovuosi,toteuma_estimaatti,rahoituskausi,tilastovuosi,\
tilastokuukausi,kysely,kyselyn_kohderyhma,tutkinto,huomioidaan_rahoituksessa_kylla_ei,koodit_koulutuksen_jarjestaja,\
koodit_oppilaitos,koodit_toimipiste_oid,koodit_tutkinto,kyselyn_kohteet_lkm,vastanneet_lkm,pisteet_lkm,\
painotetut_pisteet_lkm,kyselyn_rahoitusosuus,tietojoukko_paivitetty_pvm
A,,,2026,T,P,2024,8,Aloituskysely,Aloittaneet,351301,1,0112038-9,,,351301,10,5,20.0000,35.333333333333333333,0.43478260869565217391304347826,2025-03-15
A,,,2026,E,P,2024,8,Aloituskysely,Aloittaneet,351301,1,0112038-9,,,351301,10,5,20.0000,33.333333333333333333,0.30303030303030303030303030303,2025-03-15
A,I,S,2026,T,P,2024,8,Aloituskysely,Aloittaneet,012345,1,0112038-9,01234,O,012345,5,4,20.0000,35.333333333333333333,0.43478260869565217391304347826,2025-03-15
A,I,S,2026,E,P,2024,8,Aloituskysely,Aloittaneet,012345,1,0112038-9,01234,O,012345,5,4,20.0000,33.333333333333333333,0.30303030303030303030303030303,2025-03-15
A,I,,2026,T,P,2024,9,Aloituskysely,Aloittaneet,351301,1,0112038-9,01234,,351301,5,2,6.0000,10.600000000000000000,0.13043478260869565217391304348,2025-03-15
A,I,,2026,E,P,2024,9,Aloituskysely,Aloittaneet,351301,1,0112038-9,01234,,351301,5,2,6.0000,10.000000000000000000,0.09090909090909090909090909091,2025-03-15
A,I,S,2026,T,P,2024,10,Päättökysely,Koko tutkinnon suorittaneet,012345,1,0112038-9,01234,O,012345,4,4,20.0000,60.000000000000000000,0.88932806324110671936758893281,2025-03-15
A,I,S,2026,E,P,2024,10,Päättökysely,Koko tutkinnon suorittaneet,012345,1,0112038-9,01234,O,012345,4,4,20.0000,60.000000000000000000,0.88932806324110671936758893281,2025-03-15
A,I,S,2026,T,P,2024,10,Päättökysely,Tutkinnon osia suorittaneet,012345,1,0112038-9,01234,O,012345,2,1,4.0000,7.466666666666666667,0.11067193675889328063241106719,2025-03-15
A,I,S,2026,E,P,2024,10,Päättökysely,Tutkinnon osia suorittaneet,012345,1,0112038-9,01234,O,012345,2,1,4.0000,7.466666666666666667,0.11067193675889328063241106719,2025-03-15
A,I,S,2026,T,P,2024,11,Työpaikkaohjaajakysely,Tieto puuttuu,012345,1,0112038-9,01234,O,012345,50,20,80.0000,165.333333333333333333,1.00000000000000000000000000000,2025-03-15
A,I,S,2026,E,P,2024,11,Työpaikkaohjaajakysely,Tieto puuttuu,012345,1,0112038-9,01234,O,012345,50,20,80.0000,165.333333333333333333,1.00000000000000000000000000000,2025-03-15
A,I,S,2026,T,P,2024,11,Työpaikkakysely,Tieto puuttuu,012345,1,0112038-9,01234,O,012345,30,30,140.0000,,1.00000000000000000000000000000,2025-03-15
A,I,S,2026,E,P,2024,11,Työpaikkakysely,Tieto puuttuu,012345,1,0112038-9,01234,O,012345,30,30,140.0000,,1.00000000000000000000000000000,2025-03-15
A,I,S,2026,E,P,2025,2,Aloituskysely,Aloittaneet,012345,1,0112038-9,01234,O,012345,5,4,20.0000,33.333333333333333333,0.30303030303030303030303030303,2025-03-15
C,,,2026,T,P,2024,8,Aloituskysely,Aloittaneet,351301,0,0763403-0,,,351301,2,2,10.0000,10.000000000000000000,,2025-03-15
C,,,2026,E,P,2024,8,Aloituskysely,Aloittaneet,351301,0,0763403-0,,,351301,2,2,10.0000,10.000000000000000000,,2025-03-15
"""  # noqa: E501
SHORT = {
    "A,": '"Kuntayhtymä, Ylöjärvi",', "C,": "Yksityinen koulu,", ",I,": ",Ammattiopisto,",
    ",S,2026": ",Keskustan toimipiste,2026",
    ",T,P,": ",Toteuma,01.07.2024 - 30.06.2025,", ",E,P,": ",Estimaatti,01.07.2024 - 30.06.2025,",
    ",O,": ",1.2.246.562.10.30000000001,",
}  # fmt: skip
"""What stands for long texts in EXPECTED."""


def expected() -> bytes:
    """The file, byte by byte."""
    names, *rows = EXPECTED.splitlines()
    written = [names]
    for row in rows:
        for short, whole in SHORT.items():
            if short in {"A,", "C,"}:
                row = whole + row.removeprefix(short) if row.startswith(short) else row
            else:
                row = row.replace(short, whole)
        written.append(row)
    return "".join(f"{row}\r\n" for row in written).encode()


class Exporting:
    """Asks for the data set."""

    def __init__(self, client: Client, issuer: Issuer) -> None:
        self._client = client
        self._header = {"Authorization": f"Bearer {issuer.mint(organisations=[], scope='figures:national')}"}

    async def __call__(self, number: int = 1, format_name: str = "", accept: str = "*/*") -> tuple[str, bytes]:
        path = f"/v1/editions/{number}/national{f'?format={format_name}' if format_name else ''}"
        async with self._client.get(path, headers=self._header | {"Accept": accept}) as answer:
            assert answer.status == 200, await answer.text()
            return answer.content_type, await answer.read()


@pytest.fixture
def export(client: Client, issuer: Issuer) -> Exporting:
    return Exporting(client, issuer)


def texts(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode(), newline="")))


def sheet(file: bytes, number: int = 1) -> list[list[str]]:
    """The cells of a sheet as texts, by column, read without the library that wrote it."""
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        root = ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
    rows = []
    for row in root.iterfind("m:sheetData/m:row", space):
        cells = [""] * 22
        for cell in row.iterfind("m:c", space):
            place = ord(cell.attrib["r"].rstrip("0123456789")) - ord("A")
            kind = cell.attrib.get("t", "n")
            value = cell.findtext("m:is/m:t" if kind == "inlineStr" else "m:v", "", space)
            cells[place] = value
        rows.append(cells)
    return rows


@pytest.mark.usefixtures("log")
async def test_csv_is_what_was_counted_by_hand_byte_by_byte(database: Database, export: Exporting) -> None:
    await cut(database)
    media_type, file = await export()
    assert media_type == "text/csv"
    assert file.decode().split("\r\n") == expected().decode().split("\r\n")
    assert file == expected()


@pytest.mark.usefixtures("log")
async def test_points_are_by_the_factor_and_the_coefficients_that_were_frozen(
    database: Database, export: Exporting
) -> None:
    await cut(
        database,
        replace_rules(entrepreneur_factor=(EntrepreneurFactor(from_period="2018-2019", factor=Fraction(3, 2)),)),
    )
    connection = await asyncpg.connect(database.dsn)
    await connection.execute(
        "ALTER TABLE feedback.edition_coefficient DISABLE TRIGGER frozen; "
        "UPDATE feedback.edition_coefficient SET value = '3' WHERE survey_kind = 'workplace_instructor'"
    )
    await connection.close()
    _, file = await export()
    points = {(row[8], row[18], row[19]) for row in texts(file)[1:] if row[8].startswith("Työpaikka")}
    # 50 of its own and 3/2 of the entrepreneur's 80; 80 points threefold.
    assert points == {
        ("Työpaikkakysely", "170.0000", ""),
        ("Työpaikkaohjaajakysely", "80.0000", f"240.{'0' * 18}"),
    }


@pytest.mark.usefixtures("log")
async def test_a_statement_of_an_export_may_take_longer_than_an_answer(database: Database) -> None:
    await cut(database)
    connection = await asyncpg.connect(database.reporting_dsn)
    usual = await connection.fetchval("SHOW statement_timeout")
    for format_name in ("", "csv"):
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = Snapshot(connection, MODELS)
            edition = await edition_store.edition(snapshot, 1)
            assert edition is not None
            if format_name:
                assert b"".join([piece async for piece in national_file(snapshot, edition, format_name)]) == expected()
            else:
                assert await unnamed(snapshot, edition) == []
            assert await connection.fetchval("SHOW statement_timeout") == "10min"
        assert await connection.fetchval("SHOW statement_timeout") == usual
    await connection.close()


async def test_an_institution_without_a_code_is_no_matter_where_it_has_rows_of_no_days_only(
    database: Database, export: Exporting, log: AppliedLog
) -> None:
    nameless = INSTITUTION[:-1] + "9"
    await log.apply(
        *survey(
            "nowhere", "workplace_instructor", date(2024, 11, 29),
            targets=1, respondents=1, provider=A, institution=nameless,
        )
    )  # fmt: skip
    await cut(database)
    assert (await export())[1] == expected()


@pytest.mark.usefixtures("log")
async def test_parquet_has_the_same_rows_with_exact_types(database: Database, export: Exporting) -> None:
    await cut(database)
    media_type, file = await export(format_name="parquet")
    assert media_type == "application/vnd.apache.parquet"
    table = pq.read_table(io.BytesIO(file))
    names, *rows = texts(expected())
    assert table.column_names == names
    assert [[written(value) for value in row.values()] for row in table.to_pylist()] == rows
    types = dict(zip(table.schema.names, map(str, table.schema.types), strict=True))
    assert types["kyselyn_rahoitusosuus"] == "decimal128(38, 29)"
    assert types["painotetut_pisteet_lkm"] == "decimal128(38, 18)"
    assert types["pisteet_lkm"] == "decimal128(38, 4)"
    assert types["tietojoukko_paivitetty_pvm"] == "date32[day]"
    assert types["koodit_tutkinto"] == "string"
    assert types["kyselyn_kohteet_lkm"] == "int64"


def written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)


@pytest.mark.usefixtures("log")
async def test_xlsx_has_the_same_rows_with_decimals_as_texts(database: Database, export: Exporting) -> None:
    await cut(database)
    media_type, file = await export(format_name="xlsx")
    assert media_type == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    day = str((date(2025, 3, 15) - date(1899, 12, 30)).days)
    assert sheet(file) == [[day if cell == "2025-03-15" else cell for cell in row] for row in texts(expected())]


@pytest.mark.parametrize("format_name", ["csv", "parquet", "xlsx"])
async def test_two_exports_of_an_edition_have_the_same_bytes_whatever_happened_between(
    database: Database, export: Exporting, log: AppliedLog, format_name: str
) -> None:
    await cut(database)
    first = await export(format_name=format_name)
    await storm(log, database)
    await cut(database, other_rules())
    assert await export(format_name=format_name) == first
    assert await export(2, format_name=format_name) != first


@pytest.mark.usefixtures("log")
async def test_a_workbook_says_nothing_of_when_it_was_made(database: Database, export: Exporting) -> None:
    await cut(database)
    _, file = await export(format_name="xlsx")
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        core = archive.read("docProps/core.xml").decode()
    assert "1980-01-01T00:00:00Z" in core
    assert str(date.today().year) not in core  # noqa: DTZ011 - whatever today's year is, anywhere


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/csv", "text/csv"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/csv;q=0.2, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("application/*", "application/vnd.apache.parquet"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("log")
async def test_the_accept_header_chooses_the_format(
    database: Database, export: Exporting, accept: str, media_type: str
) -> None:
    await cut(database)
    assert (await export(accept=accept))[0] == media_type
    assert (await export(format_name="csv", accept=accept))[0] == "text/csv"


@pytest.mark.usefixtures("log")
async def test_what_cannot_be_exported_says_why(database: Database, ask: Asking, client: Client) -> None:
    await cut(database)
    for path, status, told in (
        ("/v1/editions/2/national", 404, "no edition of that number"),
        ("/v1/editions/1/national?format=ods", 400, "format: give csv, parquet or xlsx"),
        ("/v1/editions/1/national?survey=start", 400, "survey: there is no such parameter"),
    ):
        found, problem = await ask.refusal(path)
        assert (found, told in problem["detail"]) == (status, True), problem
    header = ask.header("figures:national") | {"Accept": "application/json"}
    async with client.get("/v1/editions/1/national", headers=header) as answer:
        assert answer.status == 406
    async with client.head("/v1/editions/1/national", headers=header) as answer:
        assert answer.status == 405


@pytest.mark.usefixtures("log")
async def test_the_export_names_every_organisation_that_lacks_a_code_before_the_first_byte(
    database: Database, ask: Asking
) -> None:
    a, b, _, institution, site = ORGANISATIONS
    # B is merged into A and the site needs no code; C isn't there at all.
    await load_reference_data(
        database.dsn, ((*b[:1], None, *b[2:]), (*a[:1], None, *a[2:]), (*institution[:2], None, *institution[3:]), site)
    )
    await cut(database)
    status, problem = await ask.refusal("/v1/editions/1/national")
    assert (status, problem["type"]) == (409, "/problems/organisations_missing")
    assert problem["organisations"] == [
        {"oid": "1.2.246.562.10.10000000001", "lacks": "business_id"},
        {"oid": "1.2.246.562.10.10000000003", "lacks": "business_id"},
        {"oid": "1.2.246.562.10.20000000001", "lacks": "institution_code"},
    ]
    assert "1.2.246.562.10.20000000001 (institution_code)" in problem["detail"]


async def test_an_edition_without_rows_is_a_file_with_names_only(database: Database, export: Exporting) -> None:
    await cut(database)
    names = texts(expected())[:1]
    assert texts((await export())[1]) == names
    assert pq.read_table(io.BytesIO((await export(format_name="parquet"))[1])).num_rows == 0
    assert sheet((await export(format_name="xlsx"))[1]) == names


@pytest.mark.usefixtures("log")
async def test_an_export_that_breaks_off_is_never_taken_for_a_whole_one(
    database: Database, client: Client, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaking(*_: object) -> AsyncIterator[bytes]:
        yield b"koulutuksen_jarjestaja,"
        raise asyncpg.ConnectionDoesNotExistError("the database went away")

    await cut(database)
    monkeypatch.setattr("services.reporting.national_store.national_file", breaking)
    async with client.get("/v1/editions/1/national", headers=ask.header("figures:national")) as answer:
        assert answer.status == 200
        with pytest.raises(ClientPayloadError):
            await answer.read()


@pytest.mark.usefixtures("log")
async def test_the_command_line_publishes_checks_and_exports(database: Database, tmp_path: Path) -> None:
    async def run(dsn: str, *arguments: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "palautevirta", *arguments),
            env={"PATH": os.environ["PATH"], "DATABASE_URL": dsn},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(60):
            told, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, told.decode()

    code, told = await run(database.editions_dsn, "publish", "--period", PERIOD, "--as-of", "2025-03-15")
    assert (code, told.splitlines()[0][:48]) == (0, f"edition 1 of {PERIOD} as of 2025-03-15: 11 cell")
    digest = told.split()[-1]
    assert await run(database.editions_dsn, "publish", "--check", "1") == (
        0, f"edition 1 is what it was sealed as: {digest}\n",
    )  # fmt: skip
    code, told = await run(database.editions_dsn, "publish", "--period", PERIOD, "--as-of", "2024-09-30")
    assert (code, "Nothing of 2024-2025 is out" in told) == (1, True)
    code, told = await run(database.editions_dsn, "publish", "--period", PERIOD, "--as-of", "0001-01-01")
    assert (code, told) == (1, "Error: There are no rules for days before 2018-07-01: 0001-01-01 is one.\n")
    connection = await asyncpg.connect(database.dsn)
    await connection.execute("UPDATE feedback.request SET rules = rules + 1 WHERE subject LIKE 'a-august-%'")
    await connection.close()
    code, told = await run(database.editions_dsn, "publish", "--period", PERIOD, "--as-of", "2025-03-15", "--draft")
    assert (code, told.splitlines()[1]) == (
        0, "5 requests of the record were counted by other rules than those of 2025.1",
    )  # fmt: skip
    output = tmp_path / "national.csv"
    code, told = await run(database.reporting_dsn, "export", "--edition", "1", "--output", str(output))
    assert (code, told) == (0, f"edition 1 stands in {output}\n")
    assert output.read_bytes() == expected()
    code, told = await run(database.reporting_dsn, "export", "--edition", "7", "--output", str(tmp_path / "none"))
    assert (code, told) == (1, "Error: there is no edition 7\n")
    assert os.listdir(tmp_path) == ["national.csv"]  # noqa: PTH208 - a path's own iteration blocks as well
