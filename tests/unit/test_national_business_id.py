"""Business ids (national model §3)."""

import pytest

from schemas.national.rules.business_id import is_business_id


@pytest.mark.parametrize("text", ["1234567-1", "0000000-0", "0000001-9", "7654321-2"])
def test_a_right_check_digit_is_accepted(text: str) -> None:
    weights = (7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(digit) for weight, digit in zip(weights, text[:7], strict=True))
    assert (total + int(text[8])) % 11 == 0
    assert is_business_id(text)


@pytest.mark.parametrize("wrong", [digit for digit in "0123456789" if digit != "1"])
def test_another_check_digit_is_refused(wrong: str) -> None:
    assert not is_business_id(f"1234567-{wrong}")


@pytest.mark.parametrize("digit", "0123456789")
def test_a_remainder_of_one_gives_no_id(digit: str) -> None:
    # 2 times the last digit 6 is 12, which leaves 1.
    assert not is_business_id(f"0000006-{digit}")


@pytest.mark.parametrize(
    "text", ["", "1234567", "12345671", "123456-1", "1234567-1\n", " 1234567-1", "١٢٣٤٥٦٧-1", "FI12345671"]
)
def test_another_form_is_refused(text: str) -> None:
    assert not is_business_id(text)
