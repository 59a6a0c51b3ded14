"""What was published or sent beside what the reporting API says: equal, or where not. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Generic, TypeVar

from palautevirta.demo.counts import Counts
from palautevirta.demo.employers import EmployerFigures
from schemas.national.surveys import SurveyKind

F = TypeVar("F", Counts, EmployerFigures)


@dataclass(frozen=True, slots=True)
class Pair(Generic[F]):
    """Both figures of one provider and survey; None where one side says nothing."""

    expected: F | None
    reported: F | None

    @property
    def equal(self) -> bool:
        """Whether both say the same; saying nothing is saying zero."""
        if self.expected is None or self.reported is None:
            known = self.expected or self.reported
            return known is None or known == type(known)()
        return self.expected == self.reported


@dataclass(frozen=True, slots=True)
class SurveyComparison(Generic[F]):
    """One survey, by provider OID; the first providers are those expected, in their order."""

    kind: SurveyKind
    pairs: Mapping[str, Pair[F]]
    total: Pair[F]

    @property
    def equal_providers(self) -> int:
        """How many providers are equal."""
        return sum(pair.equal for pair in self.pairs.values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that the demonstration compares; the surveys of each group have the same providers."""

    providers: tuple[str, ...]
    """OIDs of those expected, and after them of those that only the reporting API knows."""
    students: tuple[SurveyComparison[Counts], ...]
    employers: tuple[SurveyComparison[EmployerFigures], ...]

    def students_equal(self, provider: str) -> bool:
        """Whether a provider's students are equal in every survey."""
        return all(survey.pairs[provider].equal for survey in self.students)

    def employers_equal(self, provider: str) -> bool:
        """Whether a provider's employers are equal in every survey."""
        return all(survey.pairs[provider].equal for survey in self.employers)

    @property
    def equal(self) -> bool:
        """Whether everything is."""
        return all(self.students_equal(provider) and self.employers_equal(provider) for provider in self.providers)


def compare(
    providers: Iterable[str],
    *,
    students: Mapping[SurveyKind, tuple[Mapping[str, Counts], Mapping[str, Counts]]],
    employers: Mapping[SurveyKind, tuple[Mapping[str, EmployerFigures], Mapping[str, EmployerFigures]]],
) -> Comparison:
    """Compare, for each survey, the expected and the reported figures by provider OID.

    `providers` are the OIDs of all that were expected. Whoever else is reported is compared with nothing.
    """
    sides = [side for both in (*students.values(), *employers.values()) for side in both]
    everybody = tuple(dict.fromkeys((*providers, *(provider for side in sides for provider in side))))
    return Comparison(
        everybody,
        tuple(_survey(kind, everybody, *both) for kind, both in students.items()),
        tuple(_survey(kind, everybody, *both) for kind, both in employers.items()),
    )


def _survey(
    kind: SurveyKind, providers: Iterable[str], expected: Mapping[str, F], reported: Mapping[str, F]
) -> SurveyComparison[F]:
    pairs = {provider: Pair(expected.get(provider), reported.get(provider)) for provider in providers}
    return SurveyComparison(kind, pairs, Pair(_sum(expected.values()), _sum(reported.values())))


def _sum(figures: Iterable[F]) -> F | None:
    known = list(figures)
    return reduce(add, known) if known else None
