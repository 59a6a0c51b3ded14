"""What an edition says of itself, and its rows as tables (national model §7). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final, Literal

from schemas.national.parameters import Rules
from schemas.national.rules.coefficient import Coefficient, coefficient_of_rate
from schemas.national.rules.lag import estimate_source
from schemas.national.rules.periods import months_of
from schemas.national.surveys import SURVEY_KINDS, SurveyKind
from services.reporting.records import Row, instant_or_null
from services.reporting.table import Table

EDITION_COLUMNS: Final = (
    "number", "period", "day", "status", "sets", "created_at", "complete_until", "model", "organisations_version",
    "mergers_version", "funding_inputs_version", "counted_by", "counted_otherwise", "digest",
)  # fmt: skip

SetName = Literal["actual", "estimate"]
ACTUAL: Final[SetName] = "actual"
ESTIMATE: Final[SetName] = "estimate"
SETS: Final[tuple[SetName, ...]] = (ACTUAL, ESTIMATE)
"""The rows of a period, and those that stand in for them while it runs: each row says of which set it is."""

ProviderKey = tuple[str, str, SurveyKind]
"""Set, provider in the structure, survey kind: what a coefficient belongs to."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A frozen publication. `day` is the one by which lag and structure were applied; `rules` are its own.

    `counted_by` are the numbers of the model versions whose rules had counted the requests when it was cut.
    """

    number: int
    period: str
    day: date
    draft: bool
    estimate: bool
    created_at: datetime
    complete_until: datetime | None
    model: str
    rules: Rules
    organisations_version: int
    mergers_version: int
    funding_inputs_version: int
    funding_inputs_digest: str
    counted_by: tuple[int, ...]
    counted_otherwise: int
    digest: str

    @property
    def sets(self) -> tuple[SetName, ...]:
        """The sets of rows that it has."""
        return SETS if self.estimate else SETS[:1]


def edition_of(row: Row) -> Edition:
    """An edition as its row says."""
    members: dict[str, Any] = dict(row)
    return Edition(
        day=members.pop("as_of"),
        rules=Rules.model_validate_json(members.pop("rules")),
        counted_by=tuple(members.pop("counted_by")),
        **members,
    )


def edition_table(editions: Sequence[Edition]) -> Table:
    """A row an edition."""
    return Table(
        EDITION_COLUMNS,
        [
            (
                edition.number,
                edition.period,
                edition.day.isoformat(),
                "draft" if edition.draft else "final",
                ",".join(edition.sets),
                instant_or_null(edition.created_at),
                instant_or_null(edition.complete_until),
                edition.model,
                edition.organisations_version,
                edition.mergers_version,
                edition.funding_inputs_version,
                ",".join(map(str, edition.counted_by)),
                edition.counted_otherwise,
                edition.digest,
            )
            for edition in editions
        ],
    )


def flagged(table: Table, of_set: str) -> Table:
    """The table with the set that its rows are of as the first column."""
    return Table(("set", *table.columns), [(of_set, *row) for row in table.rows])


def coefficient_of(row: Row, edition: Edition) -> Coefficient:
    """A frozen coefficient, exact: its value is the frozen one, whatever this release would compute."""
    computed = coefficient_of_rate(Fraction(row["rate"]), edition.period, table=edition.rules.coefficients)
    return replace(computed, value=Fraction(row["value"]))


def months_taken(edition: Edition) -> dict[tuple[str, SurveyKind, date], date]:
    """The months of each survey kind in each set, each with the month whose requests stand in it."""
    lag = edition.rules.publication_lag_of(edition.period)
    return {
        (of_set, kind, month): source
        for kind in SURVEY_KINDS
        for month in months_of(edition.period)
        for source in (estimate_source(kind, month, published=edition.day, lag=lag),)
        for of_set in edition.sets
        if of_set == ESTIMATE or source == month
    }
