"""The recount itself, on the worked examples and the edges of the national model."""

import ast
import sys
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from builders.events import (
    PROVIDER,
    answers,
    cancelled,
    employer_background,
    recorded,
    student_background,
    submitted,
    withdrawn,
)

from recount.figures import coefficient_of_rate, figure_rows
from recount.instants import day_in_finland, instant_us, period_of
from recount.ledger import Arrival, Event, content_of, verdicts
from recount.report import Recount
from recount.requests import Request, requests_of
from recount.targets import Target, targets_of
from recount.writing import written, written_root

OTHER_PROVIDER = "1.2.246.562.10.10000000009"


def counted(*events: Event) -> Recount:
    return Recount(Arrival(0, offset, event) for offset, event in enumerate(events))


def request(*events: Event) -> Request:
    (only,) = requests_of(events).values()
    return only


def group(provider: str, *, targets: int, respondents: int, points: int) -> list[Target]:
    """Start targets of August 2025, of which the first respondent has all the points."""
    return [
        Target(
            survey="start",
            provider=provider,
            month="2025-08",
            institution=None,
            site=None,
            qualification="351301",
            days=None,
            respondent=number < respondents,
            points=Fraction(points if number == 0 else 0),
        )
        for number in range(targets)
    ]


def test_instants_are_cut_to_microseconds_and_days_are_those_of_finland() -> None:
    assert instant_us("2025-08-11T09:30:00.1234569+03:00") == instant_us("2025-08-11t06:30:00.123456z")
    assert day_in_finland("2025-01-31T22:00:00Z") == date(2025, 2, 1)
    assert day_in_finland("2025-08-31T20:59:59.999999Z") == date(2025, 8, 31)


def test_a_reporting_period_runs_from_july_to_june() -> None:
    assert (period_of("2025-06"), period_of("2025-07")) == ("2024-2025", "2025-2026")


def test_content_is_compared_by_value() -> None:
    data = student_background(competence_areas=["2", "1"])
    same = recorded(data, time="2025-08-11T06:30:00.0000001Z", id="other", source="/elsewhere")
    same["data"] = {**data, "competence_areas": ["1", "2", "1"], "exclusion": None}
    del same["data"]["site_oid"]
    assert content_of(recorded(data)) == content_of(same)
    first = submitted(answers(start_01=4.0, start_needs={"choices": ["place", "schedule"]}))
    second = submitted(answers(start_needs={"choices": ["schedule", "place", "place"]}, start_01=4))
    assert content_of(first) == content_of(second)
    assert content_of(first) != content_of(submitted(answers(start_01=4)))


@pytest.mark.parametrize("change", [{"subject": "r-2"}, {"time": "2025-08-11T09:30:01+03:00"}])
def test_another_subject_or_time_is_another_content(change: dict[str, Any]) -> None:
    assert content_of(recorded()) != content_of(recorded(**change))


def test_the_first_in_the_log_stands_and_every_other_content_is_a_conflict() -> None:
    first, other = recorded(id="1"), recorded(id="1", subject="r-2")
    arrivals = [Arrival(0, offset, event) for offset, event in ((5, other), (3, first), (7, first), (9, other))]
    assert [verdict for _, verdict in verdicts(arrivals)] == ["distinct", "conflict", "duplicate", "conflict"]


def test_the_same_id_of_another_provider_or_source_is_another_event() -> None:
    events = [recorded(id="1"), recorded(id="1", source="/b"), recorded(id="1", providerid=OTHER_PROVIDER)]
    assert {verdict for _, verdict in verdicts(Arrival(0, n, one) for n, one in enumerate(events))} == {"distinct"}


def test_the_greatest_time_then_rank_then_key_holds_a_register() -> None:
    old, new = recorded(id="a", time="2025-08-11T09:30:00+03:00"), recorded(id="b", time="2025-08-11T06:30:00.000001Z")
    assert request(new, old).background is new
    error = cancelled(time=old["time"])
    assert request(error, old).background is error
    # SHA-256 of "/s", 0x1F and the id begins with f6 for "a", 0f for "b" and 9f for "c".
    tie = {name: recorded(source="/s", id=name) for name in ("b", "a", "c")}
    assert request(*tie.values()).background is tie["a"]


