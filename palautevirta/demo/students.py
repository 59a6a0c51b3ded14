"""The events of a provider's students: one request a target, one response a respondent. Pure.

Which day a request falls on is made up, within the period and by the rules of the time (national model §4, §5): the
valid-from date places it, and the window is the national one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from palautevirta.demo.answers import AnswerSheets
from palautevirta.demo.counts import PERIOD, Counts
from palautevirta.demo.organisations import Place
from palautevirta.demo.seeding import random_of
from palautevirta.demo.system import FeedbackSystem, answered_in, nightly_run, subject_of
from schemas.events.codec import CompletionParts, CompletionWhole, RequestRecorded, ResponseSubmitted, Start
from schemas.national.parameters import Window
from schemas.national.questionnaire import Questionnaire
from schemas.national.rules.periods import first_day, last_day
from schemas.national.rules.windows import ResponseWindow, student_window
from schemas.national.surveys import SurveyKind

_BACKGROUNDS: Final[Mapping[SurveyKind, type[Start | CompletionWhole | CompletionParts]]] = {
    "start": Start,
    "completion_whole": CompletionWhole,
    "completion_parts": CompletionParts,
}
_TRIGGERS: Final[Mapping[SurveyKind, str]] = {
    "start": "study_start",
    "completion_whole": "qualification_completed",
    "completion_parts": "parts_completed",
}
# Most start in August and January and finish around Christmas and in early summer; any other month weighs 1.
_BUSY_MONTHS: Final[Mapping[SurveyKind, Mapping[int, int]]] = {
    "start": {8: 9, 9: 5, 1: 4},
    "completion_whole": {12: 5, 5: 9, 6: 3},
    "completion_parts": {12: 4, 5: 5, 6: 2},
}
_ACQUISITIONS: Final = ("education", "education", "training_agreement", "apprenticeship")
_DAYS_UNTIL_SENT: Final = 4
_DAYS_TO_ANSWER: Final = 21
"""All answer within these days of a window of 30 (of 26 at least, when it was sent late)."""


@dataclass(frozen=True, slots=True)
class _Issue:
    trigger_date: date
    window: ResponseWindow


class Calendar:
    """The days of the period on which a survey's requests are triggered and sent, some busier than others."""

    def __init__(self, kind: SurveyKind, rule: Window) -> None:
        start, end = first_day(PERIOD), last_day(PERIOD)
        self._issues: list[_Issue] = []
        weights: list[int] = []
        for offset in range((end - start).days + 1):
            issued = start + timedelta(days=offset)
            for days_until_sent in range(_DAYS_UNTIL_SENT):
                trigger = issued - timedelta(days=days_until_sent)
                self._issues.append(_Issue(trigger, student_window(trigger_date=trigger, issued=issued, rule=rule)))
                weights.append(_BUSY_MONTHS[kind].get(issued.month, 1))
        self._weights = list(accumulate(weights))

    def draw(self, random: Random) -> _Issue:
        """When the next request was triggered, and its window."""
        return random.choices(self._issues, cum_weights=self._weights)[0]


def student_events(
    system: FeedbackSystem,
    kind: SurveyKind,
    counts: Counts,
    *,
    places: Sequence[Place],
    calendar: Calendar,
    questionnaire: Questionnaire,
    seed: str,
) -> Iterator[RequestRecorded | ResponseSubmitted]:
    """Every request, each answered one followed by its response.

    The first events are the same ones whatever the counts, so that a share of the nation is a part of the whole.
    """
    random = random_of(seed, kind, "requests")
    random_answers = random_of(seed, kind, "responses")
    sheets = AnswerSheets(questionnaire, random_answers)
    background = _BACKGROUNDS[kind]
    for number in range(1, counts.targets + 1):
        subject = subject_of(kind, number)
        issue, place = calendar.draw(random), random.choice(places)
        yield system.recorded(
            subject,
            nightly_run(issue.window.valid_from),
            background(
                institution_oid=place.institution_oid,
                site_oid=place.site_oid,
                qualification=place.qualification,
                competence_areas=place.competence_areas,
                qualification_language=place.language,
                trigger_date=issue.trigger_date,
                trigger_source=_TRIGGERS[kind],
                valid_from=issue.window.valid_from,
                valid_to=issue.window.valid_to,
                competence_acquisition=random.choice(_ACQUISITIONS),
            ),
        )
        if number <= counts.respondents:
            answered_at = answered_in(issue.window.valid_from, random_answers, within_days=_DAYS_TO_ANSWER)
            yield system.submitted(subject, answered_at, questionnaire.code, sheets.draw())
