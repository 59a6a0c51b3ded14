"""What must not change the figures: a provider split and merged again, answers withdrawn and given again."""

from datetime import date
from fractions import Fraction
from typing import Any

from builders.events import withdrawn
from builders.states import arrival
from hypothesis import given, settings
from hypothesis import strategies as st
from property.test_aggregator_folding import apply, events, without_zeros

from schemas.national.model import load_models
from schemas.national.rules.structure import Merger, check_mergers, latest_structure
from schemas.national.surveys import SURVEY_KINDS, SurveyKind
from services.reporting.figures import Group, Part, Totals, coefficients, figure_table

NATION = load_models().newest.rules
MERGED = latest_structure(
    check_mergers([Merger("A-2", "A-1", date(2024, 1, 1)), Merger("A-1", "A", date(2025, 1, 1))]), date(2025, 1, 1)
)

EVENTS = st.lists(events(), min_size=1, max_size=10)
TOTALS = st.builds(
    Totals,
    targets=st.integers(1, 50),
    respondents=st.integers(0, 50),
    target_days=st.integers(1, 900),
    respondent_days=st.integers(0, 900),
    points=st.integers(0, 5000).map(Fraction),
)


def figures(kind: SurveyKind, parts: list[tuple[str, Totals, bool]]) -> Any:
    mapped = tuple(Part(MERGED.get(provider, provider), copied, totals) for provider, totals, copied in parts)
    groups = [Group(("", "", "", "", ""), mapped)]
    return figure_table(
        kind, (), groups, coefficients(kind, "2025-2026", groups, NATION), period="2025-2026", rules=NATION
    )


@given(st.sampled_from(SURVEY_KINDS), st.lists(st.tuples(TOTALS, st.booleans()), min_size=3, max_size=3), TOTALS)
def test_a_provider_split_in_three_and_merged_again_has_its_figures(
    kind: SurveyKind, parts: list[tuple[Totals, bool]], other: Totals
) -> None:
    split = [(name, totals, copied) for name, (totals, copied) in zip(("A", "A-1", "A-2"), parts, strict=True)]
    whole = [("A", totals, copied) for _, totals, copied in split]
    stranger = ("B", other, False)
    assert figures(kind, [*split, stranger]) == figures(kind, [stranger, *reversed(whole)])


@given(EVENTS, st.data())
@settings(max_examples=100)
def test_answers_withdrawn_and_given_again_count_as_before(
    given_events: list[dict[str, Any]], data: st.DataObject
) -> None:
    again = list(given_events)
    answered = {one["subject"]: one for one in given_events if "response" in one["type"]}
    last = {
        subject: max(
            (one for one in given_events if one["subject"] == subject and "response" in one["type"]),
            key=lambda one: arrival(one).register.stamp,
        )
        for subject in answered
    }
    for subject, standing in last.items():
        if "submitted" in standing["type"]:
            again.append(withdrawn(subject=subject, time="2025-12-01T09:00:00Z"))
            again.append(standing | {"id": f"{standing['id']}-again", "time": "2025-12-02T09:00:00Z"})
    shuffled = data.draw(st.permutations(again))
    _, before = apply([[arrival(one) for one in given_events]])
    _, after = apply([[arrival(one) for one in shuffled]])
    assert without_zeros(before) == without_zeros(after)
