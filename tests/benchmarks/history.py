"""Years of the nation, made up for a bulk load: a few stories told event by event, and how often each is copied. Pure.

The providers are the real ones with their real share of the students (counts of 2020-2021); employers are asked in the
same order again (national model §11). A copy of a story is the same events under a subject and ids of its own, so
that it is worth exactly what its story is worth.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

import msgspec

from palautevirta.demo.answers import AnswerSheets
from palautevirta.demo.counts import Counts, Provider, published_counts
from palautevirta.demo.organisations import Place, places_of, provider_oid
from palautevirta.demo.seeding import random_of
from palautevirta.demo.system import answered_in, moment_of, nightly_run
from schemas.events import codec
from schemas.events.codec import (
    CompletionParts,
    CompletionWhole,
    Event,
    Reason,
    RequestCancelled,
    RequestRecorded,
    Response,
    ResponseSubmitted,
    ResponseWithdrawn,
    Start,
    Workplace,
    WorkplaceInstructor,
)
from schemas.national.model import NationalModels
from schemas.national.rules.periods import first_day, last_day
from schemas.national.surveys import SurveyKind

FIRST_YEAR: Final = 2018
SOURCE: Final = "https://history.example/feedback"
_WINDOW_DAYS: Final = 30
_DAYS_TO_ANSWER: Final = 21
_WORK_DAYS: Final = (14, 120)

# Shares of the requests, or of the responses.
_EMPLOYERS_ANSWERED: Final = 0.5
_EXCLUDED: Final = 0.02
_CANCELLED: Final = 0.01
_LATE: Final = 0.03
_WITHDRAWN: Final = 0.01
_ENTREPRENEURS: Final = 0.05

_TRIGGERS: Final[Mapping[SurveyKind, str]] = {
    "completion_parts": "parts_completed",
    "completion_whole": "qualification_completed",
    "start": "study_start",
    "workplace": "half_year_ended",
    "workplace_instructor": "work_period_ended",
}
_STUDENTS: Final[Mapping[str, type[Start | CompletionWhole | CompletionParts]]] = {
    "start": Start,
    "completion_whole": CompletionWhole,
    "completion_parts": CompletionParts,
}


@dataclass(frozen=True, slots=True)
class Story:
    """The events of one request, without names, as they were posted, and how many copies of them there are."""

    subject: str
    events: tuple[Event, ...]
    copies: int

    def subject_of(self, copy: int) -> str:
        """The subject of a copy; copies sort in their order, behind those of earlier stories."""
        return f"{self.subject}{copy:06}"

    def copy(self, number: int) -> tuple[Event, ...]:
        """The events of one copy."""
        subject = self.subject_of(number)
        return tuple(
            msgspec.structs.replace(event, subject=subject, id=id_of(subject, index))
            for index, event in enumerate(self.events)
        )


def id_of(subject: str, index: int) -> str:
    """The id of an event of a request: it differs where the subject does."""
    return f"{subject}:{index}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One provider's requests of one survey kind in one period."""

    provider: str
    places: tuple[Place, ...]
    kind: SurveyKind
    period: str
    requests: int
    answered: float

    def stories(self, models: NationalModels, at_most: int) -> Iterator[Story]:
        """At most so many stories, whose copies are all these requests."""
        random = random_of(self.provider, self.kind, self.period)
        told = min(self.requests, at_most)
        copies, rest = divmod(self.requests, told)
        (survey,) = (s for s in models.in_force(first_day(self.period)).surveys if s.kind == self.kind)
        questionnaire = models.questionnaire(survey.questionnaires[0])
        assert questionnaire is not None
        sheets = AnswerSheets(questionnaire, random)
        for number in range(told):
            events = tuple(codec.normalise(event) for event in self._events(random, sheets, questionnaire.code))
            yield Story(f"{self.period}:{self.kind}:{number:06}:", events, copies + (number < rest))

    def _events(self, random: Random, sheets: AnswerSheets, questionnaire: str) -> Iterator[Event]:
        first, last = first_day(self.period), last_day(self.period)
        day = first + timedelta(days=random.randrange((last - first).days + 1))
        yield RequestRecorded(**self._envelope(nightly_run(day)), data=self._background(random, day))
        if random.random() < _CANCELLED:
            cancelled = moment_of(day + timedelta(days=1), random)
            yield RequestCancelled(**self._envelope(cancelled), data=Reason("entered_in_error"))
        if random.random() < self.answered:
            late = timedelta(days=_WINDOW_DAYS if random.random() < _LATE else 0)
            answered = answered_in(day + late, random, within_days=_DAYS_TO_ANSWER)
            response = Response(questionnaire, answered, sheets.draw())
            yield ResponseSubmitted(**self._envelope(answered), data=response)
            if random.random() < _WITHDRAWN:
                withdrawn = nightly_run(day + 2 * timedelta(days=_WINDOW_DAYS))
                yield ResponseWithdrawn(**self._envelope(withdrawn), data=Reason("respondent_request"))

    def _envelope(self, time: str) -> dict[str, str]:
        return {
            "specversion": "1.0", "id": "", "source": SOURCE, "time": time, "providerid": self.provider, "subject": "",
        }  # fmt: skip

    def _background(
        self, random: Random, day: date
    ) -> Start | CompletionWhole | CompletionParts | WorkplaceInstructor | Workplace:
        place = random.choice(self.places)
        common = {
            "institution_oid": place.institution_oid,
            "site_oid": place.site_oid,
            "qualification": place.qualification,
            "competence_areas": place.competence_areas,
            "qualification_language": place.language,
            "trigger_date": day,
            "trigger_source": _TRIGGERS[self.kind],
            "valid_from": day,
            "valid_to": day + timedelta(days=_WINDOW_DAYS - 1),
            "exclusion": "sent_too_late" if random.random() < _EXCLUDED else None,
        }
        if self.kind in _STUDENTS:
            return _STUDENTS[self.kind](**common, competence_acquisition="education")
        days = random.randint(*_WORK_DAYS)
        entrepreneur = self.kind == "workplace_instructor" and random.random() < _ENTREPRENEURS
        employers = WorkplaceInstructor if self.kind == "workplace_instructor" else Workplace
        return employers(
            **common,
            employer_business_id="0763403-0",
            work_period_start=day - timedelta(days=days - 1),
            work_period_end=day,
            part_time_percentage=100,
            contract_type="apprenticeship" if entrepreneur else "training_agreement",
            apprenticeship_basis="entrepreneur" if entrepreneur else None,
            duration_days=random.randint(1, days),
        )


