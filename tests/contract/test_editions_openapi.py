"""The OpenAPI document tells the truth about the calls of editions."""

import json
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from builders.states import MODELS
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from schemas.documents import editions as documented
from schemas.documents.files import documents
from schemas.national.rules.figures import Totals
from services.reporting import edition_query, funding_table, national_calls
from services.reporting.difference import Difference, Frozen, Sum
from services.reporting.difference_table import DIFFERENCE_COLUMNS, InputChange, difference_table
from services.reporting.edition_funding import FrozenFunding, edition_funding_page, edition_funding_query
from services.reporting.editions import EDITION_COLUMNS, Edition, edition_table, flagged
from services.reporting.figures import COLUMNS, Group, Part, figure_table
from services.reporting.funding import NoCommonFactor
from services.reporting.funding_query import FundingQuery
from services.reporting.national_files import MEDIA_TYPES
from services.reporting.parameters import BadQuery
from services.reporting.questions import CHOICE_COLUMNS, QUESTION_COLUMNS
from services.reporting.table import Table, json_body

DOCUMENT = json.loads(documents()["reporting-openapi.json"])
PROVIDER = "1.2.246.562.10.10000000001"
RULES = MODELS.newest.rules
EDITION = Edition(
    1, "2024-2025", date(2025, 3, 15), False, True, datetime(2026, 1, 1, tzinfo=UTC), None, "2025.1", RULES, 1, 0,
    0, "", (1,), 0, "ab" * 32,
)  # fmt: skip


def hold(name: str, table: Table) -> None:
    """A real answer is what the document says of this table."""
    raw = json_body(table, as_of="2026-01-01T00:00:00.000000Z", model="2025.1", next_token=None, edition=1)
    component = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    Draft202012Validator(component).validate(json.loads(raw))


@pytest.mark.parametrize(
    ("model", "of_service"),
    [
        (documented.EditionRow, EDITION_COLUMNS),
        (documented.EditionFiguresRow, ("set", *COLUMNS)),
        (documented.EditionQuestionRow, ("set", *QUESTION_COLUMNS)),
        (documented.EditionChoiceRow, ("set", *CHOICE_COLUMNS)),
        (documented.EditionFundingRow, ("provider", *funding_table.COLUMNS)),
        (documented.DifferenceRow, DIFFERENCE_COLUMNS),
    ],
)
def test_a_row_has_the_columns_of_the_service(model: type[BaseModel], of_service: tuple[str, ...]) -> None:
    assert {name for name, field in model.model_fields.items() if field.is_required()} == set(of_service)


def test_tables_are_what_the_document_says() -> None:
    hold("EditionTable", edition_table([EDITION]))
    totals = Totals(10, 6, 0, 0, Fraction(720))
    groups = [Group((PROVIDER, "2024-08", "", "", ""), (Part(PROVIDER, False, totals),))]
    hold(
        "EditionFiguresTable",
        flagged(figure_table("start", ("provider",), groups, {}, period="2024-2025", rules=RULES), "estimate"),
    )
    frozen = Frozen("2024-2025", (Sum("actual", PROVIDER, date(2024, 8, 1), "start", False, totals),), {}, RULES)
    query = edition_funding_query([("by", "month")], EDITION)
    assert isinstance(query, FundingQuery)
    page = edition_funding_page(EDITION, FrozenFunding(frozen, {}, {}, {}), query)
    assert not isinstance(page, NoCommonFactor)
    table, token = page
    assert (len(table.rows), token) == (3, None)
    hold("EditionFundingTable", table)
    changes = Difference(frozen, Frozen("2024-2025", (), {}, RULES)).changes(("actual", PROVIDER), frozen.sums, ())
    table = difference_table([InputChange("day", "2025-03-15", "2025-04-15"), *changes], ("site",))
    assert len(table.rows) == 8
    hold("DifferenceTable", table)


@pytest.mark.parametrize(
    ("path", "parse"),
    [
        ("", lambda pairs: edition_query.editions_query(pairs, first_period="2018-2019")),
        ("/{number}/figures", lambda pairs: edition_query.edition_figures_query(pairs, EDITION)),
        ("/{number}/questions", lambda pairs: edition_query.edition_answers_query(pairs, EDITION)),
        ("/{number}/choices", lambda pairs: edition_query.edition_answers_query(pairs, EDITION)),
        ("/{number}/funding", lambda pairs: edition_funding_query(pairs, EDITION)),
        ("/{number}/difference/{other}", edition_query.difference_query),
        ("/{number}/national", national_calls.national_query),
    ],
)
def test_the_parameters_are_those_that_the_service_takes(path: str, parse: Any) -> None:
    listed = DOCUMENT["paths"][f"/v1/editions{path}"]["get"]["parameters"]
    known = {parameter["name"]: parameter for parameter in listed if parameter.get("in") == "query"}
    answer = parse([("unheard_of", "")])
    assert isinstance(answer, BadQuery)
    unknown = next(problem for problem in answer.problems if problem.parameter == "unheard_of")
    assert set(unknown.detail.rpartition(": ")[2].split(", ")) == known.keys()
    needed = {problem.parameter for problem in answer.problems} - {"unheard_of"}
    assert needed == {name for name, parameter in known.items() if parameter.get("required")}


def test_the_formats_of_the_export_are_those_of_the_service() -> None:
    call = DOCUMENT["paths"]["/v1/editions/{number}/national"]["get"]
    (formats,) = [one["schema"]["enum"] for one in call["parameters"] if one.get("name") == "format"]
    assert formats == list(MEDIA_TYPES)
    assert list(call["responses"]["200"]["content"]) == sorted(
        MEDIA_TYPES.values(), key=list(MEDIA_TYPES.values()).index
    )
