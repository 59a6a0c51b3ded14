"""Receipts as operators hand them in, and what they prove about the end of a log (national model §4, Books, 3). Pure.

A receipt names a partition and an offset, and no log: one of a log that was lost and one of the log that took its
place may read the same.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

Receipt = tuple[int, int]
"""Partition and offset."""

HIGHEST: Final = "collector_highest_receipt_offset"
"""The collector's metric of the highest receipt that it gave out, by partition; -1 before the first."""

_RECEIPT: Final = re.compile(r"([0-9]{1,4})-([0-9]{1,18})", re.ASCII)
_SAMPLE: Final = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)", re.ASCII)
_PARTITION: Final = re.compile(r'partition="([0-9]{1,4})"', re.ASCII)


class MalformedReceipt(Exception):
    """A line is no receipt, or one of a partition that there is none of."""


def receipt_of(text: str, partitions: Iterable[int]) -> Receipt:
    """One receipt of these partitions. Raises MalformedReceipt."""
    match = _RECEIPT.fullmatch(text)
    if match is None or int(match[1]) not in partitions:
        raise MalformedReceipt(f"{text!r} is no receipt of this service: write one PARTITION-OFFSET a line")
    return int(match[1]), int(match[2])


def highest_receipts(text: str, partitions: Iterable[int]) -> dict[int, int]:
    """The highest offset that was given out, by partition.

    Lines are receipts, or what collectors answer to /metrics, in any mixture. Raises MalformedReceipt.
    """
    known = frozenset(partitions)
    highest: dict[int, int] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        for partition, offset in _told_by(line, known):
            if offset >= 0:
                highest[partition] = max(offset, highest.get(partition, offset))
    return highest


def beyond_the_end(highest: Mapping[int, int], ends: Mapping[int, int]) -> list[dict[str, int]]:
    """The receipts that no log ending there can have given: its next offset is an end, so the last record is before."""
    return [
        {"partition": partition, "receipt": offset, "end": ends[partition]}
        for partition, offset in sorted(highest.items())
        if offset >= ends[partition]
    ]


def _told_by(line: str, partitions: frozenset[int]) -> Iterable[Receipt]:
    if line.startswith("#"):
        return []
    sample = _SAMPLE.fullmatch(line)
    if sample is None:
        return [receipt_of(word, partitions) for word in line.split()]
    name, labels, value = sample.groups()
    if name != HIGHEST:
        return []
    partition = _PARTITION.search(labels or "")
    if partition is None or int(partition[1]) not in partitions:
        raise MalformedReceipt(f"{line!r} is of no partition of this service")
    return [(int(partition[1]), int(float(value)))]
