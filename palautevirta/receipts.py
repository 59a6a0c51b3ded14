"""Receipts as operators hand them in, and what they prove about the end of a log (national model §4, Books, 3). Pure.

A receipt names a partition and an offset, and no log: one of a log that was lost and one of the log that took its
place may read the same.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from services.runtime.receipts import Receipt, read_receipt

HIGHEST: Final = "collector_highest_receipt_offset"
"""The collector's metric of the highest receipt that it gave out, by partition; -1 before the first."""

_SAMPLE: Final = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)", re.ASCII)
_PARTITION: Final = re.compile(r'partition="([0-9]{1,4})"', re.ASCII)


class MalformedReceipt(Exception):
    """A line is no receipt, or one of a partition that there is none of."""


def receipt_of(text: str, partitions: Iterable[int]) -> Receipt:
    """One receipt of these partitions. Raises MalformedReceipt."""
    receipt = read_receipt(text)
    if receipt is None or receipt[0] not in partitions:
        raise MalformedReceipt(f"{text!r} is no receipt of this service: write one PARTITION-OFFSET a line")
    return receipt


class Told(Struct, frozen=True):
    """What was given out, as the operator's file says it: receipts, and the highest ones that collectors name."""

    receipts: frozenset[Receipt]
    highest: frozenset[Receipt]


def told_receipts(text: str, partitions: Iterable[int]) -> Told:
    """All that was given out.

    Lines are receipts, or what collectors answer to /metrics, in any mixture. Raises MalformedReceipt, which names the
    line.
    """
    known = frozenset(partitions)
    receipts: set[Receipt] = set()
    highest: set[Receipt] = set()
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if not line or line.startswith("#"):
            continue
        sample = _SAMPLE.fullmatch(line)
        try:
            if sample is None:
                receipts.update(receipt_of(word, known) for word in line.split())
            elif sample[1] == HIGHEST:
                highest.add(_highest(line, sample, known))
        except MalformedReceipt as error:
            raise MalformedReceipt(f"line {number}: {error}") from error
    return Told(frozenset(receipts), frozenset((partition, offset) for partition, offset in highest if offset >= 0))


def beyond_the_end(told: Told, ends: Mapping[int, int]) -> list[dict[str, int | str]]:
    """The receipts that no log ending there can have given: its next offset is an end, so the last record is before.

    Each one that was handed in is named. Of a collector only the highest is known: those before it may be missing too.
    """
    rows: list[dict[str, int | str]] = []
    for partition, offset in sorted(told.receipts | told.highest):
        if offset >= ends[partition]:
            row: dict[str, int | str] = {"partition": partition, "receipt": offset, "end": ends[partition]}
            named = (partition, offset) in told.receipts
            rows.append(row if named else row | {"told_by": "a collector, as the highest that it gave out"})
    return rows


def _highest(line: str, sample: re.Match[str], partitions: frozenset[int]) -> Receipt:
    partition = _PARTITION.search(sample[2] or "")
    if partition is None or int(partition[1]) not in partitions:
        raise MalformedReceipt(f"{line!r} is of no partition of this service")
    try:
        return int(partition[1]), int(float(sample[3]))
    except (ValueError, OverflowError) as error:
        raise MalformedReceipt(f"{line!r} gives no offset of this service") from error
