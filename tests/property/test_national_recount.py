"""The rules of structure, publication and funding against the naive recount, which shares no code with them."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recount.funding import COMPONENTS, Earned, bounded_shares, earned, whole_shares
from recount.population import Population
from recount.publication import is_out as recounted_out
from recount.structure import Merger as RecountedMerger
from recount.structure import successor_of
from recount.targets import Target

from schemas.national.model import load_models
from schemas.national.rules.coefficient import coefficient, weighted_points
from schemas.national.rules.figures import NO_TOTALS, Totals, sum_or_null
from schemas.national.rules.funding import (
    COMPONENT_OF,
    Component,
    TransitionError,
    funded_points,
    shares,
    transition_shares,
    whole_share,
)
from schemas.national.rules.lag import estimate_source, estimated_period, is_out
from schemas.national.rules.periods import funding_year, months_of, period_of
from schemas.national.rules.structure import Merger, check_mergers, latest_structure
from schemas.national.surveys import STUDENT_KINDS, SURVEY_KINDS, SurveyKind
from services.reporting.funding import Sums, component_rows

RULES = load_models().newest.rules
LAG = RULES.publication_lag_of("2024-2025")
PROVIDERS = "ABCD"
DAY = date(2026, 4, 15)

SHARES = st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 50), min_size=1)
FUNDED = st.none() | st.frozensets(st.sampled_from(PROVIDERS))
MONTHS = st.sampled_from(
    [month.strftime("%Y-%m") for year in (2023, 2024, 2025) for month in months_of(f"{year}-{year + 1}")]
)


@st.composite
def targets(draw: st.DrawFn) -> Target:
    survey = draw(st.sampled_from(SURVEY_KINDS))
    days = None if survey in STUDENT_KINDS else draw(st.integers(0, 90))
    respondent = draw(st.booleans())
    scored = draw(st.booleans()) and respondent
    weight = 1 if days is None else days
    return Target(
        survey=survey,
        provider=draw(st.sampled_from(PROVIDERS)),
        month=draw(MONTHS),
        institution=None,
        site=None,
        qualification="351301",
        days=days,
        respondent=respondent,
        respondent_days=(days or 0) if scored else 0,
        points=Fraction(draw(st.integers(1, 40)) * weight if scored else 0),
    )


@st.composite
def mergers(draw: st.DrawFn) -> list[tuple[str, str, date]]:
    """A provider goes only to a later one of an order, so that no chain is a circle."""
    order = draw(st.permutations(PROVIDERS))
    table = []
    for position, provider in enumerate(order[:-1]):
        if draw(st.booleans()):
            successor = draw(st.sampled_from(order[position + 1 :]))
            table.append((provider, successor, DAY + timedelta(days=draw(st.integers(-2, 2)))))
    return table


def totals(group: Sequence[Target]) -> Totals:
    return sum(
        (
            Totals(1, int(one.respondent), one.days or 0, one.respondent_days, one.points)
            for one in group
        ),
        NO_TOTALS,
    )  # fmt: skip


def funding(population: Sequence[Target], year: int) -> list[Earned]:
    """The funding view as the rules make it from totals of provider and survey kind."""
    period = f"{year - 2}-{year - 1}"
    of_period = [one for one in population if one.period == period]
    found = []
    for component in COMPONENTS:
        kinds = [kind for kind in SURVEY_KINDS if COMPONENT_OF[kind] == component]
        points, weighted = {}, {}
        for provider in sorted({one.provider for one in of_period if one.survey in kinds}):
            of_kind = {
                kind: totals([one for one in of_period if one.provider == provider and one.survey == kind])
                for kind in kinds
            }
            points[provider] = of_kind
            weighted[provider] = sum_or_null(
                funded_points(
                    kind,
                    weighted_points(kind, sums.points, coefficient(kind, period, sums, table=RULES.coefficients)),
                    factors=RULES.completion_factors_of("2024-2025"),
                )
                for kind, sums in of_kind.items()
                if sums.targets
            )
        of_nation = shares(weighted)
        for provider, of_kind in points.items():
            if component in ("workplace", "workplace_instructor") and not any(
                one.target_days for one in of_kind.values()
            ):
                continue
            sums = sum(of_kind.values(), NO_TOTALS)
            found.append(Earned(provider, component, None, sums.points, weighted[provider], of_nation[provider]))
    return found


@given(st.lists(targets(), max_size=40), st.sampled_from([2025, 2026, 2027]), mergers())
def test_points_weighted_points_and_shares_in_the_latest_structure(
    population: list[Target], year: int, table: list[tuple[str, str, date]]
) -> None:
    recounted = Population(population).latest([RecountedMerger(*row) for row in table], DAY).targets
    structure = latest_structure(check_mergers([Merger(*row) for row in table]), DAY)
    for provider in PROVIDERS:
        assert structure.get(provider, provider) == successor_of(
            provider, [RecountedMerger(*row) for row in table], DAY
        )
    assert funding(recounted, year) == earned(recounted, year)


@given(st.lists(targets(), max_size=40), st.sampled_from([2025, 2026, 2027]), mergers(), st.booleans(), FUNDED)
def test_the_funding_view(
    population: list[Target],
    year: int,
    table: list[tuple[str, str, date]],
    by_month: bool,
    funded: frozenset[str] | None,
) -> None:
    recounted = Population(population).latest([RecountedMerger(*row) for row in table], DAY).targets
    period = f"{year - 2}-{year - 1}"
    sums = [
        Sums(
            one.provider, date.fromisoformat(f"{one.month}-01") if by_month else None, one.survey, False, totals([one])
        )
        for one in population
        if one.period == period
    ]
    found = component_rows(
        sums,
        period=period,
        successors=latest_structure(check_mergers([Merger(*row) for row in table]), DAY),
        funded=funded,
        rules=RULES,
    )
    rows = [
        Earned(
            row.provider,
            row.component,
            f"{row.month:%Y-%m}" if row.month else None,
            row.totals.points,
            row.weighted_points,
            row.share,
        )
        for row in found
    ]
    expected = earned(recounted, year, by_month=by_month, funded=funded)
    assert rows == sorted(expected, key=lambda one: (one.provider, one.component, one.month or ""))


@given(st.lists(targets(), min_size=1, max_size=40))
def test_whole_shares(population: list[Target]) -> None:
    found = earned(population, 2026)
    (weights,) = [row for row in RULES.component_weights if row.funding_year == 2026]
    of: dict[str, dict[Component, Fraction | None]] = {}
    for one in funding(population, 2026):
        of.setdefault(one.provider, {})[one.component] = one.share  # type: ignore[index]
    assert {provider: whole_share(own, weights) for provider, own in of.items()} == whole_shares(found, 2026)


@given(SHARES, SHARES, st.sampled_from([2026, 2027, 2028]))
def test_bounded_shares(now: dict[str, int], then: dict[str, int], year: int) -> None:
    if not sum(now.values()) or not sum(then.values()):
        return
    computed = {one: Fraction(share, sum(now.values())) for one, share in now.items()}
    before = {one: Fraction(share, sum(then.values())) for one, share in then.items()}
    (rule,) = [row for row in RULES.transitions if row.funding_year == year]
    try:
        found = transition_shares(computed, before, rule).shares
    except TransitionError:
        found = None
    assert bounded_shares(computed, before, year) == found


@pytest.mark.parametrize("survey", SURVEY_KINDS)
def test_every_month_is_out_on_the_same_days(survey: SurveyKind) -> None:
    for day in (date(2024, 1, 1) + timedelta(days=number) for number in range(0, 1_100, 3)):
        for year in (2022, 2023, 2024, 2025):
            for month in months_of(f"{year}-{year + 1}"):
                expected = recounted_out(survey, month.strftime("%Y-%m"), day)
                assert is_out(survey, month, published=day, lag=LAG) is expected, (month, day)


@given(st.lists(targets(), max_size=40), st.dates(date(2024, 7, 1), date(2027, 6, 30)))
def test_an_estimate_is_made_of_the_same_months(population: list[Target], published: date) -> None:
    period = estimated_period(published)
    sources = {
        (kind, month.strftime("%Y-%m")): estimate_source(kind, month, published=published, lag=LAG).strftime("%Y-%m")
        for kind in SURVEY_KINDS
        for month in months_of(period)
    }
    expected = sorted(
        (kind, month, one.provider, one.points)
        for (kind, month), source in sources.items()
        for one in population
        if one.survey == kind and one.month == source
    )
    found = Population(population).estimate(published).targets
    assert sorted((one.survey, one.month, one.provider, one.points) for one in found) == expected
    assert {one.period for one in found} <= {period}


def test_a_period_decides_the_funding_of_the_year_after_its_last() -> None:
    assert [funding_year(period_of(date(year, 7, 1))) for year in (2024, 2025)] == [2026, 2027]
