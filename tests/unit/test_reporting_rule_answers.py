"""The national rules as questions: the specification's worked examples, and every question that can't be answered."""

import json
from typing import Any

import pytest

from schemas.national.model import load_models
from services.reporting import rule_answers
from services.reporting.parameters import BadQuery
from services.reporting.rule_answers import BadBody
from services.reporting.table import Table

RULES = load_models().newest.rules
FULL_TIME = {"part_time_percentage": 100}


def row(answer: Table | BadQuery) -> dict[str, Any]:
    assert isinstance(answer, Table), answer
    (found,) = answer.rows
    return dict(zip(answer.columns, found, strict=True))


def wrong(answer: Table | BadQuery) -> list[str]:
    assert isinstance(answer, BadQuery), answer
    return [problem.parameter for problem in answer.problems]


def window(**parameters: str) -> Table | BadQuery:
    return rule_answers.window(parameters.items(), RULES)


def attribution(**parameters: str) -> Table | BadQuery:
    return rule_answers.attribution(parameters.items(), RULES)


def coefficient(**parameters: str) -> Table | BadQuery:
    return rule_answers.coefficient(({"survey": "start", "period": "2025-2026"} | parameters).items(), RULES)


def durations(*periods: Any) -> list[tuple[Any, ...]]:
    answer = rule_answers.durations(json.dumps({"periods": periods}).encode(), RULES)
    assert isinstance(answer, Table), answer
    return answer.rows


def period(start: str, end: str, **members: Any) -> dict[str, Any]:
    return {"work_period_start": start, "work_period_end": end} | members


@pytest.mark.parametrize(
    ("trigger", "issued", "window_of"),
    [
        ("2024-02-24", "2024-03-28", ("2024-03-28", "2024-04-23", None)),
        ("2024-04-26", "2024-04-01", ("2024-04-26", "2024-05-25", None)),
        ("2024-02-24", "2024-04-24", ("2024-04-24", "2024-04-23", "sent_too_late")),
    ],
)
def test_windows_are_those_of_the_model(trigger: str, issued: str, window_of: tuple[Any, ...]) -> None:
    assert tuple(row(window(trigger_date=trigger, issued=issued)).values()) == window_of


@pytest.mark.parametrize(
    "day", ["", "2024-02-30", "24-02-24", "2024-2-24", "1999-12-31", "2100-01-01", "9999-12-31", "٢٠٢٤-02-24"]
)
def test_a_day_that_is_none_is_told(day: str) -> None:
    assert wrong(window(trigger_date=day, issued="2024-03-28")) == ["trigger_date"]


def test_everything_wrong_with_a_question_is_told_at_once() -> None:
    assert wrong(window(issued="soon", colour="red")) == ["colour", "trigger_date", "issued"]
    assert wrong(rule_answers.business_id([])) == ["business_id"]
    assert wrong(attribution(survey="begin")) == ["survey"]
    assert wrong(coefficient(period="2017-2018", points="1e3")) == ["period", "points", "targets", "respondents"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("0000001-9", "valid"),
        ("0000001-8", "wrong_check_digit"),
        ("0000006-0", "wrong_check_digit"),  # the remainder is 1: no such id
        ("1-9", "wrong_form"),
        ("0000001-9\n", "wrong_form"),
        ("", "wrong_form"),
    ],
)
def test_a_business_id_is_judged_by_form_and_check_digit(text: str, verdict: str) -> None:
    assert row(rule_answers.business_id([("business_id", text)])) == {"verdict": verdict}


def test_a_student_is_placed_by_the_date_that_the_rule_names() -> None:
    old = row(attribution(survey="start", valid_from="2024-06-30", trigger_date="2024-06-01"))
    assert tuple(old.values()) == ("2024-06-30", "2024-06", "2023-2024", 2025, None)
    new = row(attribution(survey="completion_parts", valid_from="2024-09-01", trigger_date="2024-07-01"))
    assert tuple(new.values()) == ("2024-07-01", "2024-07", "2024-2025", 2026, None)
    both = row(attribution(survey="start", valid_from="2024-06-30", trigger_date="2024-07-01"))
    assert tuple(both.values()) == (None, None, None, None, "no_attribution_date")


def test_an_employer_is_placed_by_the_end_of_the_work_period() -> None:
    found = row(attribution(survey="workplace", work_period_end="2025-12-31"))
    assert (found["attribution_date"], found["period"], found["funding_year"]) == ("2025-12-31", "2025-2026", 2027)
    before = row(attribution(survey="workplace", work_period_end="2018-06-30"))
    assert before["reason"] == "no_attribution_date"


def test_dates_of_the_other_group_are_unknown() -> None:
    assert wrong(attribution(survey="workplace", trigger_date="2025-12-31")) == ["trigger_date", "work_period_end"]
    assert wrong(coefficient(survey="workplace_instructor", targets="1", target_days="1", respondent_days="1")) == [
        "targets"
    ]


