import pytest

from services.reporting.paging import cut, keys_of, token_of


def test_a_token_gives_back_its_keys() -> None:
    keys = ("1.2.246.562.10.10000000001", "2025-08", "", "r:1~a_b", "")
    assert keys_of(token_of(keys), 5) == keys


@pytest.mark.parametrize(
    "token", ["", "%", "ä", "bnVsbA", token_of(("a",)), token_of(("a", "b\n")), token_of(("a", "x" * 129)), "WzEsMl0"]
)
def test_what_is_no_token_of_two_keys_is_none(token: str) -> None:
    assert keys_of(token, 2) is None


def test_a_full_page_has_a_next_only_when_more_was_found() -> None:
    assert cut(["a", "b"], 2, lambda row: (row,)) == (["a", "b"], None)
    assert cut(["a", "b", "c"], 2, lambda row: (row,)) == (["a", "b"], token_of(("b",)))
    assert cut([], 2, lambda row: (row,)) == ([], None)
