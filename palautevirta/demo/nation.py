"""The whole nation's events, from counts and a seed: every provider posts at the same time, each its own. Pure.

The same seed gives the same events in the same order. A smaller share of the counts gives a part of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Final

import msgspec

from palautevirta.demo.counts import PERIOD, Provider
from palautevirta.demo.employers import EmployerFigures, employer_events, expected_figures
from palautevirta.demo.organisations import places_of, provider_oid
from palautevirta.demo.students import Calendar, student_events
from palautevirta.demo.system import FeedbackSystem
from palautevirta.demo.work_periods import WorkPeriod, work_periods
from schemas.events.codec import RequestRecorded, ResponseSubmitted
from schemas.national.model import NationalModels
from schemas.national.questionnaire import Questionnaire
from schemas.national.rules.periods import first_day
from schemas.national.surveys import STUDENT_KINDS, SurveyKind

SEED: Final = 2021
BATCH_EVENTS: Final = 500
_COMPLETIONS_PER_WORK_PERIOD: Final = 15
"""How many completions stand for one work period: a few thousand of them in the nation."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one provider as one body of the collector's batch mode."""

    provider_oid: str
    events: int
    body: bytes


class ProviderYear:
    """One provider's year: its events, and what they must add up to."""

    def __init__(self, provider: Provider, nation: "Nation") -> None:
        self.provider = provider
        self.oid: Final = provider_oid(provider.business_id)
        self.system: Final = FeedbackSystem(self.oid, f"https://feedback.example/{provider.business_id}")
        self._nation = nation
        self._seed = f"{nation.seed}/{provider.business_id}"
        self._places = places_of(provider.business_id, nation.seed)

    @property
    def events_count(self) -> int:
        """How many events `events` gives."""
        students = sum(counts.targets + counts.respondents for counts in self.provider.counts.values())
        employers = sum(
            1 + period.instructor_answered + (0 if period.entrepreneur else 1 + period.workplace_answered)
            for period in self._work_periods
        )
        return students + employers

    @cached_property
    def employer_figures(self) -> Mapping[SurveyKind, EmployerFigures]:
        """What its employers' events must add up to."""
        return expected_figures(self._work_periods)

    def events(self) -> Iterator[RequestRecorded | ResponseSubmitted]:
        """All of them; each request comes before its response."""
        questionnaires = self._nation.questionnaires
        students = (
            student_events(
                self.system,
                kind,
                self.provider.counts[kind],
                places=self._places,
                calendar=self._nation.calendars[kind],
                questionnaire=questionnaires[kind],
                seed=self._seed,
            )
            for kind in STUDENT_KINDS
            if kind in self.provider.counts
        )
        yield from chain.from_iterable(students)
        yield from employer_events(self.system, self._work_periods, questionnaires=questionnaires, seed=self._seed)

    def batches(self) -> Iterator[Batch]:
        """The events as bodies of at most BATCH_EVENTS."""
        events = self.events()
        while batch := list(islice(events, BATCH_EVENTS)):
            yield Batch(self.oid, len(batch), msgspec.json.encode(batch))

    @cached_property
    def _work_periods(self) -> tuple[WorkPeriod, ...]:
        completions = self.provider.counts.get("completion_whole")
        return work_periods(
            -(-completions.targets // _COMPLETIONS_PER_WORK_PERIOD) if completions else 0,
            self._places,
            seed=self._seed,
            part_time_not_applied=self._nation.part_time_not_applied,
        )


class Nation:
    """All providers and the national model of the period."""

    def __init__(self, providers: Sequence[Provider], models: NationalModels, *, seed: int = SEED) -> None:
        model = models.in_force(first_day(PERIOD))
        self.seed: Final = seed
        self.part_time_not_applied: Final = model.rules.part_time_not_applied
        self.calendars: Final = {kind: Calendar(kind, model.rules.window) for kind in STUDENT_KINDS}
        self.questionnaires: Final[Mapping[SurveyKind, Questionnaire]] = {
            survey.kind: _questionnaire(models, survey.questionnaires[0]) for survey in model.surveys
        }
        self.years: Final = tuple(ProviderYear(provider, self) for provider in providers)

    @property
    def events_count(self) -> int:
        """How many events the batches hold."""
        return sum(year.events_count for year in self.years)

    def batches(self) -> Iterator[Batch]:
        """Everybody's batches, a batch of each provider in turn until nobody has any left."""
        waiting = [year.batches() for year in self.years]
        while waiting:
            still_waiting = []
            for batches in waiting:
                batch = next(batches, None)
                if batch is not None:
                    still_waiting.append(batches)
                    yield batch
            waiting = still_waiting


def _questionnaire(models: NationalModels, code: str) -> Questionnaire:
    found = models.questionnaire(code)
    assert found is not None, "a loaded model defines the questionnaires that its surveys list"
    return found
