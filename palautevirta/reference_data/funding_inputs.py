"""Shares of funding years that were decided outside this service, exact (national model §7, Transition). Pure."""

import re
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator

from palautevirta.reference_data.sheet import Cell, Oid, Refusal, Sheet, SheetRow, Year, refused, twice, unknown
from schemas.national.rules.rounding import decimal_text

_EXACT: Final = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40}|/[1-9][0-9]{0,39})?")


def _share(text: object) -> Fraction:
    if isinstance(text, str) and _EXACT.fullmatch(text) and (share := Fraction(text)) <= 1:
        return share
    raise refused("give an exact share from 0 to 1, such as 0.0125 or 1/80")


class FundingInputRow(SheetRow):
    """A provider's whole share of a funding year."""

    columns: ClassVar = ("funding_year", "provider", "share")
    key: ClassVar = ("funding_year", "provider")
    naming: ClassVar = ("provider",)

    funding_year: Year
    provider: Oid
    share: Annotated[Fraction, BeforeValidator(_share)]

    def cells(self) -> tuple[Cell, ...]:
        """The values of `columns`, in that order; the share as a fraction in lowest terms."""
        return (self.funding_year, self.provider, str(self.share))


def judge_funding_inputs(sheet: Sheet[FundingInputRow], known: frozenset[str]) -> Iterator[Refusal]:
    """What is wrong between rows that are right by themselves: a provider twice in a year, a year that isn't whole.

    A year's sum is told when the year of every line and every share of that year could be read: else it would be wrong
    for that reason.
    """
    yield from unknown(sheet, FundingInputRow, known)
    yield from twice(sheet, FundingInputRow.key, "the provider's year")
    if not sheet.whole or any("funding_year" not in cells for _, cells in sheet.cells):
        return
    shares: dict[int, list[Fraction | None]] = defaultdict(list)
    first: dict[int, int] = {}
    for line, cells in sheet.cells:
        shares[cells["funding_year"]].append(cells.get("share"))
        first.setdefault(cells["funding_year"], line)
    for year, of_year in shares.items():
        read = [share for share in of_year if share is not None]
        total = sum(read, Fraction(0))
        if len(read) == len(of_year) and total != 1:
            yield Refusal(first[year], f"the shares of {year} sum to {_sum_text(total)}, not to 1")


def _sum_text(total: Fraction) -> str:
    """The sum as an exact decimal where it has one of moderate length, else as a fraction."""
    for decimals in range(41):
        if (total * 10**decimals).denominator == 1:
            return decimal_text(total, decimals)
    return str(total)
