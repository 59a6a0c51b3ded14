"""What holds for every date, histogram and rate, against the standard library or a plain recount."""

import statistics
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from schemas.national.model import load_models
from schemas.national.rules.attribution import student_attribution_date
from schemas.national.rules.business_id import is_business_id
from schemas.national.rules.coefficient import coefficient
from schemas.national.rules.durations import Interruption, WorkPeriod, weighted_days
from schemas.national.rules.figures import Totals, mean, nps, nps_groups, variance
from schemas.national.rules.periods import add_months, first_day, helsinki_date, last_day, months_of, period_of
from schemas.national.rules.rounding import square_root_text
from schemas.national.rules.windows import student_window

RULES = load_models().newest.rules
HELSINKI = ZoneInfo("Europe/Helsinki")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DAYS = st.dates(min_value=date(2018, 1, 1), max_value=date(2040, 12, 31))
HISTOGRAMS = st.tuples(*[st.integers(0, 60)] * 5)
RATES = st.integers(1, 10_000).flatmap(lambda targets: st.builds(Fraction, st.integers(1, targets), st.just(targets)))
PERIODS = st.integers(2018, 2040).map(lambda year: f"{year}-{year + 1}")


@given(st.datetimes(min_value=datetime(2018, 1, 1), max_value=datetime(2040, 12, 31)))  # noqa: DTZ001 - made aware below
def test_an_instants_day_is_that_of_the_time_zone_database(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    instant_us = (aware - EPOCH) // timedelta(microseconds=1)
    assert helsinki_date(instant_us) == aware.astimezone(HELSINKI).date()


@given(DAYS)
def test_a_day_lies_in_its_period_and_in_one_of_its_months(day: date) -> None:
    period = period_of(day)
    assert first_day(period) <= day <= last_day(period)
    months = months_of(period)
    assert day.replace(day=1) in months
    assert add_months(months[0], 12) == last_day(period) + timedelta(days=1)


@given(DAYS, st.integers(-90, 90))
def test_a_window_never_exceeds_thirty_days_and_sixty_from_the_trigger(trigger: date, offset: int) -> None:
    issued = trigger + timedelta(days=offset)
    window = student_window(trigger_date=trigger, issued=issued, rule=RULES.window)
    assert window.valid_from == max(trigger, issued)
    assert (window.valid_to - window.valid_from).days < 30
    assert (window.valid_to - trigger).days < 60
    assert (window.valid_to < window.valid_from) == (offset >= 60)


@given(DAYS, DAYS)
def test_an_attribution_date_is_one_of_the_two_on_its_side_of_the_change(valid_from: date, trigger: date) -> None:
    day = student_attribution_date(valid_from=valid_from, trigger_date=trigger, rule=RULES.attribution)
    if day is None:
        return
    assert day >= date(2018, 7, 1)
    assert day == (valid_from if day <= date(2024, 6, 30) else trigger)


@given(HISTOGRAMS.filter(any))
def test_mean_and_deviation_are_those_of_the_answers_written_out(histogram: tuple[int, ...]) -> None:
    scores = [Fraction(score) for score, count in enumerate(histogram, start=1) for _ in range(count)]
    average, square = mean(histogram), variance(histogram)
    assert average is not None
    assert square is not None
    assert average == statistics.mean(scores)
    assert square == statistics.pvariance(scores)
    # pstdev gives a binary float: the deviation is at most 2, so its last place is 2^-52.
    tolerance = Fraction(4, 2**52)
    assert abs(Fraction(square_root_text(square, 18)) - Fraction(statistics.pstdev(scores))) <= tolerance


@given(HISTOGRAMS, st.integers(1, 1000))
def test_the_same_weight_for_everybody_changes_neither_mean_nor_deviation(
    histogram: tuple[int, ...], duration: int
) -> None:
    by_days = [count * duration for count in histogram]
    assert mean(by_days) == mean(histogram)
    assert variance(by_days) == variance(histogram)


@given(st.tuples(*[st.integers(0, 20)] * 11))
def test_nps_lies_between_the_extremes_and_is_null_below_five_answers(counts: tuple[int, ...]) -> None:
    value = nps(nps_groups(counts), least_answers=RULES.thresholds.nps_answers)
    assert (value is None) == (sum(counts) < 5)
    assert value is None or -100 <= value <= 100


@given(PERIODS, RATES, RATES)
def test_a_coefficient_is_at_least_one_and_weighted_points_rise_with_respondents(
    period: str, one: Fraction, other: Fraction
) -> None:
    low, high = sorted((one, other))
    values = []
    for rate in (low, high):
        totals = Totals(rate.denominator, rate.numerator, 0, 0, Fraction(0))
        applied = coefficient("start", period, totals, table=RULES.coefficients)
        assert applied is not None
        assert applied.value >= 1
        values.append(rate * applied.value)
    assert values[0] <= values[1] <= 1


@given(PERIODS, st.sampled_from([Fraction(4, 5), Fraction(7, 10), Fraction(3, 5), Fraction(1, 5)]))
def test_a_coefficient_does_not_jump_where_branches_meet(period: str, border: Fraction) -> None:
    step = Fraction(1, 10**9)
    values = []
    for rate in (border - step, border + step):
        totals = Totals(rate.denominator, rate.numerator, 0, 0, Fraction(0))
        applied = coefficient("start", period, totals, table=RULES.coefficients)
        assert applied is not None
        values.append(applied.value)
    # No branch is steeper than 1/r at the smallest border, 1/0.6² < 3; two steps lie between the rates.
    assert abs(values[0] - values[1]) <= 2 * 3 * step


@st.composite
def work_periods(draw: st.DrawFn) -> WorkPeriod:
    start = date(2024, 4, 1) + timedelta(days=draw(st.integers(0, 20)))
    end = start + timedelta(days=draw(st.integers(0, 20)))
    days = st.integers(0, 20).map(lambda offset: start + timedelta(days=offset))
    interruptions = draw(st.lists(st.builds(Interruption, days, st.none() | days), max_size=2))
    return WorkPeriod(start, end, tuple(interruptions))


@given(st.lists(work_periods(), min_size=1, max_size=4))
def test_a_learners_periods_share_out_exactly_the_days_on_which_any_runs(periods: list[WorkPeriod]) -> None:
    shared = sum(
        (weighted_days(period, [*periods[:index], *periods[index + 1 :]]) for index, period in enumerate(periods)),
        Fraction(0),
    )
    calendar = [date(2024, 4, 1) + timedelta(days=offset) for offset in range(60)]
    assert shared == sum(any(period.runs_on(day) for period in periods) for day in calendar)


@given(st.integers(0, 9_999_999))
def test_seven_digits_have_one_check_digit_or_none(number: int) -> None:
    valid = [digit for digit in range(10) if is_business_id(f"{number:07d}-{digit}")]
    assert len(valid) <= 1


@given(st.from_regex(r"[0-9]{7}-[0-9]", fullmatch=True).filter(is_business_id), st.integers(0, 6), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(text: str, place: int, change: int) -> None:
    digit = str((int(text[place]) + change) % 10)
    assert not is_business_id(text[:place] + digit + text[place + 1 :])
