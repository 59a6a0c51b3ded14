"""A receipt: what a collector gives for an accepted event, and what names its record in quarantine. Pure."""

import re
from typing import Final

Receipt = tuple[int, int]
"""Partition and offset."""

_RECEIPT: Final = re.compile(r"([0-9]{1,4})-([0-9]{1,18})", re.ASCII)


def read_receipt(text: str) -> Receipt | None:
    """The receipt that this text is, such as 7-1042; None when it is none."""
    match = _RECEIPT.fullmatch(text)
    return None if match is None else (int(match[1]), int(match[2]))
