"""Reporting's OpenAPI document tells the truth about its tables and parameters."""

import json
import re
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from builders.states import MODELS
from jsonschema import Draft202012Validator, ValidationError
from pydantic import BaseModel

from schemas.documents import rules, tables
from schemas.documents.files import documents
from schemas.national.rules.figures import Totals
from schemas.national.surveys import SURVEY_KINDS
from services.reporting import (
    explanation,
    figures,
    funding,
    funding_query,
    funding_table,
    paging,
    query,
    questions,
    records,
    rule_answers,
)
from services.reporting.lookup import MOST_ITEMS, EventName, RequestName
from services.reporting.structure import AS_WAS
from services.reporting.table import Table, json_body

DOCUMENT = json.loads(documents()["reporting-openapi.json"])
PROVIDER = "1.2.246.562.10.10000000001"
OTHER = "1.2.246.562.10.10000000002"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
RULES = MODELS.newest.rules
DAY, OLD = "2025-08-31", "2018-06-30"
STUDENTS = [("survey", "start"), ("period", "2025-2026")]
WORKPLACE = [("survey", "workplace"), ("period", "2025-2026")]
WORKED = {
    "periods": [
        {"work_period_start": "2025-04-12", "work_period_end": "2025-04-20", "part_time_percentage": 100},
        {
            "work_period_start": "2025-04-15",
            "work_period_end": "2025-04-22",
            "interruptions": [{"start": "2025-04-16"}],
        },
    ]
}
TIMES: dict[str, Any] = {"exclusion": None, "background_at_us": 1_767_225_600_000_000, "response_at_us": None}


def hold(name: str, table: Table) -> None:
    """A real answer is what the document says of this table."""
    raw = json_body(table, as_of="2026-01-01T00:00:00.000000Z", model="2025.1", next_token=None)
    component = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    Draft202012Validator(component).validate(json.loads(raw))


def columns(model: type[BaseModel]) -> tuple[str, ...]:
    """The members that every row has: all but the keys of a group."""
    return tuple(name for name, field in model.model_fields.items() if field.is_required())


@pytest.mark.parametrize(
    ("model", "of_service"),
    [
        (tables.FiguresRow, figures.COLUMNS),
        (tables.QuestionRow, questions.QUESTION_COLUMNS),
        (tables.ChoiceRow, questions.CHOICE_COLUMNS),
        (tables.FundingRow, ("provider", *funding_table.COLUMNS)),
        (tables.ExplanationRow, explanation.COLUMNS),
        (rules.WindowRow, rule_answers.WINDOW_COLUMNS),
        (rules.BusinessIdRow, rule_answers.BUSINESS_ID_COLUMNS),
        (rules.AttributionRow, rule_answers.ATTRIBUTION_COLUMNS),
        (rules.CoefficientRow, rule_answers.COEFFICIENT_COLUMNS),
        (rules.DurationRow, rule_answers.DURATION_COLUMNS),
        (tables.EventRow, records.EVENT_COLUMNS),
        (tables.RequestRow, records.REQUEST_COLUMNS),
        (tables.UncountedRow, records.UNCOUNTED_COLUMNS),
        (tables.QuarantineRow, records.QUARANTINE_COLUMNS),
        (tables.BooksRow, records.BOOK_COLUMNS),
    ],
)
def test_a_row_has_the_columns_of_the_service(model: type[BaseModel], of_service: tuple[str, ...]) -> None:
    assert columns(model) == of_service
    assert set(DOCUMENT["components"]["schemas"][model.__name__]["required"]) == set(of_service)


def test_rows_are_grouped_by_the_keys_of_the_service() -> None:
    assert tuple(tables.GroupRow.model_fields) == query.KEYS


@pytest.mark.parametrize("counts", [(10, 6, 300, 180), (10, 3, 300, 20), (0, 0, 0, 0)])
@pytest.mark.parametrize("kind", ["start", "workplace_instructor", "workplace"])
def test_figures_are_what_the_document_says(kind: Any, counts: tuple[int, int, int, int]) -> None:
    totals = Totals(*counts, points=720)
    groups = [
        figures.Group((PROVIDER, "2025-08", "", "", ""), (figures.Part(PROVIDER, False, totals),)),
        figures.Group((PROVIDER, "2025-08", PROVIDER, PROVIDER, "351301"), (figures.Part(PROVIDER, False, totals),)),
    ]
    applied = figures.coefficients(kind, "2025-2026", groups[:1], RULES)
    hold("FiguresTable", figures.figure_table(kind, query.KEYS, groups, applied, period="2024-2025", rules=RULES))
    hold("FiguresTable", figures.count_table(kind, query.KEYS, groups, period="2024-2025", rules=RULES))
    hold("FiguresTable", figures.count_table(kind, (), groups, period="2024-2025", rules=RULES))


