"""Personal identifiers must never enter: the forms by which they are recognised (national model §3)."""

import re
from typing import Final

_PERSONAL_IDENTITY_CODE: Final = (
    r"(?<![0-9A-Z])(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}"
    r"[-YXWVUABCDEF][0-9]{3}[0-9ABCDEFHJKLMNPRSTUVWXY](?![0-9A-Z])"
)
_LEARNER_OID: Final = r"(?<![0-9.])1\.2\.246\.562\.(?:24|98|198|298)\.[0-9]"
_PERSONAL: Final = re.compile(f"{_PERSONAL_IDENTITY_CODE}|{_LEARNER_OID}", re.ASCII | re.IGNORECASE)
_LEARNER_ARC: Final = "1.2.246.562."
_SIX_DIGITS: Final = re.compile(r"[0-9]{6}")


def holds_personal_identifier(text: str) -> bool:
    """Whether the text holds a personal identity code (hetu) or a learner OID, by form; nothing is computed."""
    if _LEARNER_ARC not in text and _SIX_DIGITS.search(text) is None:
        return False  # Each form has one of the two; the whole expression costs four times as much.
    return _PERSONAL.search(text) is not None
