"""The Finnish business id (Y-tunnus): seven digits, a hyphen and a check digit (national model §3)."""

import re

BUSINESS_ID_PATTERN = r"^[0-9]{7}-[0-9]$"
"""The form alone, for schemas; the check digit needs ``is_business_id``."""

_FORM = re.compile(r"[0-9]{7}-[0-9]", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2)
_MODULUS = 11


def is_business_id(text: str) -> bool:
    """Say whether ``text`` has the form and the right check digit."""
    if _FORM.fullmatch(text) is None:
        return False
    remainder = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=False)) % _MODULUS
    # A remainder of 1 would need the check digit 10, and such ids aren't given out.
    return remainder != 1 and int(text[-1]) == (_MODULUS - remainder) % _MODULUS
