"""Structure, publication, estimate and funding of the recount, on examples worked out by hand (§5, §7)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from recount.funding import bounded_shares, earned, whole_shares
from recount.population import Population
from recount.publication import is_out
from recount.structure import Merger, in_latest_structure, successor_of
from recount.targets import Target

DAY = date(2026, 4, 15)


def target(provider: str, survey: str, month: str, points: str | None = None, days: int | None = None) -> Target:
    """A target, with points a respondent."""
    one = Target(survey, provider, month, None, None, "351301", days)
    return one if points is None else replace(one, respondent=True, respondent_days=days or 0, points=Fraction(points))


def group(provider: str, survey: str, month: str, *, targets: int, respondents: int, points: int) -> list[Target]:
    """Students, of whom the first has all the points."""
    answered = [target(provider, survey, month, str(points if number == 0 else 0)) for number in range(respondents)]
    return answered + [target(provider, survey, month)] * (targets - respondents)


@pytest.mark.parametrize(
    ("as_of", "successors"),
    [
        (date(2019, 12, 31), "ABC"),
        (date(2020, 1, 1), "ACC"),
        (date(2021, 12, 31), "ACC"),
        (date(2022, 1, 1), "CCC"),
    ],
)
def test_mergers_are_followed_one_after_the_other_from_their_days_on(as_of: date, successors: str) -> None:
    mergers = [Merger("A", "B", date(2022, 1, 1)), Merger("B", "C", date(2020, 1, 1))]
    assert "".join(successor_of(provider, mergers, as_of) for provider in "ABC") == successors


def test_merged_providers_have_one_rate_and_one_coefficient() -> None:
    parts = group("A", "start", "2025-08", targets=10, respondents=9, points=90)
    parts += group("B", "start", "2025-09", targets=10, respondents=1, points=10)
    merged = Population(in_latest_structure(parts, [Merger("B", "A", date(2026, 1, 1))], DAY))
    (row,) = merged.figures("start", "2025-2026", ("provider",))
    assert (row["provider"], row["targets"], row["respondents"]) == ("A", 20, 10)
    assert (row["coefficient"], row["weighted_points"]) == ("1.866666666666666667", "186.666666666666666667")


@pytest.mark.parametrize(
    ("survey", "month", "published", "out"),
    [
        ("start", "2025-09", date(2025, 11, 30), False),
        ("start", "2025-09", date(2025, 12, 1), True),
        ("workplace_instructor", "2025-11", date(2026, 1, 31), False),
        ("workplace_instructor", "2025-11", date(2026, 2, 1), True),
        ("workplace", "2025-07", date(2026, 2, 28), False),
        ("workplace", "2025-12", date(2026, 3, 1), True),
        ("workplace", "2026-01", date(2026, 8, 31), False),
        ("workplace", "2026-06", date(2026, 9, 1), True),
    ],
)
def test_months_are_out_after_their_lag(survey: str, month: str, published: date, out: bool) -> None:
    assert is_out(survey, month, published) is out


def test_an_estimate_takes_each_month_that_is_not_out_from_the_year_before() -> None:
    own = [target("A", survey, month) for survey in ("start", "workplace") for month in ("2025-08", "2026-02")]
    before = [target("A", survey, month, "7") for survey in ("start", "workplace") for month in ("2024-08", "2025-02")]
    found = Population(own + before).estimate(DAY).targets
    assert [(one.survey, one.month, one.points) for one in found] == [
        ("start", "2025-08", 0),
        ("workplace", "2025-08", 0),
        ("start", "2026-02", 7),
        ("workplace", "2026-02", 7),
    ]
    assert [one.month for one in Population(own).out(DAY).targets] == ["2025-08", "2025-08"]


def test_weighted_points_of_whole_qualifications_count_threefold_in_the_funding_view_only() -> None:
    # Whole: r = 1/2, c = 28/15, 30 points: 56, threefold 168. Parts: r = 1, c = 1, 8 points: 8.
    parts = group("A", "completion_whole", "2025-08", targets=2, respondents=1, points=30)
    parts += group("A", "completion_parts", "2025-08", targets=1, respondents=1, points=8)
    parts += group("B", "completion_parts", "2025-09", targets=1, respondents=1, points=24)
    rows = Population(parts).funding(2027)
    assert rows == [
        {
            "provider": "A",
            "component": "completion",
            "points": "38.0000",
            "weighted_points": "176." + "0" * 18,
            "share": "0.88" + "0" * 16,
        },
        {
            "provider": "B",
            "component": "completion",
            "points": "24.0000",
            "weighted_points": "24." + "0" * 18,
            "share": "0.12" + "0" * 16,
        },
    ]
    (whole,) = Population(parts).figures("completion_whole", "2025-2026", ())
    assert whole["weighted_points"] == "56." + "0" * 18


def test_a_month_of_the_funding_view_has_the_coefficient_of_the_period() -> None:
    parts = group("A", "start", "2025-08", targets=4, respondents=2, points=10)
    parts += group("A", "start", "2025-09", targets=4, respondents=2, points=20)
    rows = earned(parts, 2027, by_month=True)
    assert [(one.month, one.weighted, one.share) for one in rows] == [
        ("2025-08", Fraction(56, 3), Fraction(1, 3)),
        ("2025-09", Fraction(112, 3), Fraction(2, 3)),
    ]


def test_nobody_answered_is_no_share_and_a_row_without_days_is_left_out() -> None:
    parts = [target("A", "start", "2025-08"), target("A", "workplace", "2025-08", "0", days=0)]
    parts.append(target("B", "workplace", "2025-08", "9", days=3))
    rows = earned(parts, 2027)
    assert [(one.provider, one.component, one.weighted, one.share) for one in rows] == [
        ("A", "start", None, None),
        ("B", "workplace", 9, 1),
    ]


def test_the_nations_sum_runs_over_the_funded() -> None:
    parts = [target(provider, "start", "2025-08", "5") for provider in "ABC"]
    shares = {one.provider: one.share for one in earned(parts, 2027, funded={"A", "B"})}
    assert shares == {"A": Fraction(1, 2), "B": Fraction(1, 2), "C": None}


def test_the_whole_share_weighs_the_components() -> None:
    parts = [target("A", "start", "2024-08", "5"), target("B", "completion_parts", "2024-08", "5")]
    # Of 0.02 the start survey moves an eighth and completion three eighths; nobody has the others.
    assert whole_shares(earned(parts, 2026), 2026) == {"A": Fraction(1, 8), "B": Fraction(3, 8)}


def exact(**shares: str) -> dict[str, Fraction]:
    return {provider: Fraction(share) for provider, share in shares.items()}


def test_bounded_shares_are_those_of_the_worked_example() -> None:
    found = bounded_shares(exact(A="0.70", B="0.29", C="0.01"), exact(A="0.5", B="0.3", C="0.2"), 2026)
    assert found == exact(A="0.525", B="0.285", C="0.19")


def test_no_factor_fits_when_the_bounds_forbid_it() -> None:
    assert bounded_shares(exact(A="1"), exact(A="1.25"), 2026) is None
    assert bounded_shares(exact(A="1"), exact(A="0.5"), 2026) is None