@pytest.mark.parametrize("counts_only", [True, False])
@pytest.mark.parametrize("kind", ["start", "workplace_instructor", "workplace"])
@pytest.mark.parametrize("copied", [True, False])
def test_explanations_are_what_the_document_says(kind: Any, counts_only: bool, copied: bool) -> None:
    asked = query.ExplainQuery(kind, "2025-2026", PROVIDER, "as_was")
    totals = Totals(10, 3, 300, 20, Fraction(720))
    for group in (None, figures.Group((PROVIDER, "", "", "", ""), (figures.Part(PROVIDER, copied, totals),))):
        for ever_posted in (True, False):
            table = explanation.explanation(
                asked, group, AS_WAS, MODELS, {}, ever_posted=ever_posted, counts_only=counts_only
            )
            hold("ExplanationTable", table)


@pytest.mark.parametrize(
    ("table", "answer"),
    [
        ("WindowTable", rule_answers.window([("trigger_date", "2025-01-01"), ("issued", "2025-09-01")], RULES)),
        ("BusinessIdTable", rule_answers.business_id([("business_id", "x")])),
        ("AttributionTable", rule_answers.attribution([("survey", "workplace"), ("work_period_end", DAY)], RULES)),
        ("AttributionTable", rule_answers.attribution([("survey", "workplace"), ("work_period_end", OLD)], RULES)),
        ("CoefficientTable", rule_answers.coefficient([*STUDENTS, ("targets", "10"), ("respondents", "3")], RULES)),
        ("CoefficientTable", rule_answers.coefficient([*STUDENTS, ("targets", "9"), ("respondents", "0")], RULES)),
        (
            "CoefficientTable",
            rule_answers.coefficient([*WORKPLACE, ("target_days", "9"), ("respondent_days", "2")], RULES),
        ),
        ("DurationTable", rule_answers.durations(json.dumps(WORKED).encode(), RULES)),
    ],
)
def test_rules_are_what_the_document_says(table: str, answer: Any) -> None:
    assert isinstance(answer, Table)
    hold(table, answer)


def test_the_question_about_durations_is_what_the_document_says() -> None:
    question = {"$ref": "#/components/schemas/DurationQuestion", "components": DOCUMENT["components"]}
    Draft202012Validator(question).validate(WORKED)
    asked = DOCUMENT["components"]["schemas"]["DurationQuestion"]["properties"]["periods"]
    assert asked["maxItems"] == rule_answers.MOST_PERIODS
    assert set(rules.DurationQuestion.model_json_schema()["$defs"]["AskedPeriod"]["properties"]) == set(
        rule_answers.AskedPeriod.__struct_fields__
    )


def test_answers_are_what_the_document_says() -> None:
    questionnaire = MODELS.questionnaire("workplace_instructor-2025")
    assert questionnaire is not None
    histogram = questions.Histogram(questionnaire.number, dict.fromkeys(range(40), (6, 90)))
    groups = [questions.AnsweredGroup(("", "2025-10", "", "", ""), (histogram,))]
    hold("QuestionTable", questions.question_table("workplace_instructor", ("month",), groups, MODELS))
    hold("QuestionTable", questions.question_table("start", ("month",), groups, MODELS))
    hold("ChoiceTable", questions.choice_table(("month",), groups, MODELS))


@pytest.mark.parametrize("by_month", [False, True])
def test_funding_is_what_the_document_says(by_month: bool) -> None:
    month = date(2025, 8, 1) if by_month else None
    totals = [Totals(10, 6, 300, 180, Fraction(720)), Totals(2, 1, 0, 0, Fraction(4))]
    sums = [
        funding.Sums(provider, month, kind, copied=False, totals=of)
        for provider, of in zip((PROVIDER, OTHER), totals, strict=True)
        for kind in SURVEY_KINDS
    ]
    for funded, before in (({}, {PROVIDER: Fraction(1)}), ({PROVIDER: [2026]}, {})):
        inputs = funding.inputs_of(2026, funded_years=funded, before=before, successors={}, rules=RULES)
        one = funding.funding_set("actual", sums, period="2024-2025", successors={}, inputs=inputs, rules=RULES)
        assert isinstance(one, funding.FundingSet)
        for withheld in (frozenset[Any](), frozenset[Any]({(PROVIDER, "start")})):
            found = funding_table.lines([one], None, withheld)
            hold("FundingTable", funding_table.funding_table(found, by_month=by_month, funded=inputs.funded))


