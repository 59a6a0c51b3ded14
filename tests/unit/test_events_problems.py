import re

import pytest

from schemas.events.problems import DETAILS, ErrorCode, Problem


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_says_what_to_do(code: ErrorCode) -> None:
    detail = Problem(code, "/data").detail
    assert detail == DETAILS[code]
    assert len(detail) > 15
    assert not detail.endswith(".")


def test_no_code_has_the_words_of_another() -> None:
    assert len(set(DETAILS.values())) == len(ErrorCode) == len(DETAILS)


@pytest.mark.parametrize("code", ErrorCode)
def test_a_code_is_a_word_of_small_letters(code: ErrorCode) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", code.value)
    assert code.name == code.value.upper()
