"""All targets, and every table that can be made of them: as they are, in another structure, published or estimated."""

from collections.abc import Collection, Sequence
from datetime import date

from recount import answers, figures, funding, publication, structure
from recount.figures import Filters, Row
from recount.structure import Merger
from recount.targets import Target


class Population:
    """The targets that a table is made of."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self.targets = targets

    def latest(self, mergers: Sequence[Merger], as_of: date) -> "Population":
        """The same in the structure of a day."""
        return Population(structure.in_latest_structure(self.targets, mergers, as_of))

    def out(self, published: date) -> "Population":
        """What a publication of a day shows as it is."""
        return Population(publication.out_targets(self.targets, published))

    def estimate(self, published: date) -> "Population":
        """What stands in the estimate of a publication."""
        return Population(publication.estimated_targets(self.targets, published))

    def figures(self, survey: str, period: str, by: Sequence[str], filters: Filters | None = None) -> list[Row]:
        """The rows of `/v1/figures`."""
        return figures.figure_rows(self.targets, survey, period, by, filters or {})

    def questions(self, survey: str, period: str, by: Sequence[str], filters: Filters | None = None) -> list[Row]:
        """The rows of `/v1/figures/questions`."""
        return answers.question_rows(self.targets, survey, period, by, filters or {})

    def choices(self, survey: str, period: str, by: Sequence[str], filters: Filters | None = None) -> list[Row]:
        """The rows of `/v1/figures/choices`."""
        return answers.choice_rows(self.targets, survey, period, by, filters or {})

    def funding(self, year: int, *, by_month: bool = False, funded: Collection[str] | None = None) -> list[Row]:
        """The rows of `/v1/funding`."""
        return funding.funding_rows(self.targets, year, by_month=by_month, funded=funded)
