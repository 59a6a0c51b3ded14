"""Which months a publication shows, and what stands for the others in an estimate (§7: Publication lag, Estimate)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from recount.targets import Target


def is_out(survey: str, month: str, published: date) -> bool:
    """Whether a publication of a day shows a month such as `2025-08` of a survey."""
    year, number = map(int, month.split("-"))
    if survey == "workplace":
        # July to December are out from 1 March, January to June from 1 September.
        return published >= (date(year + 1, 3, 1) if number >= 7 else date(year, 9, 1))
    months_since = (published.year - year) * 12 + published.month - number
    return months_since >= 3


def out_targets(targets: Iterable[Target], published: date) -> list[Target]:
    """The targets of the months that are out; an entrepreneur's copy is one of the workplace survey."""
    return [target for target in targets if is_out(target.survey, target.month, published)]


def estimated_targets(targets: Iterable[Target], published: date) -> list[Target]:
    """The targets of an estimate of the period that ends in the year of publication, all under its months.

    A month that is out is itself; for any other one stand the targets of the same month a year before.
    """
    months = [f"{published.year - 1}-{number:02}" for number in range(7, 13)]
    months += [f"{published.year}-{number:02}" for number in range(1, 7)]
    found = []
    for target in targets:
        for month in months:
            year, number = month.split("-")
            source = month if is_out(target.survey, month, published) else f"{int(year) - 1}-{number}"
            if target.month == source:
                found.append(replace(target, month=month))
    return found
