"""A provider's requests under today's rules, beside what was counted for them (storage: Recompute). Pure.

Two sums are kept: of the contributions that the rows carry, which is what the month tables have to hold, and of those
that today's rules give, which is what they will hold.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from msgspec import Struct

from schemas.national.surveys import STUDENT_KINDS
from services.aggregator import rows
from services.aggregator.contribution import AnswersKey, Contribution, Deltas, MonthKey, Rulebook, contribution
from services.aggregator.fold import RequestName

Numbers = tuple[int, ...]
"""Of a month its five sums; of a histogram its heads and then its days, which students don't have."""

Key = TypeVar("Key")

_NO_SUMS: Final[Numbers] = (0, 0, 0, 0, 0)


class NewerRules(Exception):
    """Something was counted under rules that this release doesn't know."""


class Replacement(Struct, frozen=True):
    """What to write in the place of a provider's month rows, and how many of them didn't hold what was counted."""

    months: Mapping[MonthKey, Numbers]
    answers: Mapping[AnswersKey, Numbers]
    wrong: int


class Recomputation:
    """What is known of one provider so far; it grows with the months, not with the requests."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self._carried = Deltas(rules)
        self._given = Deltas(rules)
        self.requests = 0
        self.changed = 0

    def look_at(self, stored: Iterable[Mapping[str, Any]]) -> list[tuple[RequestName, Contribution]]:
        """The contributions to write for these rows: those that are others now, or that older rules gave.

        Raises NewerRules.
        """
        written = []
        for row in stored:
            if row["rules"] > self._rules.number:
                raise NewerRules
            name, request = rows.stored_request(row)
            adds = contribution(request.state, self._rules)
            self._carried.add(name[0], name[1], request.added, 1)
            self.requests += 1
            if adds != request.added:
                self.changed += 1
                self._given.add(name[0], name[1], request.added, -1)
                self._given.add(name[0], name[1], adds, 1)
            elif row["rules"] == self._rules.number:
                continue
            written.append((name, adds))
        return written

    def replacement(self, months: Mapping[MonthKey, Numbers], answers: Mapping[AnswersKey, Numbers]) -> Replacement:
        """What the month tables have to hold instead of what they hold. Raises NewerRules."""
        carried_months = _filled(_sums(self._carried))
        carried_answers = _filled(_histograms(self._carried))
        return Replacement(
            _replaced(months, _added(carried_months, _sums(self._given)), lambda _: _NO_SUMS),
            _replaced(answers, _added(carried_answers, _histograms(self._given)), self._no_answers),
            len(_differing(months, carried_months)) + len(_differing(answers, carried_answers)),
        )

    def _no_answers(self, key: AnswersKey) -> Numbers:
        if key[4] not in self._rules.questionnaires:
            raise NewerRules
        cells = self._rules.questionnaires[key[4]].layout.cells
        return (0,) * (cells if key[3] in STUDENT_KINDS else 2 * cells)


def _sums(deltas: Deltas) -> dict[MonthKey, Numbers]:
    return {key: tuple(sums) for key, sums in deltas.months.items()}


def _histograms(deltas: Deltas) -> dict[AnswersKey, Numbers]:
    return {key: (*heads, *days) for key, (heads, days) in deltas.answers.items()}


def _added(to: Mapping[Key, Numbers], numbers: Mapping[Key, Numbers]) -> dict[Key, Numbers]:
    added = dict(to)
    for key, changes in numbers.items():
        added[key] = tuple(map(sum, zip(added[key], changes, strict=True))) if key in added else changes
    return added


def _filled(numbers: Mapping[Key, Numbers]) -> dict[Key, Numbers]:
    """Without the rows of which nothing is left."""
    return {key: values for key, values in numbers.items() if any(values)}


def _differing(standing: Mapping[Key, Numbers], wanted: Mapping[Key, Numbers]) -> set[Key]:
    """The keys under which two tables differ; a row of zeros is no row."""
    return {key for key, _ in _filled(standing).items() ^ _filled(wanted).items()}


def _replaced(
    standing: Mapping[Key, Numbers], wanted: Mapping[Key, Numbers], nothing: Callable[[Key], Numbers]
) -> dict[Key, Numbers]:
    return {key: wanted.get(key) or nothing(key) for key in _differing(standing, wanted)}
