"""Where a page or an explanation names a section of the national model, the section is there to be read."""

import re
from pathlib import Path

import pytest

import schemas
from schemas.national.model import load_models
from schemas.national.rules.rounding import decimal_text

ROOT = Path(schemas.__file__).parents[1]
MODEL = ROOT / "docs" / "national-model.md"
PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if page != MODEL]
SECTION = re.compile("\N{SECTION SIGN}([0-9]+)")
HEADING = re.compile(r"^## ([0-9]+)\. ", re.MULTILINE)


def test_every_section_is_there() -> None:
    assert HEADING.findall(MODEL.read_text()) == [str(number) for number in range(1, 12)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_that_names_a_section_leads_to_it(page: Path) -> None:
    text = page.read_text()
    if named := set(SECTION.findall(text)):
        assert "](national-model.md)" in text
        assert named <= set(HEADING.findall(MODEL.read_text()))


def test_what_the_service_says_about_rules_names_sections_that_are_there() -> None:
    said = {section for file in (ROOT / "services").rglob("*.py") for section in SECTION.findall(file.read_text())}
    assert said
    assert said <= set(HEADING.findall(MODEL.read_text()))


def test_the_page_has_the_numbers_of_the_rules() -> None:
    text = MODEL.read_text()
    rules = load_models().newest.rules
    for weights in rules.component_weights:
        of = (weights.start, weights.completion, weights.workplace, weights.workplace_instructor)
        assert f"| {weights.funding_year} | {' | '.join(decimal_text(weight, 4) for weight in of)} | " in text
    for bounds in rules.transitions:
        ends = f" | {decimal_text(bounds.floor, 2)} | {decimal_text(bounds.cap, 2)} |"
        assert any(line.startswith(f"| {bounds.funding_year} |") and line.endswith(ends) for line in text.splitlines())
    periods = re.findall(r"^\| (20[0-9]{2}-20[0-9]{2})[^|]*\| r ", text, re.MULTILINE)
    assert periods == [row.from_period for row in rules.coefficients]
