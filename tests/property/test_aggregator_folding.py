"""Any order of distinct events and any number of copies give the same state and the same figures (promise 3)."""

from collections.abc import Sequence
from datetime import date

from builders.events import PROVIDER, answers, cancelled, employer_background, recorded, student_background, withdrawn
from builders.events import submitted as submitted_event
from builders.states import KEYS, RULES, arrival
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aggregator.contribution import Contribution, Deltas, contribution
from services.aggregator.decode import Arrival
from services.aggregator.fold import Entered, RequestName, StoredRequest, first_of_each, fold, judge_arrivals
from services.aggregator.merge import RequestState, merge

PROVIDERS = {PROVIDER: 1}

TIMES = st.sampled_from(["2025-08-11T09:00:00+03:00", "2025-08-12T09:00:00+03:00", "2025-08-12T06:00:00Z"])
SUBJECTS = st.sampled_from(["r-1", "r-2"])
BACKGROUNDS = st.one_of(
    st.builds(
        student_background,
        survey_kind=st.sampled_from(["start", "completion_whole"]),
        exclusion=st.sampled_from([None, None, "interrupted"]),
        trigger_date=st.sampled_from(["2025-08-11", "2024-06-30", "2025-09-01"]),
        valid_from=st.sampled_from(["2025-08-11", "2025-08-16"]),
    ),
    st.builds(
        employer_background,
        apprenticeship_basis=st.sampled_from(["entrepreneur", "employment"]),
        duration_days=st.integers(0, 50),
        valid_from=st.just("2025-08-11"),
    ),
)
QUESTIONNAIRES = st.sampled_from(["start-2025", "start-2018"])


@st.composite
def events(draw: st.DrawFn) -> dict[str, object]:
    kind = draw(st.sampled_from(["recorded", "recorded", "submitted", "submitted", "cancelled", "withdrawn"]))
    attributes = {"time": draw(TIMES), "subject": draw(SUBJECTS)}
    match kind:
        case "recorded":
            return recorded(draw(BACKGROUNDS), **attributes)
        case "submitted":
            scores = draw(st.dictionaries(st.sampled_from(["start_01", "start_02"]), st.integers(1, 5), min_size=1))
            day = draw(st.sampled_from(["2025-08-12", "2025-08-20", "2026-01-01"]))
            return submitted_event(
                answers(**scores),
                questionnaire=draw(QUESTIONNAIRES),
                answered_at=f"{day}T12:00:00Z",
                **attributes,
            )
        case "cancelled":
            return cancelled(**attributes)
        case _:
            return withdrawn(**attributes)


ARRIVALS = st.lists(events().map(arrival), min_size=1, max_size=12)


def apply(batches: Sequence[Sequence[Arrival]]) -> tuple[dict[RequestName, StoredRequest], Deltas]:
    """Batches as the store would apply them: rows written, deltas added up."""
    rows: dict[RequestName, StoredRequest] = {}
    figures = Deltas(RULES)
    for batch in batches:
        changed, deltas = fold(batch, PROVIDERS, rows, RULES)
        for change in changed:
            rows[change.name] = StoredRequest(change.state, change.adds)
        for key, sums in deltas.months.items():
            total = figures.months.setdefault(key, [0] * 5)
            total[:] = map(sum, zip(total, sums, strict=True))
        for cell, (heads, days) in deltas.answers.items():
            held = figures.answers.setdefault(cell, ([0] * len(heads), [0] * len(days)))
            held[0][:] = map(sum, zip(held[0], heads, strict=True))
            held[1][:] = map(sum, zip(held[1], days, strict=True))
    return rows, figures


def without_zeros(figures: Deltas) -> tuple[object, object]:
    return (
        {key: tuple(sums) for key, sums in figures.months.items() if any(sums)},
        {key: (tuple(heads), tuple(days)) for key, (heads, days) in figures.answers.items() if any(heads)},
    )


@given(ARRIVALS, st.randoms(use_true_random=False), st.integers(1, 5))
@settings(max_examples=200)
def test_any_order_any_copies_and_any_batches_give_the_same_rows_and_figures(
    arrivals: list[Arrival], random: object, size: int
) -> None:
    shuffled = arrivals + arrivals[: len(arrivals) // 2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    rows, figures = apply([arrivals])
    other_rows, other_figures = apply([shuffled[at : at + size] for at in range(0, len(shuffled), size)])
    assert rows == other_rows
    assert without_zeros(figures) == without_zeros(other_figures)


@given(ARRIVALS)
@settings(max_examples=200)
def test_deltas_add_up_to_the_contributions_that_stand(arrivals: list[Arrival]) -> None:
    rows, figures = apply([[one] for one in arrivals])
    standing = Deltas(RULES)
    for (partition, provider, _), row in rows.items():
        standing.add(partition, provider, row.added, 1)
    assert without_zeros(figures) == without_zeros(standing)


@given(ARRIVALS)
def test_the_state_holds_the_greatest_event_of_each_register(arrivals: list[Arrival]) -> None:
    state = RequestState()
    for one in arrivals:
        state = merge(state, one.register)
    for register in (state.background, state.response):
        rivals = [one.register for one in arrivals if type(one.register) is type(register)]
        assert register == max(rivals, key=lambda rival: rival.stamp, default=None)


@given(ARRIVALS)
def test_no_answers_survive_a_standing_withdrawal(arrivals: list[Arrival]) -> None:
    rows, _ = apply([arrivals])
    for row in rows.values():
        if row.state.response is not None and row.state.response.withdrawn:
            assert row.state.response.answers is None
            assert row.added.answers is None


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12), st.integers(0, 12))
def test_verdicts_do_not_depend_on_where_the_batches_are_cut(names: list[tuple[int, int]], cut: int) -> None:
    """The first content under an id stands; its equals are duplicates and every other is a conflict."""
    log = [
        arrival(recorded(id=f"id-{number}", subject=f"r-{content}"), offset)
        for offset, (number, content) in enumerate(names)
    ]
    expected, first = [], {}
    for number, content in names:
        stands = first.setdefault(number, content)
        expected.append("conflict" if stands != content else "duplicate")
    for number in first:
        expected[[one for one, _ in names].index(number)] = "distinct"

    ledger: dict[object, Entered] = {}
    found: list[str] = []
    for batch in (log[:cut], log[cut:]):
        candidates = first_of_each(batch, PROVIDERS)
        entered = {name: ledger[name] for name in candidates if name in ledger}
        found += [verdict for _, verdict in judge_arrivals(batch, PROVIDERS, candidates, entered, KEYS)]
        for name, one in candidates.items():
            ledger.setdefault(name, Entered(one.digest, 1))
    assert found == expected


@given(ARRIVALS)
def test_a_contribution_without_a_month_is_empty(arrivals: list[Arrival]) -> None:
    rows, _ = apply([arrivals])
    for row in rows.values():
        added: Contribution = contribution(row.state, RULES)
        assert added == row.added
        numbers = (added.target_days, added.respondent_days, added.points)
        assert added.month is not None or numbers == (0, 0, 0)
        assert added.response == "counts" or (added.respondent_days, added.points, added.answers) == (0, 0, None)
        assert added.month is None or added.month >= date(2018, 7, 1)
