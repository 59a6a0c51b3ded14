"""The form by which a person is recognised, at its edges (national model §3)."""

import pytest

from schemas.events.personal import holds_personal_identifier

CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
SEPARATORS = "-YXWVUABCDEF"


@pytest.mark.parametrize("separator", SEPARATORS + SEPARATORS.lower())
def test_every_separator_makes_a_personal_identity_code(separator: str) -> None:
    assert holds_personal_identifier(f"010190{separator}123A")


@pytest.mark.parametrize("check", CHECK_CHARACTERS + CHECK_CHARACTERS.lower())
def test_every_check_character_makes_one_and_none_is_computed(check: str) -> None:
    assert holds_personal_identifier(f"311299-000{check}")


@pytest.mark.parametrize("check", sorted(set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(CHECK_CHARACTERS)))
def test_a_letter_that_checks_nothing_makes_none(check: str) -> None:
    assert not holds_personal_identifier(f"311299-000{check}")


@pytest.mark.parametrize("text", ["000190-123A", "320190-123A", "990190-123A", "010090-123A", "011390-123A"])
def test_a_day_or_month_that_cannot_be_makes_none(text: str) -> None:
    assert not holds_personal_identifier(text)


@pytest.mark.parametrize("text", ["310290-123A", "300200A1234", "010100-0000"])
def test_a_day_that_this_month_does_not_have_makes_one_all_the_same(text: str) -> None:
    assert holds_personal_identifier(text)


@pytest.mark.parametrize("beside", ["-", ".", "_", ":", "~", "/"])
def test_signs_beside_it_do_not_hide_it(beside: str) -> None:
    assert holds_personal_identifier(f"a{beside}010190-123A{beside}a")


@pytest.mark.parametrize("text", ["1010190-123A", "x010190-123A", "010190-123A1", "010190-123Ax", "010190-12345"])
def test_a_letter_or_digit_beside_it_makes_it_something_else(text: str) -> None:
    assert not holds_personal_identifier(text)


@pytest.mark.parametrize(
    "text", ["010190123A", "010190+123A", "010190G123A", "010190--123A", "01.01.90-123A", "010190-12A"]
)
def test_another_form_makes_none(text: str) -> None:
    assert not holds_personal_identifier(text)


def test_the_second_of_two_codes_is_found_behind_one_that_is_none() -> None:
    assert holds_personal_identifier("990190-123A.010190-123A")


def test_digits_of_another_script_make_none() -> None:
    assert not holds_personal_identifier("０１0190-123A")


@pytest.mark.parametrize("node", ["24", "98", "198", "298"])
def test_a_learner_oid_of_every_node_is_found(node: str) -> None:
    assert holds_personal_identifier(f"request:1.2.246.562.{node}.12345678901-start")
    assert holds_personal_identifier(f"1.2.246.562.{node}.1")


@pytest.mark.parametrize(
    "text",
    [
        "1.2.246.562.10.10000000001",
        "1.2.246.562.99.10000000001",
        "1.2.246.562.199.10000000001",
        "1.2.246.562.24",
        "1.2.246.562.24.",
        "1.2.246.562.24.x",
        "1.2.246.562.240.1",
        "11.2.246.562.24.1",
        "0.1.2.246.562.24.1",
        "1x2x246x562x24x1",
    ],
)
def test_other_oids_are_nobodys(text: str) -> None:
    assert not holds_personal_identifier(text)


@pytest.mark.parametrize("text", ["", "r-1001", "https://student-system.example/feedback", "c0ffee-1"])
def test_ordinary_identifiers_are_nobodys(text: str) -> None:
    assert not holds_personal_identifier(text)
