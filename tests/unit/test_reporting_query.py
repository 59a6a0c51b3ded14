from datetime import date

import pytest

from services.reporting.paging import token_of
from services.reporting.query import (
    BadQuery,
    BooksQuery,
    FiguresQuery,
    QuarantineQuery,
    RequestsQuery,
    books_query,
    figures_query,
    quarantine_query,
    requests_query,
)

A = "1.2.246.562.10.10000000001"
B = "1.2.246.562.10.10000000002"
NEEDED = {"survey": "start", "period": "2025-2026"}


def read(**parameters: str) -> FiguresQuery:
    query = figures_query((NEEDED | parameters).items(), first_period="2018-2019")
    assert isinstance(query, FiguresQuery), query
    return query


def wrong(pairs: list[tuple[str, str]]) -> list[str]:
    query = figures_query([*NEEDED.items(), *pairs], first_period="2018-2019")
    assert isinstance(query, BadQuery), query
    return [problem.parameter for problem in query.problems]


def test_without_filters_all_months_of_the_period_are_asked_for() -> None:
    query = read()
    assert (query.months[0], query.months[-1], len(query.months)) == (date(2025, 7, 1), date(2026, 6, 1), 12)
    assert (query.by, query.providers, query.institutions, query.after, query.limit) == ((), None, None, None, 1000)


def test_keys_come_in_the_order_of_rows_whatever_the_order_asked() -> None:
    assert read(by="qualification,month,provider").by == ("provider", "month", "qualification")


@pytest.mark.parametrize("key", ["institution", "site"])
def test_groups_by_institution_or_site_always_include_the_provider(key: str) -> None:
    assert read(by=key).by == ("provider", key)


def test_months_and_providers_need_no_requests() -> None:
    assert not read(by="provider,month", provider=A, month="2025-08").needs_requests


@pytest.mark.parametrize(
    ("parameters", "gives"),
    [
        ({"by": "provider"}, True),
        ({"by": "provider", "provider": A}, True),
        ({}, False),
        ({"by": "provider,month"}, False),
        ({"by": "provider", "month": "2025-08"}, False),
        ({"by": "provider", "qualification": "012345"}, False),
    ],
)
def test_providers_over_all_of_a_period_are_what_coefficients_come_from(
    parameters: dict[str, str], gives: bool
) -> None:
    assert read(**parameters).gives_provider_totals is gives


@pytest.mark.parametrize(
    "parameters",
    [{"by": "site"}, {"by": "qualification"}, {"institution": A}, {"site": A}, {"qualification": "012345"}],
)
def test_everything_finer_needs_requests(parameters: dict[str, str]) -> None:
    assert read(**parameters).needs_requests


def test_filters_are_lists() -> None:
    query = read(provider=f"{A},{B}", month="2026-01,2025-08,2026-01", qualification="012345", structure="latest")
    assert query.providers == query.asked_providers == frozenset({A, B})
    assert query.months == (date(2025, 8, 1), date(2026, 1, 1))
    assert query.qualifications == frozenset({"012345"})
    assert (query.structure, read().structure) == ("latest", "as_was")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("by", ""),
        ("by", "provider,"),
        ("by", "provider,colour"),
        ("provider", "1.2.246.562.24.10000000001"),
        ("provider", ""),
        ("institution", "351301"),
        ("site", "x"),
        ("qualification", "35130"),
        ("qualification", "٣٥١٣٠١"),
        ("month", "2025-06"),
        ("month", "2025-8"),
        ("month", "2025-13"),
        ("structure", "newest"),
        ("limit", "0"),
        ("limit", "10001"),
        ("limit", "-1"),
        ("limit", "٣"),
        ("limit", "9" * 30),
        ("next", "x"),
        ("next", token_of(("a",))),
        ("next", token_of(("a\x00", "", "", "", ""))),
        ("qualification", ",".join(["351301"] * 501)),
    ],
)
def test_a_value_of_another_form_is_told(name: str, value: str) -> None:
    assert wrong([(name, value)]) == [name]


@pytest.mark.parametrize("period", ["2025", "2025-2027", "2017-2018", "9999-10000", "٢٠٢٥-2026", "2025-2026\n", ""])
def test_a_period_is_two_years_with_rules(period: str) -> None:
    query = figures_query({"survey": "start", "period": period}.items(), first_period="2018-2019")
    assert isinstance(query, BadQuery)
    assert [problem.parameter for problem in query.problems] == ["period"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    query = figures_query(
        [("survey", "begin"), ("by", "school"), ("by", "month"), ("limit", "many"), ("Färg", "röd")],
        first_period="2018-2019",
    )
    assert isinstance(query, BadQuery)
    assert [problem.parameter for problem in query.problems] == ["by", "?", "survey", "period", "by", "limit"]
    told = " ".join(problem.detail for problem in query.problems)
    assert "completion_whole" in told
    assert not any(value in told for value in ("begin", "school", "many", "röd"))


def test_a_month_without_a_usable_period_is_not_blamed() -> None:
    query = figures_query([("survey", "start"), ("period", "2025"), ("month", "2025-08")], first_period="2018-2019")
    assert isinstance(query, BadQuery)
    assert [problem.parameter for problem in query.problems] == ["period"]


def test_a_page_begins_after_the_keys_of_its_token() -> None:
    keys = (A, "2025-08", "", "", "")
    assert read(next=token_of(keys), limit="10").after == keys


def test_the_list_of_requests_needs_its_provider() -> None:
    assert requests_query([("provider", A), ("reason", "excluded,withdrawn"), ("next", token_of(("r-1",)))]) == (
        RequestsQuery(A, frozenset({"excluded", "withdrawn"}), "r-1", 1000)
    )
    query = requests_query([("reason", "counts")])
    assert isinstance(query, BadQuery)
    assert [problem.parameter for problem in query.problems] == ["provider", "reason"]


def test_quarantine_is_paged_by_partition_log_and_offset() -> None:
    token = token_of(("3", "1", "41"))
    assert quarantine_query([("next", token), ("outcome", "standing")]) == QuarantineQuery(
        None, None, frozenset({"standing"}), (3, 1, 41), 1000
    )
    query = quarantine_query([("next", token_of(("3", "0", "x"))), ("outcome", "open"), ("reason", "No!")])
    assert isinstance(query, BadQuery)
    assert [problem.parameter for problem in query.problems] == ["reason", "outcome", "next"]


def test_books_are_asked_for_by_provider() -> None:
    assert books_query([("provider", A)]) == BooksQuery(frozenset({A}), None, 1000)
    assert isinstance(books_query([("provider", "x")]), BadQuery)
