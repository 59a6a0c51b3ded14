"""Transition shares sum to one exactly and keep their bounds, whatever the shares."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from schemas.national.model import load_models
from schemas.national.parameters import Transition
from schemas.national.rules.funding import transition_shares

TRANSITIONS = load_models().newest.rules.transitions


def as_shares(weights: list[int]) -> dict[int, Fraction]:
    total = sum(weights)
    return {provider: Fraction(weight, total) for provider, weight in enumerate(weights)}


@given(
    st.lists(st.tuples(st.integers(1, 1000), st.integers(1, 1000)), min_size=1, max_size=30),
    st.integers(0, 3),
    st.sampled_from(TRANSITIONS),
)
def test_transition_shares_sum_to_one_and_one_factor_explains_those_between_the_bounds(
    pairs: list[tuple[int, int]], closed: int, rule: Transition
) -> None:
    computed = as_shares([now for now, _ in pairs])
    before = as_shares([earlier for _, earlier in pairs] + [1] * closed)
    found = transition_shares(computed, before, rule).shares
    assert sum(found.values()) == 1
    factors = set()
    for provider, share in found.items():
        low, high = rule.floor * before[provider], rule.cap * before[provider]
        assert low <= share <= high
        if low < share < high:
            factors.add(share / computed[provider])
    assert len(factors) <= 1
    if factors:
        (factor,) = factors
        for provider, share in found.items():
            asked = factor * computed.get(provider, Fraction(0))
            assert share == min(max(asked, rule.floor * before[provider]), rule.cap * before[provider])
