"""What the demonstration shows: a bar while it posts, then tables. Progress goes to stderr, results to stdout."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, fields
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from palautevirta.demo.comparison import Comparison, Pair
from palautevirta.demo.counts import NO_COUNTS, PERIOD, WHOLE_PERCENT, Counts
from palautevirta.demo.employers import NO_EMPLOYER_FIGURES, EmployerFigures
from schemas.national.surveys import SurveyKind

_WIDTH_WITHOUT_TERMINAL: Final = 132
_LEAST_WIDTH: Final = 100
_LINE_EVERY_S: Final = 5.0
_LONGEST_NAME: Final = 36
_TITLES: Final[Mapping[SurveyKind, str]] = {
    "start": "start",
    "completion_whole": "completion whole",
    "completion_parts": "completion parts",
    "workplace_instructor": "workplace instructor",
    "workplace": "workplace",
}


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal, and never too narrow for the tables' numbers."""
    found = Console(stderr=stderr, highlight=False)
    width = max(found.width, _LEAST_WIDTH) if found.is_terminal else _WIDTH_WITHOUT_TERMINAL
    return Console(stderr=stderr, highlight=False, width=width)


def say(to: Console, sentence: str) -> None:
    """Write a sentence as it is: whole, without markup, so that a command in it can be copied."""
    to.print(sentence, markup=False, soft_wrap=True)


@contextmanager
def posting_progress(to: Console, events: int) -> Iterator[Callable[[int], None]]:
    """Shows how many of the events are acknowledged; what it yields is told of every few that are."""
    if not to.is_terminal:
        yield _Lines(to, events)
        return
    columns = (
        TextColumn("posting"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=to) as progress:
        task = progress.add_task("posting", total=events)
        yield lambda acknowledged: progress.advance(task, acknowledged)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed or 0
        return Text(f"{speed:,.0f} events/s")


class _Lines:
    """Progress where nothing can be drawn over: a line every few seconds, and one at the end."""

    def __init__(self, to: Console, events: int) -> None:
        self._to = to
        self._events = events
        self._acknowledged = 0
        self._began = self._last_line = time.monotonic()

    def __call__(self, acknowledged: int) -> None:
        self._acknowledged += acknowledged
        now = time.monotonic()
        if now - self._last_line >= _LINE_EVERY_S or self._acknowledged == self._events:
            self._last_line = now
            rate = self._acknowledged / max(now - self._began, 1e-3)
            say(self._to, f"{self._acknowledged:,} of {self._events:,} events acknowledged, {rate:,.0f} events/s")


def comparison_tables(comparison: Comparison, names: Mapping[str, str], *, percent: int) -> Iterator[Table]:
    """The students' table, a row a provider, and the employers', a row a figure. `names` are by provider OID."""
    yield _students(comparison, names, "published" if percent == WHOLE_PERCENT else f"{percent} % of published")
    yield _employers(comparison)


def verdict(comparison: Comparison) -> Iterator[str]:
    """The closing lines."""
    expected, reported = (
        sum((side or NO_COUNTS for side in sides), NO_COUNTS)
        for sides in zip(
            *((survey.total.expected, survey.total.reported) for survey in comparison.students), strict=True
        )
    )
    providers = comparison.providers
    employers_equal = sum(map(comparison.employers_equal, providers))
    yield f"employers: {employers_equal} of {len(providers)} providers equal to what was sent"
    yield (
        f"students: {expected.targets:,} targets and {expected.respondents:,} respondents expected, "
        f"{reported.targets:,} and {reported.respondents:,} reported"
    )
    yield f"{sum(map(comparison.students_equal, providers))} of {len(providers)} providers equal"


def _students(comparison: Comparison, names: Mapping[str, str], expected: str) -> Table:
    title = f"Students {PERIOD}: targets / respondents, {expected} and as the reporting API says"
    table = Table(title=title, box=SIMPLE_HEAD, show_footer=True, padding=(0, 1, 0, 0))
    table.add_column("\nprovider", "Finland")
    for survey in comparison.students:
        first, _, second = _TITLES[survey.kind].partition(" ")
        table.add_column(f"{first}\npublished", _counts(survey.total.expected), justify="right", no_wrap=True)
        table.add_column(f"{second}\nreported", _reported(survey.total), justify="right", no_wrap=True)
    table.add_column("", _mark(all(survey.total.equal for survey in comparison.students)), justify="center")
    for provider in comparison.providers:
        pairs = [survey.pairs[provider] for survey in comparison.students]
        cells = [cell for pair in pairs for cell in (_counts(pair.expected), _reported(pair))]
        table.add_row(_cropped(names.get(provider, provider)), *cells, _mark(comparison.students_equal(provider)))
    return table


def _employers(comparison: Comparison) -> Table:
    title = f"Employers {PERIOD}: seeded, as sent and as the reporting API says"
    caption = "An entrepreneur's instructor counts in both surveys."
    table = Table(title=title, caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("survey", "figure"):
        table.add_column(column)
    for column in ("sent", "reported", "providers equal"):
        table.add_column(column, justify="right", no_wrap=True)
    for survey in comparison.employers:
        equal = f"{survey.equal_providers} of {len(survey.pairs)}"
        sent, reported = (
            astuple(figures or NO_EMPLOYER_FIGURES) for figures in (survey.total.expected, survey.total.reported)
        )
        for measure, *both in zip(fields(EmployerFigures), sent, reported, strict=True):
            table.add_row(
                _TITLES[survey.kind], measure.name.replace("_", " "), *(f"{number:,}" for number in both), equal
            )
    return table


def _cropped(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _counts(counts: Counts | None) -> str:
    return "-" if counts is None else f"{counts.targets}/{counts.respondents}"


def _reported(pair: Pair[Counts]) -> Text:
    return Text(_counts(pair.reported), style="" if pair.equal else "bold red")


def _mark(equal: bool) -> Text:
    return Text("=", style="green") if equal else Text("≠", style="bold red")