def test_looked_up_events_are_what_the_document_says() -> None:
    name = EventName(PROVIDER, "/source", "e-1")
    row = {"state": "applied", "reason": None, "receipt": "7-104233", "received_at": MOMENT}
    rejected = row | {"state": "rejected", "reason": "unknown_code"}
    impossible = EventName("", "", "")
    asked = [(name, row), (name, rejected), (name, None), (impossible, None)]
    hold("EventTable", records.looked_up_events(asked))


def test_requests_are_what_the_document_says() -> None:
    row = {"target": "counts", "response": "no_response", **TIMES}
    excluded = row | {"target": "excluded", "response": "excluded", "exclusion": "sent_too_late"}
    name = RequestName(PROVIDER, "r-1")
    hold("RequestTable", records.looked_up_requests([(name, row), (name, excluded), (RequestName("", ""), None)]))
    waiting = {"subject": "r-1", "survey_kind": None, **TIMES, "target": "no_request", "response": "no_request"}
    hold("UncountedTable", records.uncounted_requests([waiting, waiting | {"survey_kind": "start"}]))


def test_quarantine_and_books_are_what_the_document_says() -> None:
    record = {
        "partition": 7,
        "log_offset": 104233,
        "provider": None,
        "reason": "conflict",
        "pointers": ["/time", "/id"],
        "event": "response.withdrawn",
    }
    hold("QuarantineTable", records.quarantine([record | {"received_at": MOMENT, "outcome": "standing"}]))
    hold("BooksTable", records.books([dict.fromkeys(records.BOOK_COLUMNS, 1) | {"provider": PROVIDER}]))


def test_the_check_of_tables_can_fail() -> None:
    with pytest.raises(ValidationError, match=r"-1"):
        hold("BooksTable", records.books([dict.fromkeys(records.BOOK_COLUMNS, -1)]))


@pytest.mark.parametrize(
    ("path", "parse"),
    [
        ("/v1/figures", lambda pairs: query.figures_query(pairs, first_period="2018-2019")),
        ("/v1/figures/questions", lambda pairs: query.figures_query(pairs, first_period="2018-2019")),
        ("/v1/figures/choices", lambda pairs: query.figures_query(pairs, first_period="2018-2019")),
        ("/v1/funding", lambda pairs: funding_query.funding_query(pairs, first_period="2018-2019")),
        ("/v1/figures/explain", lambda pairs: query.explain_query(pairs, first_period="2018-2019")),
        ("/v1/rules/window", lambda pairs: rule_answers.window(pairs, RULES)),
        ("/v1/rules/business-id", rule_answers.business_id),
        ("/v1/rules/attribution", lambda pairs: rule_answers.attribution(pairs, RULES)),
        ("/v1/rules/coefficient", lambda pairs: rule_answers.coefficient(pairs, RULES)),
        ("/v1/requests", query.requests_query),
        ("/v1/quarantine", query.quarantine_query),
        ("/v1/books", query.books_query),
    ],
)
def test_the_parameters_are_those_that_the_service_takes(path: str, parse: Any) -> None:
    """An unknown parameter is answered with the names of those that there are, a missing one by its own."""
    listed = DOCUMENT["paths"][path]["get"]["parameters"]
    documented = {parameter["name"]: parameter for parameter in listed if parameter.get("in") == "query"}
    answer = parse([("unheard_of", "")])
    assert isinstance(answer, query.BadQuery)
    unknown = next(problem for problem in answer.problems if problem.parameter == "unheard_of")
    assert set(unknown.detail.rpartition(": ")[2].split(", ")) == documented.keys()
    needed = {problem.parameter for problem in answer.problems} - {"unheard_of"}
    assert needed == {name for name, parameter in documented.items() if parameter.get("required")}


def test_the_limits_are_those_of_the_service() -> None:
    parameters = DOCUMENT["paths"]["/v1/figures"]["get"]["parameters"]
    (limit,) = [parameter["schema"] for parameter in parameters if parameter.get("name") == "limit"]
    assert limit == {
        "type": "integer",
        "minimum": paging.LEAST_LIMIT,
        "maximum": paging.MOST_LIMIT,
        "default": paging.USUAL_LIMIT,
    }
    lookup = DOCUMENT["components"]["schemas"]["LookupOfEvents"]["properties"]["events"]
    assert lookup["maxItems"] == MOST_ITEMS


def test_every_scope_that_a_path_asks_for_is_explained() -> None:
    told = DOCUMENT["components"]["securitySchemes"]["token"]["description"]
    asked = {
        scope
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        for scope in re.findall(r"`([a-z]+:[a-z]+|operations)`", operation.get("description", ""))
    }
    assert asked
    assert all(f"- `{scope}`:" in told for scope in asked)