@pytest.mark.parametrize(
    ("events", "target", "response"),
    [
        ([recorded(), submitted()], "counts", "counts"),
        ([recorded()], "counts", "no_response"),
        ([submitted()], "no_request", "no_request"),
        ([withdrawn()], "no_request", "no_request"),
        ([recorded(), cancelled(time="2025-08-12T00:00:00Z"), submitted()], "cancelled", "cancelled"),
        ([recorded(student_background(exclusion="interrupted")), submitted()], "excluded", "excluded"),
        ([recorded(), submitted(), withdrawn()], "counts", "withdrawn"),
        ([recorded(), withdrawn(), submitted(time="2025-08-21T12:00:00Z")], "counts", "counts"),
        (
            [recorded(), submitted(answers(completion_01=3), questionnaire="completion-2025")],
            "counts",
            "other_questionnaire",
        ),
        ([recorded(), submitted(answered_at="2025-08-10T20:59:59Z")], "counts", "answered_before_window"),
        ([recorded(), submitted(answered_at="2025-08-10T21:00:00Z")], "counts", "counts"),
        ([recorded(), submitted(answered_at="2025-09-09T20:59:59Z")], "counts", "counts"),
        ([recorded(), submitted(answered_at="2025-09-09T21:00:00Z")], "counts", "answered_after_window"),
    ],
)
def test_each_request_says_the_first_reason_that_holds(events: list[Event], target: str, response: str) -> None:
    judged = request(*events)
    assert (judged.target_reason, judged.response_reason) == (target, response)


def test_a_rerecorded_request_counts_again_with_its_response() -> None:
    again = request(
        recorded(), submitted(), cancelled(time="2025-08-15T00:00:00Z"), recorded(time="2025-08-16T00:00:00Z")
    )
    assert again.response_reason == "counts"


@pytest.mark.parametrize(
    ("valid_from", "trigger", "month"),
    [
        ("2024-06-30", "2024-06-30", "2024-06"),
        ("2024-06-30", "2024-05-01", "2024-06"),
        ("2024-08-01", "2024-07-31", "2024-07"),
        ("2024-06-30", "2024-07-01", None),
        ("2024-07-01", "2024-06-30", None),
        ("2018-07-01", "2018-06-01", "2018-07"),
        ("2018-06-30", "2018-06-30", None),
    ],
)
def test_students_are_placed_by_valid_from_and_later_by_trigger_date(
    valid_from: str, trigger: str, month: str | None
) -> None:
    day = request(recorded(student_background(valid_from=valid_from, trigger_date=trigger))).attribution_date
    assert (None if day is None else day.strftime("%Y-%m")) == month


def test_employers_are_placed_by_the_end_of_the_work_period() -> None:
    assert request(recorded(employer_background(work_period_end="2025-09-30"))).attribution_date == date(2025, 9, 30)
    assert request(recorded(employer_background(work_period_end="2018-06-30"))).attribution_date is None


@pytest.mark.parametrize(
    ("period", "r", "c"),
    [
        ("2018-2019", "0.8", "5/4"),
        ("2018-2019", "0.4", "5/4"),
        ("2018-2019", "0", "1"),
        ("2020-2021", "0.7", "10/7"),
        ("2020-2021", "0.2", "857/350"),
        ("2023-2024", "0.5", "1607/875"),
        ("2024-2025", "0.6", "5/3"),
        ("2025-2026", "0.5", "28/15"),
        ("2025-2026", "0.9", "10/9"),
    ],
)
def test_the_coefficient_follows_the_table(period: str, r: str, c: str) -> None:
    assert coefficient_of_rate(period, Fraction(r)) == Fraction(c)