class History:
    """So many requests over so many years from FIRST_YEAR on, told in at most `stories` stories or one a cell."""

    def __init__(self, requests: int, *, years: int, stories: int) -> None:
        nation = [provider for provider in published_counts() if provider.counts]
        a_year = sum(counts.targets for provider in nation for counts in _surveys(provider).values())
        self._share = requests / (a_year * years)
        self.periods: Final = tuple(f"{year}-{year + 1}" for year in range(FIRST_YEAR, FIRST_YEAR + years))
        self.providers: Final[Mapping[str, Provider]] = {provider_oid(one.business_id): one for one in nation}
        self.stories_a_cell: Final = max(1, stories // (len(nation) * len(_TRIGGERS) * years))

    def asked(self, provider: str, period: str) -> Sequence[Asked]:
        """What one provider asked in one period, in the order of the kinds' names."""
        known = self.providers[provider]
        places = self.places(provider)
        return [
            Asked(provider, places, kind, period, requests, counts.respondents / counts.targets)
            for kind, counts in sorted(_surveys(known).items())
            if (requests := self._requests(provider, kind, period, counts.targets))
        ]

    def _requests(self, provider: str, kind: SurveyKind, period: str, targets: int) -> int:
        """The share of a year's targets; what is over after whole ones is drawn, so that small histories add up too."""
        whole, over = divmod(targets * self._share, 1)
        return int(whole) + (random_of(provider, kind, period, "one more").random() < over)

    def places(self, provider: str) -> tuple[Place, ...]:
        """Where that provider's respondents study."""
        return places_of(self.providers[provider].business_id, 0)


def _surveys(provider: Provider) -> dict[SurveyKind, Counts]:
    """A year's counts: the students' as published, and of instructors and workplaces together as many again."""
    published = {kind: counts for kind, counts in provider.counts.items() if counts.targets}
    started = published.get("start", Counts()).targets
    finished = sum(counts.targets for kind, counts in published.items() if kind != "start")
    employers: dict[SurveyKind, int] = {"workplace_instructor": started, "workplace": finished}
    return published | {
        kind: Counts(targets, round(targets * _EMPLOYERS_ANSWERED)) for kind, targets in employers.items() if targets
    }
