"""What is asked of editions: query parameters, in; a checked question or all that is wrong with them, out. Pure."""

from dataclasses import dataclass, replace
from typing import Final

from services.reporting.difference_table import PAGE_KEYS, PLACES
from services.reporting.editions import ACTUAL, ESTIMATE, SETS, Edition
from services.reporting.parameters import INTEGER, BadParameter, BadQuery, Given, Pairs, one_of, period_from
from services.reporting.query import FiguresQuery, figures_query

COMPARED: Final = ("figures", "questions")
"""What is compared of two editions."""

_UNKNOWN: Final = "there is no such parameter"


@dataclass(frozen=True, slots=True)
class EditionsQuery:
    """Which editions, after a number."""

    period: str | None
    after: int
    limit: int


@dataclass(frozen=True, slots=True)
class EditionFiguresQuery:
    """Which figures of an edition, and of which of its sets."""

    figures: FiguresQuery
    of_set: str

    @property
    def estimate(self) -> bool:
        """Whether the estimate's rows are asked for, not the actual ones."""
        return self.of_set == ESTIMATE


@dataclass(frozen=True, slots=True)
class DifferenceQuery:
    """Which page of a difference: of figures, split by places, or of questions; the keys of the last row seen."""

    what: str
    by: tuple[str, ...]
    after: tuple[str, ...] | None
    limit: int


def editions_query(pairs: Pairs, *, first_period: str) -> EditionsQuery | BadQuery:
    """Read the parameters of the list of editions."""
    given = Given(pairs, ("period",))
    period = given.optional("period", *period_from(first_period))
    after, limit = given.numbered_page(INTEGER)
    return given.bad() if given.problems else EditionsQuery(period, after[0] if after else 0, limit)


def edition_figures_query(pairs: Pairs, edition: Edition) -> EditionFiguresQuery | BadQuery:
    """Read the parameters of an edition's figures: those of the live figures and `set`.

    `period` may be left out, and is the edition's. The structure is `latest` as of the edition's day.
    """
    listed = list(pairs)
    given = Given([pair for pair in listed if pair[0] == "set"], ("set",), paged=False)
    of_set = given.optional("set", one_of(SETS), f"give {' or '.join(SETS)}") or ACTUAL
    problems = list(given.problems)
    if of_set not in edition.sets:
        problems.append(BadParameter("set", f"edition {edition.number} has no estimate: give actual"))
    if any(name == "period" and value != edition.period for name, value in listed):
        problems.append(BadParameter("period", f"edition {edition.number} is of {edition.period}"))
    if ("structure", "as_was") in listed:
        problems.append(BadParameter("structure", "an edition's figures are in the structure latest, as of its day"))
    rest = [pair for pair in listed if pair[0] not in {"set", "period"}]
    rest.append(("period", edition.period))
    figures = figures_query(rest, first_period=edition.rules.coefficients[0].from_period)
    if isinstance(figures, BadQuery):
        return BadQuery((*problems, *map(_with_set, figures.problems)))
    return BadQuery(tuple(problems)) if problems else EditionFiguresQuery(figures, of_set)


def edition_answers_query(pairs: Pairs, edition: Edition) -> EditionFiguresQuery | BadQuery:
    """The same for answers, which an edition keeps by provider and month."""
    query = edition_figures_query(pairs, edition)
    if isinstance(query, EditionFiguresQuery) and query.figures.needs_requests:
        return BadQuery(
            (BadParameter("by", "an edition keeps answers by provider and month: leave out what is finer"),)
        )
    return query


def difference_query(pairs: Pairs) -> DifferenceQuery | BadQuery:
    """Read the parameters of a difference."""
    given = Given(pairs, ("what", "by"))
    what = given.optional("what", one_of(COMPARED), f"give {' or '.join(COMPARED)}") or COMPARED[0]
    by = given.list("by", one_of(PLACES), f"give what to split by, of {', '.join(PLACES)}, separated by commas") or ()
    if by and what == "questions":
        given.refuse("by", "an edition keeps answers by provider and month: leave it out")
    after, limit = given.page(PAGE_KEYS)
    places = tuple(place for place in PLACES if place in by)
    return given.bad() if given.problems else DifferenceQuery(what, places, after, limit)


def _with_set(problem: BadParameter) -> BadParameter:
    """A list of the parameters that there are has ours too."""
    return replace(problem, detail=f"{problem.detail}, set") if problem.detail.startswith(_UNKNOWN) else problem
