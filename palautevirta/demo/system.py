"""A provider's feedback system as the services see one: how it names its requests and events. Pure.

The names depend on nothing but the request, so that a second run sends the same events, and all of them are duplicates.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from palautevirta.demo.counts import PERIOD
from schemas.events.codec import (
    Answer,
    CompletionParts,
    CompletionWhole,
    RequestRecorded,
    Response,
    ResponseSubmitted,
    Start,
    Workplace,
    WorkplaceInstructor,
)
from schemas.national.surveys import SurveyKind


def subject_of(kind: SurveyKind, number: int) -> str:
    """The name of a provider's request."""
    return f"{PERIOD}:{kind}:{number}"


def nightly_run(day: date) -> str:
    """The instant at which a system records the requests that begin on that day: 4 in the morning, UTC."""
    return f"{day.isoformat()}T04:00:00Z"


def moment_of(day: date, random: Random) -> str:
    """An instant of a Finnish day: between 6 and 18 UTC it is the same day in Finland, summer and winter."""
    second = random.randrange(6 * 3600, 18 * 3600)
    return f"{day.isoformat()}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def answered_in(first_day: date, random: Random, *, within_days: int) -> str:
    """An instant within so many days, the first one included; early ones are likelier."""
    return moment_of(first_day + timedelta(days=int(random.random() ** 2 * within_days)), random)


@dataclass(frozen=True, slots=True)
class FeedbackSystem:
    """The system of one provider, which posts under that provider's OID."""

    provider_oid: str
    source: str

    def recorded(
        self,
        subject: str,
        time: str,
        background: Start | CompletionWhole | CompletionParts | WorkplaceInstructor | Workplace,
    ) -> RequestRecorded:
        """The request exists since `time`."""
        return RequestRecorded(
            specversion="1.0",
            id=f"{subject}:recorded",
            source=self.source,
            time=time,
            providerid=self.provider_oid,
            subject=subject,
            data=background,
        )

    def submitted(
        self, subject: str, answered_at: str, questionnaire: str, answers: tuple[Answer, ...]
    ) -> ResponseSubmitted:
        """The respondent of the request answered."""
        return ResponseSubmitted(
            specversion="1.0",
            id=f"{subject}:submitted",
            source=self.source,
            time=answered_at,
            providerid=self.provider_oid,
            subject=subject,
            data=Response(questionnaire, answered_at, answers),
        )
