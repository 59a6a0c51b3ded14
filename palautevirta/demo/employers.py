"""What employers are asked and answer about work periods, and what that adds up to. Pure.

The instructor is asked after every period; the workplace, once the half-year is over, about every period of it but an
entrepreneur's. What an entrepreneur's instructor survey brings counts in both surveys (national model §1, §2, §7).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from palautevirta.demo.answers import AnswerSheets
from palautevirta.demo.seeding import random_of
from palautevirta.demo.system import FeedbackSystem, answered_in, nightly_run, subject_of
from palautevirta.demo.work_periods import WorkPeriod
from schemas.events.codec import Interruption, RequestRecorded, ResponseSubmitted, Workplace, WorkplaceInstructor
from schemas.national.questionnaire import Questionnaire
from schemas.national.surveys import EMPLOYER_KINDS, SurveyKind

_WINDOW_DAYS: Final = 30
_DAYS_TO_ANSWER: Final = 21
_JULY: Final = 7


@dataclass(frozen=True, slots=True)
class EmployerFigures:
    """Figures of one employers' survey."""

    targets: int = 0
    respondents: int = 0
    target_days: int = 0
    respondent_days: int = 0

    def __add__(self, other: "EmployerFigures") -> "EmployerFigures":
        return EmployerFigures(
            self.targets + other.targets,
            self.respondents + other.respondents,
            self.target_days + other.target_days,
            self.respondent_days + other.respondent_days,
        )


NO_EMPLOYER_FIGURES: Final = EmployerFigures()


def employer_events(
    system: FeedbackSystem,
    periods: Sequence[WorkPeriod],
    *,
    questionnaires: Mapping[SurveyKind, Questionnaire],
    seed: str,
) -> Iterator[RequestRecorded | ResponseSubmitted]:
    """Every request, each answered one followed by its response."""
    for kind in EMPLOYER_KINDS:
        questionnaire = questionnaires[kind]
        random = random_of(seed, kind, "responses")
        sheets = AnswerSheets(questionnaire, random)
        for period in periods:
            if not _is_asked(kind, period):
                continue
            subject = subject_of(kind, period.number)
            valid_from = period.span.end if kind == "workplace_instructor" else _half_year_after(period.span.end)
            yield system.recorded(subject, nightly_run(valid_from), _background(kind, period, valid_from))
            if _has_answered(kind, period):
                answered_at = answered_in(valid_from, random, within_days=_DAYS_TO_ANSWER)
                yield system.submitted(subject, answered_at, questionnaire.code, sheets.draw())


def expected_figures(periods: Sequence[WorkPeriod]) -> dict[SurveyKind, EmployerFigures]:
    """What these periods' events must add up to; a survey without targets is missing."""
    sums: dict[SurveyKind, EmployerFigures] = {}
    for period in periods:
        for kind in EMPLOYER_KINDS:
            # The entrepreneurs' copy: their workplace isn't asked, and has the instructor's figures instead.
            source: SurveyKind = "workplace_instructor" if period.entrepreneur else kind
            days, answered = period.duration_days, _has_answered(source, period)
            added = EmployerFigures(1, int(answered), days, days if answered else 0)
            sums[kind] = sums.get(kind, NO_EMPLOYER_FIGURES) + added
    return sums


def _is_asked(kind: SurveyKind, period: WorkPeriod) -> bool:
    return kind == "workplace_instructor" or not period.entrepreneur


def _has_answered(kind: SurveyKind, period: WorkPeriod) -> bool:
    return period.instructor_answered if kind == "workplace_instructor" else period.workplace_answered


def _half_year_after(day: date) -> date:
    """The first day of the half-year after the one that a day lies in."""
    return date(day.year + 1, 1, 1) if day.month >= _JULY else date(day.year, _JULY, 1)


def _background(kind: SurveyKind, period: WorkPeriod, valid_from: date) -> WorkplaceInstructor | Workplace:
    model = WorkplaceInstructor if kind == "workplace_instructor" else Workplace
    basis: Literal["entrepreneur", "employment"] = "entrepreneur" if period.entrepreneur else "employment"
    return model(
        institution_oid=period.place.institution_oid,
        site_oid=period.place.site_oid,
        qualification=period.place.qualification,
        competence_areas=period.place.competence_areas,
        qualification_language=period.place.language,
        trigger_date=valid_from,
        trigger_source="work_period_ended" if kind == "workplace_instructor" else "half_year_ended",
        valid_from=valid_from,
        valid_to=valid_from + timedelta(days=_WINDOW_DAYS - 1),
        employer_business_id=period.employer,
        work_period_start=period.span.start,
        work_period_end=period.span.end,
        part_time_percentage=period.span.part_time_percentage,
        contract_type="apprenticeship" if period.apprenticeship else "training_agreement",
        apprenticeship_basis=basis if period.apprenticeship else None,
        interruptions=tuple(Interruption(pause.start, pause.end) for pause in period.span.interruptions),
        duration_days=period.duration_days,
    )