@pytest.mark.parametrize(
    ("of_period", "respondents", "branch", "value"),
    [
        ("2018-2019", "80", "reciprocal", "5/4"),
        ("2018-2019", "79", "quadratic", "16039/12800"),
        ("2020-2021", "70", "reciprocal", "10/7"),
        ("2020-2021", "20", "constant", "857/350"),
        ("2025-2026", "60", "reciprocal", "5/3"),
        ("2025-2026", "50", "linear", "28/15"),
        ("2025-2026", "100", "reciprocal", "1"),
    ],
)
def test_the_coefficient_names_its_branch(of_period: str, respondents: str, branch: str, value: str) -> None:
    found = row(coefficient(period=of_period, targets="100", respondents=respondents))
    assert (found["coefficient_branch"], found["coefficient_exact"]) == (branch, value)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"survey": "workplace", "target_days": "10", "respondent_days": "5"}, "no_correction"),
        ({"survey": "workplace_instructor", "target_days": "0", "respondent_days": "0"}, "no_rate"),
        ({"survey": "workplace_instructor", "target_days": "9", "respondent_days": "0"}, None),
        ({"targets": "10", "respondents": "0"}, "no_rate"),
        ({"targets": "10", "respondents": "1"}, None),
    ],
)
def test_where_there_is_no_coefficient_a_reason_says_why(parameters: dict[str, str], reason: str | None) -> None:
    found = row(coefficient(**parameters))
    assert found["reason"] == reason
    assert (found["coefficient"] is None) == (reason is not None)


def test_points_are_weighted_exactly() -> None:
    merged = row(coefficient(targets="20", respondents="10", points="100"))
    assert (merged["weighted_points_exact"], merged["weighted_points"]) == ("560/3", "186.666666666666666667")
    days = row(coefficient(survey="workplace_instructor", target_days="4", respondent_days="2", points="112.5"))
    assert (days["coefficient"], days["weighted_points"]) == ("1.86666666666667", "210.000000000000000000")


def test_where_there_is_no_coefficient_it_is_null() -> None:
    nobody = row(coefficient(targets="10", respondents="0", points="0"))
    assert {name: value for name, value in nobody.items() if value is not None} == {"reason": "no_rate"}
    workplace = row(coefficient(survey="workplace", target_days="10", respondent_days="5", points="112.5"))
    assert {name: value for name, value in workplace.items() if value is not None} == {
        "weighted_points_exact": "225/2",
        "weighted_points": "112.500000000000000000",
        "reason": "no_correction",
    }
    silent = row(coefficient(survey="workplace_instructor", target_days="10", respondent_days="0"))
    assert silent["coefficient_exact"] == "43/15"


@pytest.mark.parametrize("count", ["-1", "1.0", "1e1", "", "9" * 13, "٣"])
def test_a_count_that_is_none_is_told(count: str) -> None:
    assert wrong(coefficient(targets=count, respondents="0")) == ["targets"]


def test_more_respondents_than_targets_are_told() -> None:
    assert wrong(coefficient(targets="1", respondents="2")) == ["respondents"]


def test_durations_are_those_of_the_model() -> None:
    a, b, c = (
        period(f"2025-04-{start}", f"2025-04-{end}", **FULL_TIME) for start, end in ((12, 20), (15, 22), (14, 18))
    )
    assert durations(a, b, c) == [
        ("29/6", "4.833333333333333333", 5),
        ("13/3", "4.333333333333333333", 4),
        ("11/6", "1.833333333333333333", 2),
    ]


def test_percentage_and_interruptions_enter_a_duration() -> None:
    broken = [{"start": "2025-04-11", "end": None}]
    assert durations(period("2025-04-01", "2025-04-20", part_time_percentage=45, interruptions=broken)) == [
        ("10", "10.000000000000000000", 5)
    ]
    assert durations(period("2025-04-01", "2025-04-20")) == [("20", "20.000000000000000000", 0)]
    assert durations(period("2023-04-01", "2023-04-20")) == [("20", "20.000000000000000000", 20)]
    assert durations() == []


def test_members_of_an_event_beside_those_are_ignored() -> None:
    assert durations(period("2025-04-01", "2025-04-02", **FULL_TIME, contract_type="apprenticeship"))[0][2] == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"", "The body"),
        (b"[]", "The body"),
        (b"{}", "The body"),
        (b"\xff", "The body"),
        (b"[" * 100_000, "The body"),
        ({"periods": [5]}, "/periods/0"),
        ({"periods": [period("2025-04-01", "2025-04-31")]}, "/periods/0/work_period_end"),
        (
            {"periods": [period("2025-04-01", "2025-04-02", interruptions=[{"start": 1}])]},
            "/periods/0/interruptions/0/start",
        ),
        ({"periods": [period("2025-04-01", "2025-04-02"), period("2025-04-02", "2025-04-01")]}, "/periods/1 ends"),
        ({"periods": [period("2020-01-01", "2025-01-01")]}, "/periods/0 ends"),
        ({"periods": [period("1999-12-31", "2000-01-01")]}, "/periods/0 lies"),
        (
            {
                "periods": [
                    period("2025-04-01", "2025-04-02", interruptions=[{"start": "2025-04-02", "end": "2025-04-01"}])
                ]
            },
            "/periods/0/interruptions/0 ends",
        ),
        ({"periods": [period("2025-04-01", "2025-04-02")] * 11}, "/periods has too many of them"),
        (
            {"periods": [period("2025-04-01", "2025-04-02", interruptions=[{"start": "2025-04-02"}] * 31)]},
            "/periods has too many interruptions",
        ),
    ],
)
def test_a_body_that_asks_nothing_is_told_where(body: Any, pointer: str) -> None:
    answer = rule_answers.durations(body if isinstance(body, bytes) else json.dumps(body).encode(), RULES)
    assert isinstance(answer, BadBody)
    assert answer.detail.startswith(pointer)
    assert "work_period_start" in answer.detail