def test_the_coefficient_is_each_providers_own_and_rows_over_several_have_none() -> None:
    # §5: A with 9 of 10 and 90 points, B with 1 of 10 and 10 points come to 126.67 apart and to 186.67 as one.
    a, b = (
        group(PROVIDER, targets=10, respondents=9, points=90),
        group(OTHER_PROVIDER, targets=10, respondents=1, points=10),
    )
    (apart,) = figure_rows(a + b, "start", "2025-2026", (), {})
    assert (apart["coefficient"], apart["weighted_points"]) == (None, "126.666666666666666667")
    merged = a + group(PROVIDER, targets=10, respondents=1, points=10)
    (row,) = figure_rows(merged, "start", "2025-2026", (), {})
    assert (row["coefficient"], row["weighted_points"]) == ("1.866666666666666667", "186.666666666666666667")


def test_a_filter_does_not_change_the_coefficient() -> None:
    targets = group(PROVIDER, targets=10, respondents=5, points=9)
    (row,) = figure_rows(targets, "start", "2025-2026", ("qualification",), {"qualification": ["351301"]})
    assert row["coefficient"] == "1.866666666666666667"
    assert figure_rows(targets, "start", "2025-2026", (), {"qualification": ["000000"]}) == []


def test_without_respondents_students_have_no_coefficient_and_instructors_have() -> None:
    (students,) = counted(recorded()).figures("start", "2025-2026", ())
    assert (students["response_rate"], students["coefficient"], students["weighted_points"]) == (
        "0." + "0" * 18,
        None,
        None,
    )
    (instructors,) = counted(recorded(employer_background())).figures("workplace_instructor", "2025-2026", ())
    assert (instructors["coefficient"], instructors["weighted_points"]) == ("2.86666666666667", "0." + "0" * 18)


def entrepreneur(**members: Any) -> tuple[Event, Event]:
    background = employer_background(apprenticeship_basis="entrepreneur", duration_days=7, **members)
    response = submitted(
        answers(instructor_01=3, instructor_02=None, instructor_09=5),
        questionnaire="workplace_instructor-2025",
        answered_at="2025-11-03T12:00:00+02:00",
        time="2025-11-03T12:00:00+02:00",
    )
    return recorded(background), response


def test_an_entrepreneurs_request_also_counts_in_the_workplace_survey_with_nine_eighths_of_its_points() -> None:
    own, copy = targets_of(counted(*entrepreneur()).requests.values())
    assert (own.survey, own.points, own.respondent_days) == ("workplace_instructor", Fraction(21), 7)
    assert (copy.survey, copy.points, copy.respondent_days) == ("workplace", Fraction(189, 8), 7)
    report = counted(*entrepreneur())
    (row,) = report.figures("workplace", "2025-2026", ("month",))
    assert (row["month"], row["points"], row["coefficient"]) == ("2025-10", "23.6250", None)
    assert report.questions("workplace", "2025-2026", ()) == []
    assert report.questions("workplace_instructor", "2025-2026", ()) != []


def test_respondent_days_need_an_answer_to_a_funding_question_and_dont_know_is_one() -> None:
    def days(**given: Any) -> int:
        response = submitted(
            answers(**given), questionnaire="workplace_instructor-2025", answered_at="2025-11-03T12:00:00+02:00"
        )
        (target,) = targets_of([request(recorded(employer_background()), response)])
        assert target.respondent
        return target.respondent_days

    assert (days(instructor_02=None), days(instructor_09=5), days(instructor_nps={"nps": 3})) == (40, 0, 0)


def test_a_request_of_no_days_stays_a_target_and_respondent_by_heads() -> None:
    response = submitted(
        answers(instructor_01=5), questionnaire="workplace_instructor-2025", answered_at="2025-11-03T12:00:00+02:00"
    )
    (row,) = counted(recorded(employer_background(duration_days=0)), response).figures(
        "workplace_instructor", "2025-2026", ()
    )
    assert (row["targets"], row["respondents"], row["response_rate_days"], row["coefficient"]) == (1, 1, None, None)


