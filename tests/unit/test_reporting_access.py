import pytest

from services.reporting.access import Denied, Grant, Resource, access, in_structure, scopes_of
from services.reporting.structure import AS_WAS, Structure

A = "1.2.246.562.10.10000000001"
B = "1.2.246.562.10.10000000002"
C = "1.2.246.562.10.10000000003"
D = "1.2.246.562.10.10000000004"
MERGED = Structure({A: C, B: C})


@pytest.mark.parametrize("resource", Resource)
@pytest.mark.parametrize("scopes", [set(), {"funding"}, {"figures"}, {"FIGURES:NATIONAL", ""}])
def test_what_no_scope_allows_is_denied(resource: Resource, scopes: set[str]) -> None:
    outcome = access(scopes, {A}, resource)
    assert isinstance(outcome, Denied)
    assert outcome.scope in scopes_of(resource)


@pytest.mark.parametrize("resource", Resource)
def test_a_provider_never_sees_another_one(resource: Resource) -> None:
    for asked in (None, {A}, {B}, {A, B}):
        outcome = access({"figures:read", "feedback:write", "figures:funding"}, {A}, resource, asked=asked)
        if isinstance(outcome, Grant):
            assert outcome.providers == frozenset({A})
            assert asked in (None, {A})
            assert (outcome.covers(A), outcome.covers(B)) == (True, False)


def test_a_token_without_organisations_sees_nobody_rather_than_everybody() -> None:
    outcome = access({"figures:read"}, set(), Resource.FIGURES)
    assert outcome == Grant(frozenset(), counts_only=True, own=frozenset())


def test_the_authority_sees_every_figure_of_everybody_and_of_whom_it_asks_for() -> None:
    assert access({"figures:national"}, set(), Resource.FIGURES) == Grant(None)
    assert access({"figures:national"}, set(), Resource.ANSWERS, asked={B}) == Grant(frozenset({B}))


def test_the_widest_scope_decides() -> None:
    assert access({"figures:read", "figures:national"}, {A}, Resource.FIGURES) == Grant(None)


def test_a_provider_sees_counts_but_no_answers() -> None:
    assert access({"figures:read"}, {A}, Resource.FIGURES) == Grant(
        frozenset({A}), counts_only=True, own=frozenset({A})
    )
    assert isinstance(access({"figures:read"}, {A}, Resource.ANSWERS), Denied)


def test_the_funding_scope_shows_own_funding_and_nothing_else() -> None:
    own = Grant(frozenset({A}), own=frozenset({A}))
    assert access({"figures:funding"}, {A}, Resource.FUNDING) == own
    assert isinstance(access({"figures:funding"}, {A}, Resource.FUNDING, asked={B}), Denied)
    assert access({"figures:national"}, set(), Resource.FUNDING) == Grant(None)
    for scope in ("figures:read", "feedback:write", "operations"):
        assert isinstance(access({scope}, {A}, Resource.FUNDING), Denied)
    for resource in set(Resource) - {Resource.FUNDING}:
        assert isinstance(access({"figures:funding"}, {A}, resource), Denied)


def test_operations_see_quarantine_and_books_of_all_but_no_figures_and_no_requests() -> None:
    for resource in (Resource.QUARANTINE, Resource.BOOKS):
        assert access({"operations"}, set(), resource) == Grant(None)
    for resource in (Resource.FIGURES, Resource.ANSWERS, Resource.REQUESTS, Resource.LOOKUP):
        assert isinstance(access({"operations"}, set(), resource), Denied)


def test_quarantine_is_for_the_authority_and_operations_alone() -> None:
    assert access({"figures:national"}, set(), Resource.QUARANTINE) == Grant(None)
    for scope in ("figures:read", "feedback:write"):
        assert isinstance(access({scope}, {A}, Resource.QUARANTINE), Denied)


def test_a_sender_sees_its_own_records() -> None:
    for resource in (Resource.BOOKS, Resource.REQUESTS, Resource.LOOKUP):
        assert access({"feedback:write"}, {A}, resource) == Grant(frozenset({A}), own=frozenset({A}))


def read(organisations: set[str], asked: set[str] | None, structure: Structure = MERGED) -> frozenset[str] | str | None:
    """Whose rows a token with figures:read may see in a structure, or the word on why not."""
    grant = access({"figures:read"}, organisations, Resource.FIGURES, asked=asked)
    assert isinstance(grant, Grant)
    found = in_structure(grant, structure, asked=asked)
    return found.detail if isinstance(found, Denied) else found.providers


def test_a_group_is_seen_by_a_token_that_names_all_who_are_merged_into_it() -> None:
    assert read({A, B, C}, None) == {A, B, C}
    assert read({A, B, C, D}, {C, D}) == {A, B, C, D}
    assert read({A, B, C}, {A}) == {A, B, C}, "whoever is asked for stands for all of its group"


@pytest.mark.parametrize("organisations", [{A}, {C}, {A, C}, {A, B}])
def test_a_group_is_hidden_from_a_token_that_names_only_a_part_of_it(organisations: set[str]) -> None:
    assert read(organisations, None) == frozenset()
    assert read(organisations | {D}, None) == {D}
    for asked in organisations:
        assert "structure=as_was" in str(read(organisations | {D}, {asked, D}))


def test_as_it_was_everybody_sees_its_own() -> None:
    assert read({A}, {A}, AS_WAS) == {A}
    assert read({A, D}, None, AS_WAS) == {A, D}


def test_the_authority_sees_whole_groups() -> None:
    everybody = access({"figures:national"}, set(), Resource.FIGURES)
    assert isinstance(everybody, Grant)
    assert in_structure(everybody, MERGED, asked=None) == Grant(None)
    one = access({"figures:national"}, set(), Resource.FIGURES, asked={A})
    assert isinstance(one, Grant)
    assert in_structure(one, MERGED, asked={A}) == Grant(frozenset({A, B, C}))
