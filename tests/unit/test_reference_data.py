"""Files of reference data: what is taken, and that everything that is wrong is told with its line."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import schemas
from palautevirta.reference_data.funding_inputs import FundingInputRow, judge_funding_inputs
from palautevirta.reference_data.loading import FUNDING_INPUTS, MERGERS, ORGANISATIONS, ReferenceKind, digest_of
from palautevirta.reference_data.mergers import MOST_ROWS, MergerRow, judge_mergers
from palautevirta.reference_data.organisations import OrganisationRow, judge_organisations
from palautevirta.reference_data.sheet import MOST_BYTES, Refusal, read_sheet
from palautevirta.reference_data.versions import as_csv, changes

A = "1.2.246.562.99.10000000001"
B = "1.2.246.562.99.10000000002"
C = "1.2.246.562.99.10000000003"
D = "1.2.246.562.99.10000000004"
EVERYBODY = frozenset({A, B, C, D})
COLUMNS = "oid, business_id, institution_code, name_fi, name_sv, funded_years"
OTHER_COLUMNS = "the header has columns that there aren't"
EXAMPLES = Path(schemas.__file__).parents[1] / "docs" / "examples"


def told(refusals: Iterable[Refusal]) -> list[str]:
    return [str(refusal) for refusal in sorted(refusals)]


def read(text: str, row: type[Any]) -> list[str]:
    return told(read_sheet(text.encode(), row).refusals)


def mergers(*rows: str, known: frozenset[str] = EVERYBODY) -> list[str]:
    sheet = read_sheet("\n".join(("provider,successor,day", *rows)).encode(), MergerRow)
    return told((*sheet.refusals, *judge_mergers(sheet, known)))


def inputs(*rows: str, known: frozenset[str] = EVERYBODY) -> list[str]:
    sheet = read_sheet("\n".join(("funding_year,provider,share", *rows)).encode(), FundingInputRow)
    return told((*sheet.refusals, *judge_funding_inputs(sheet, known)))


@pytest.mark.parametrize("kind", [ORGANISATIONS, MERGERS, FUNDING_INPUTS], ids=lambda kind: kind.name)
def test_the_examples_are_taken(kind: ReferenceKind[Any]) -> None:
    sheet = read_sheet((EXAMPLES / f"{kind.name}.csv").read_bytes(), kind.row)
    assert sheet.rows
    assert told((*sheet.refusals, *kind.judge(sheet, EVERYBODY))) == []


def test_the_examples_agree_with_each_other() -> None:
    files = {
        kind.name: read_sheet((EXAMPLES / f"{kind.name}.csv").read_bytes(), kind.row)
        for kind in (ORGANISATIONS, MERGERS, FUNDING_INPUTS)
    }
    years = {row.oid: row.funded_years for _, row in files["organisations"].rows}
    for _, row in files["funding_inputs"].rows:
        funded = years[row.provider]
        assert funded is None or row.funding_year in funded, row.provider
    assert {oid for _, row in files["mergers"].rows for oid in (row.provider, row.successor)} <= years.keys()


def test_a_table_without_rows_is_taken_when_it_is_said() -> None:
    sheet = read_sheet(b"provider,successor,day\n", MergerRow, empty=True)
    assert (sheet.rows, sheet.refusals, sheet.whole) == ((), (), True)
    with_a_row = read_sheet(f"provider,successor,day\n{A},{B},2026-01-01\n".encode(), MergerRow, empty=True)
    assert told(with_a_row.refusals) == ["--empty takes a file with nothing but a header"]


def test_a_version_written_as_a_file_loads_as_the_same() -> None:
    for kind in (ORGANISATIONS, MERGERS, FUNDING_INPUTS):
        rows = [row for _, row in read_sheet((EXAMPLES / f"{kind.name}.csv").read_bytes(), kind.row).rows]
        again = read_sheet(as_csv(kind.row, [row.cells() for row in rows]).encode(), kind.row)
        assert [row for _, row in again.rows] == rows


def test_what_a_version_changes_is_counted_by_its_key() -> None:
    before = [(A, B, date(2026, 1, 1)), (B, C, date(2026, 1, 1)), (D, C, date(2026, 1, 1))]
    after = [(A, B, date(2026, 1, 1)), (B, C, date(2026, 1, 2))]
    told = str(changes(MergerRow, before, after, 3, date(2026, 2, 1)))
    assert told == "against version 3 of 2026-02-01: +0 \N{MINUS SIGN}1, 1 changed"


def test_a_row_is_what_its_cells_say() -> None:
    text = (
        "\ufeffoid,business_id,institution_code,name_fi,name_sv,funded_years\r\n"
        f' {A} ,0000001-9,,"Opisto, iso",Institut,2027 2026\r\n\r\n'
        f"{B},0000002-7,,Toinen,,none\r\n{C},,0A234,Kolmas,,\r\n"
    )
    sheet = read_sheet(text.encode(), OrganisationRow)
    assert sheet.refusals == ()
    assert [(line, row.cells()) for line, row in sheet.rows] == [
        (2, (A, "0000001-9", None, "Opisto, iso", "Institut", [2026, 2027])),
        (4, (B, "0000002-7", None, "Toinen", None, [])),
        (5, (C, None, "0A234", "Kolmas", None, None)),
    ]


def test_everything_wrong_is_told_at_once_with_its_line() -> None:
    rows = (
        "1.2.3,0000001-9,,Nimi,",
        f"{A},0000001-8,1234,,",
        f"{B},,,Nimi 131052-308T,",
        f"{C},,01234,Nimi,2026",
        f"{C},0000003-5,,Nimi,2026 26",
        f"{C},0000003-5,,Nimi,2026 2026",
        f"{C},0000003-5,,Nimi",
    )
    assert read("\n".join(("oid,business_id,institution_code,name_fi,funded_years", *rows)), OrganisationRow) == [
        "line 2: oid: give an organisation OID such as 1.2.246.562.10.12345678901",
        "line 3: business_id: it isn't a business id: seven digits, a hyphen and the right check digit",
        "line 3: institution_code: give the institution code's 5 characters",
        "line 3: name_fi is empty",
        "line 4: name_fi: it holds a personal identity code or a learner OID",
        "line 5: funded_years: only a provider is funded, and a provider has a business id",
        "line 6: funded_years: give a year from 2000 to 2099, such as 2026",
        "line 7: funded_years: name every year once",
        "line 8: it has 4 cells, the header has 5",
    ]


@pytest.mark.parametrize(
    ("text", "refusals"),
    [
        ("", ["line 1: the header lacks the column oid", "line 1: the header lacks the column name_fi"]),
        ("oid,name_fi", ["line 1: there are no rows below the header: if the table is to be empty, say --empty"]),
        (
            f"oid;namn;name_fi\n{A};a;b",
            [
                "line 1: its cells are separated by semicolons: separate them by commas",
                f"line 1: the header has columns that there aren't: namn; those that there are: {COLUMNS}",
            ],
        ),
        (
            "oid,oid,name,131052-308T",
            [
                f"line 1: {OTHER_COLUMNS}: name, one of another form; those that there are: {COLUMNS}",
                "line 1: the header has a column twice",
                "line 1: the header lacks the column name_fi",
            ],
        ),
        (f'oid,name_fi\n{A},"two\nlines"\n', ["line 2: name_fi: give one line of at most 200 characters"]),
        (f'oid,name_fi\n{A},"a\n\n{B},b\n', ["line 2: its quotation marks don't fit together, or a cell is too long"]),
    ],
)
def test_a_file_of_another_form_is_refused(text: str, refusals: list[str]) -> None:
    assert sorted(read(text, OrganisationRow)) == sorted(refusals)


def test_other_encodings_and_endless_files_are_refused() -> None:
    latin = f"oid,name_fi\n{A},hyv\xe4\n".encode("latin-1")
    assert told(read_sheet(latin, OrganisationRow).refusals) == ["line 2: it isn't UTF-8"]
    (refusal,) = read_sheet(b" " * (MOST_BYTES + 1), OrganisationRow).refusals
    assert "larger" in refusal.reason


def test_an_organisation_and_a_business_id_stand_once_also_in_rows_that_are_wrong_otherwise() -> None:
    rows = (f"{A},a,0000001-9", f"{B},b,", f"{A},,", f"{C},131052-308T,0000001-9")
    sheet = read_sheet("\n".join(("oid,name_fi,business_id", *rows)).encode(), OrganisationRow)
    assert len(sheet.refusals) == 2
    assert told(judge_organisations(sheet, frozenset())) == [
        "line 4: the organisation stands in line 2 already",
        "line 5: the business id stands in line 2 already",
    ]


def test_a_chain_of_mergers_is_taken() -> None:
    assert mergers(f"{A},{B},2025-08-01", f"{B},{C},2026-01-01", f"{D},{C},2030-01-01") == []


def test_mergers_that_contradict_each_other_name_the_line_that_does() -> None:
    merged_twice = "is merged twice: keep one row and chain the later merger"
    no_day = "day: give a day of the years 2000 to 2099, such as 2026-01-01"
    assert mergers(
        f"{A},{A},2026-01-01",
        f"{A},{B},2026-01-01",
        f"{B},{C},2026-01-01",
        f"{C},{A},2026-01-01",
        f"{A},{D},2026-01-01",
        f"{D},{C},2026-02-30",
        f"{D},{C},26-1-1",
        f"{D},{C},0226-01-01",
        "",
        f"{B},,2026-01-01",
    ) == [
        f"line 2: {A} is merged with itself",
        f"line 5: mergers lead in a circle: {A} → {B} → {C} → {A}; remove one of them",
        f"line 6: {A} {merged_twice}",
        f"line 7: {no_day}",
        *(f"line {line}: {told}" for line in (8, 9) for told in (f"{D} {merged_twice}", no_day)),
        f"line 11: {B} {merged_twice}",
        "line 11: successor is empty",
    ]


def test_organisations_that_nobody_knows_are_named() -> None:
    unknown = "neither the organisation table nor the record knows"
    assert mergers(f"{A},{B},2026-01-01", known=frozenset({A})) == [f"line 2: {unknown} {B}"]
    assert inputs(f"2025,{A},1", known=frozenset()) == [f"line 2: {unknown} {A}"]


def test_a_table_of_mergers_has_an_end() -> None:
    rows = [f"1.2.246.562.99.{number},{A},2026-01-01" for number in range(20_000_000_000, 20_000_000_001 + MOST_ROWS)]
    assert mergers(*rows) == [f"line {MOST_ROWS + 2}: a table of more than 2000 mergers isn't taken"]


def test_the_shares_of_every_year_sum_to_exactly_one() -> None:
    assert inputs(f"2025,{A},1/3", f"2025,{B},1/3", f"2025,{C},1/3", f"2026,{A},0.25", f"2026,{B},0.75") == []
    assert inputs(f"2025,{A},1", f"2026,{A},0.25", f"2026,{B},0.7", f"2027,{A},1/3") == [
        "line 3: the shares of 2026 sum to 0.95, not to 1",
        "line 5: the shares of 2027 sum to 1/3, not to 1",
    ]


def test_a_share_is_exact_and_of_one_provider_and_year_once() -> None:
    advice = "share: give an exact share from 0 to 1, such as 0.0125 or 1/80"
    assert inputs(
        f"2025,{A},0.5", f"2025,{A},0.5", *(f"{2026 + n},{B},{share}" for n, share in enumerate(("-1", "1.5", "5e-1")))
    ) == [
        "line 3: the provider's year stands in line 2 already",
        *(f"line {line}: {advice}" for line in range(4, 7)),
    ]


def test_a_sum_is_told_when_all_of_its_shares_could_be_read() -> None:
    known = frozenset({A, B})
    assert inputs(f"2025,{A},0.5", "2025,1.2.3,0.4", f"2026,{A},0.5", f"2026,{B},1/0", known=known) == [
        "line 2: the shares of 2025 sum to 0.9, not to 1",
        "line 3: provider: give an organisation OID such as 1.2.246.562.10.12345678901",
        "line 5: share: give an exact share from 0 to 1, such as 0.0125 or 1/80",
    ]
    assert inputs(f"2025,{A},0.5", f"25,{B},0.5") == [
        "line 3: funding_year: give a year from 2000 to 2099, such as 2026"
    ]


def test_a_share_is_kept_in_lowest_terms() -> None:
    row = FundingInputRow(funding_year="2025", provider=A, share="0.50")  # type: ignore[arg-type]
    assert row.share == Fraction(1, 2)
    assert row.cells() == (2025, A, "1/2")


def test_the_digest_is_of_the_content_and_not_of_its_order() -> None:
    one = MergerRow(provider=A, successor=B, day="2026-01-01")  # type: ignore[arg-type]
    two = MergerRow(provider=B, successor=C, day="2026-01-01")  # type: ignore[arg-type]
    later = MergerRow(provider=B, successor=C, day="2026-01-02")  # type: ignore[arg-type]
    assert one.day == date(2026, 1, 1)
    assert digest_of([one, two]) == digest_of([two, one])
    assert digest_of([one, two]) != digest_of([one, later])