def test_statistics_of_a_question() -> None:
    events: list[Event] = []
    for number, (score, nps) in enumerate([(1, 10), (2, 9), (5, 8), (None, 0), (4, 6)]):
        given = answers(start_02=score, start_nps={"nps": nps})
        events += [recorded(subject=f"r-{number}"), submitted(given, subject=f"r-{number}")]
    rows = {row["question"]: row for row in counted(*events).questions("start", "2025-2026", ())}
    row = rows["start_02"]
    assert (row["n"], row["dont_know"], row["mean"]) == (4, 1, "3.000000000000000000")
    assert row["sd"] == "1.581138830084189666"  # the root of 2.5
    assert [row[f"count_{value}"] for value in range(1, 6)] == [1, 1, 0, 1, 1]
    assert (row["mean_by_days"], row["sd_by_days"], row["nps"]) == (None, None, None)
    row = rows["start_nps"]
    assert (row["promoters"], row["passives"], row["detractors"], row["nps"]) == (2, 1, 2, "0.000000000000000000")
    four = {row["question"]: row for row in counted(*events[:-2]).questions("start", "2025-2026", ())}
    assert (four["start_nps"]["n"], four["start_nps"]["nps"]) == (4, None)
    assert (rows["start_01"]["n"], rows["start_01"]["mean"], rows["start_01"]["sd"]) == (0, None, None)


def test_choices_are_counted_by_code_and_one_given_twice_counts_once() -> None:
    given = answers(start_reason={"choice": "work"}, start_needs={"choices": ["place", "place", "none"]})
    report = counted(recorded(), submitted(given))
    chosen = {(row["question"], row["choice"]) for row in report.choices("start", "2025-2026", ()) if row["n"]}
    assert chosen == {("start_reason", "work"), ("start_needs", "place"), ("start_needs", "none")}
    rows = {row["question"]: row for row in report.questions("start", "2025-2026", ())}
    assert (rows["start_needs"]["n"], rows["start_reason"]["n"]) == (1, 1)


def test_the_books_balance_by_what_became_of_each_record() -> None:
    first, late = recorded(id="1"), submitted(id="2", subject="r-2")
    again = recorded(id="3", time="2025-08-12T09:30:00+03:00")
    (book,) = counted(first, first, {**first, "subject": "r-9"}, late, again).books()
    assert book == {
        "provider": PROVIDER,
        "records": 5,
        "standing": 2,
        "waiting": 1,
        "superseded": 1,
        "duplicate": 1,
        "conflict": 1,
        "rejected": 0,
    }


def test_looking_up_tells_what_stands() -> None:
    report = counted(recorded(id="old"), recorded(id="new", time="2025-08-12T09:30:00+03:00"))
    source = "https://student-system.example/feedback"
    assert report.event((PROVIDER, source, "old"))["state"] == "superseded"
    assert report.event((PROVIDER, source, "new"))["receipt"] == "0-1"
    assert report.event((PROVIDER, source, "never"))["state"] == "unknown"
    assert report.request(PROVIDER, "r-1001")["response"] == "no_response"
    assert report.request(OTHER_PROVIDER, "r-1001")["target"] == "no_request"
    assert [row["subject"] for row in report.uncounted(PROVIDER)] == ["r-1001"]


def test_numbers_are_written_half_up_and_away_from_zero() -> None:
    assert (written(Fraction(1, 8), 2), written(Fraction(-1, 8), 2), written(Fraction(2), 3)) == (
        "0.13",
        "-0.13",
        "2.000",
    )
    assert written(Fraction(2, 3), 29) == f"0.{'6' * 28}7"
    assert written(Fraction(10**20, 3), 18) == f"{'3' * 20}.{'3' * 18}"
    assert written(Fraction(-1, 1000), 2) == "0.00"
    assert (written(None, 4), written_root(Fraction(2), 6)) == (None, "1.414214")


def test_the_recount_imports_nothing_of_the_product() -> None:
    files = [file for file in Path(__file__).parent.glob("*.py") if not file.name.startswith("test_")]
    imported = {
        name
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert len(files) == 15
    assert {name.partition(".")[0] for name in imported} <= {*sys.stdlib_module_names, "recount"}
