"""What the national model says of an event whose shape is right: codes, questionnaires, cross-member rules (§4).

Pure, and deaf to the clock, so that a replay never depends on the day; `ahead_of_clock` is the one rule that needs
the present, and only the collector asks it. Pointers count in the order in which the sender wrote.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from schemas.events.codec import (
    Answer,
    Background,
    EmployerBackground,
    Event,
    Reason,
    RequestCancelled,
    RequestRecorded,
    Response,
    ResponseSubmitted,
    StudentBackground,
)
from schemas.events.instants import EARLIEST_US, parse_instant
from schemas.events.problems import ErrorCode, Problem
from schemas.national.codes import CodeListName
from schemas.national.model import NationalModels
from schemas.national.questionnaire import Question
from schemas.national.rules.business_id import is_business_id
from schemas.national.rules.periods import helsinki_date
from schemas.national.version import NationalModel

CLOCK_TOLERANCE_US: Final = 5 * 60 * 1_000_000
"""How far ahead of the collector's clock a sender's may run (§4, Time)."""

_PERCENTAGE_NEEDED_AFTER: Final = date(2023, 6, 30)


def judge(event: Event, models: NationalModels) -> tuple[Problem, ...]:
    """Everything that the national model has against this event; nothing means that it is valid."""
    time_us = parse_instant(event.time)
    if time_us < EARLIEST_US:
        return (Problem(ErrorCode.TIME_TOO_EARLY, "/time"),)
    if isinstance(event, ResponseSubmitted):
        return tuple(_judge_response(event.data, models))
    day = helsinki_date(time_us)
    model = models.in_force(day)
    if isinstance(event, RequestRecorded):
        return tuple(_judge_background(event.data, model, day))
    code_list: CodeListName = "cancellation" if isinstance(event, RequestCancelled) else "withdrawal"
    assert isinstance(event.data, Reason)
    return _judge_code(event.data.reason, "/data/reason", code_list, model, day)


def ahead_of_clock(event: Event, now_us: int) -> tuple[Problem, ...]:
    """The times of the event that lie more than five minutes after now: one fast clock must not win every merge."""
    latest_us = now_us + CLOCK_TOLERANCE_US
    times = {"/time": event.time}
    if isinstance(event, ResponseSubmitted):
        times["/data/answered_at"] = event.data.answered_at
    return tuple(
        Problem(ErrorCode.TIME_IN_THE_FUTURE, pointer)
        for pointer, text in times.items()
        if parse_instant(text) > latest_us
    )


def _judge_code(
    code: str | None, pointer: str, code_list: CodeListName, model: NationalModel, day: date
) -> tuple[Problem, ...]:
    if code is None:
        return ()
    known = model.code(code_list, code)
    if known is None:
        return (Problem(ErrorCode.UNKNOWN_CODE, pointer),)
    return () if known.holds_on(day) else (Problem(ErrorCode.CODE_NOT_IN_FORCE, pointer),)


def _judge_background(data: Background, model: NationalModel, day: date) -> Iterator[Problem]:
    yield from _judge_code(data.trigger_source, "/data/trigger_source", "trigger_source", model, day)
    yield from _judge_code(data.exclusion, "/data/exclusion", "exclusion", model, day)
    if data.valid_to < data.valid_from and data.exclusion is None:
        yield Problem(ErrorCode.WINDOW_ENDS_BEFORE_START, "/data/valid_to")
    if isinstance(data, StudentBackground):
        yield from _judge_code(
            data.competence_acquisition, "/data/competence_acquisition", "competence_acquisition", model, day
        )
    elif isinstance(data, EmployerBackground):
        yield from _judge_work_period(data)


def _judge_work_period(data: EmployerBackground) -> Iterator[Problem]:
    if not is_business_id(data.employer_business_id):
        yield Problem(ErrorCode.MALFORMED_BUSINESS_ID, "/data/employer_business_id")
    if data.work_period_end < data.work_period_start:
        yield Problem(ErrorCode.WORK_PERIOD_ENDS_BEFORE_START, "/data/work_period_end")
    elif data.duration_days > (data.work_period_end - data.work_period_start).days + 1:
        yield Problem(ErrorCode.DURATION_EXCEEDS_PERIOD, "/data/duration_days")
    if data.part_time_percentage is None and data.work_period_end > _PERCENTAGE_NEEDED_AFTER:
        yield Problem(ErrorCode.PART_TIME_PERCENTAGE_NEEDED, "/data/part_time_percentage")
    if data.apprenticeship_basis is not None and data.contract_type != "apprenticeship":
        yield Problem(ErrorCode.BASIS_WITHOUT_APPRENTICESHIP, "/data/apprenticeship_basis")
    for index, interruption in enumerate(data.interruptions):
        if interruption.end is not None and interruption.end < interruption.start:
            yield Problem(ErrorCode.INTERRUPTION_ENDS_BEFORE_START, f"/data/interruptions/{index}/end")


def _judge_response(data: Response, models: NationalModels) -> Iterator[Problem]:
    if parse_instant(data.answered_at) < EARLIEST_US:
        yield Problem(ErrorCode.TIME_TOO_EARLY, "/data/answered_at")
    questionnaire = models.questionnaire(data.questionnaire)
    if questionnaire is None:
        yield Problem(ErrorCode.UNKNOWN_QUESTIONNAIRE, "/data/questionnaire")
        return
    questions = questionnaire.by_code
    answered: set[str] = set()
    for index, answer in enumerate(data.answers):
        question = questions.get(answer.question)
        if question is None:
            yield Problem(ErrorCode.UNKNOWN_QUESTION, f"/data/answers/{index}/question")
            continue
        if answer.question in answered:
            yield Problem(ErrorCode.REPEATED_QUESTION, f"/data/answers/{index}/question")
        answered.add(answer.question)
        if question.kind == "score" and _is_just_a_score(answer):
            continue
        problem = _judge_answer(answer, question)
        if problem is not None:
            code, member = problem
            yield Problem(code, f"/data/answers/{index}{member}")


def _is_just_a_score(answer: Answer) -> bool:
    """Most answers by far; asked first because the intake of every service passes here."""
    return (
        answer.score is not None
        and answer.dont_know is None
        and answer.nps is None
        and answer.choice is None
        and not answer.choices
    )


def _judge_answer(answer: Answer, question: Question) -> tuple[ErrorCode, str] | None:
    """What is wrong with one answer: the code, and the member of the answer at fault."""
    if answer.dont_know is False:
        return ErrorCode.NOT_ALLOWED, "/dont_know"
    kind, others = _given(answer)
    if kind is None or others:
        return ErrorCode.NOT_EXACTLY_ONE_ANSWER, ""
    if kind == "dont_know":
        return None if question.dont_know else (ErrorCode.DONT_KNOW_NOT_ALLOWED, "/dont_know")
    if kind != question.kind:
        return ErrorCode.ANSWER_OF_WRONG_KIND, f"/{kind}"
    unknown = _unknown_choice(answer, question)
    return None if unknown is None else (ErrorCode.UNKNOWN_CHOICE, unknown)


def _unknown_choice(answer: Answer, question: Question) -> str | None:
    """The member with the first choice that the question doesn't have."""
    if answer.choice is not None and answer.choice not in question.choice_codes:
        return "/choice"
    for index, choice in enumerate(answer.choices):
        if choice not in question.choice_codes:
            return f"/choices/{index}"
    return None


def _given(answer: Answer) -> tuple[str | None, int]:
    """The kind of an answer's last value, and how many others it has besides."""
    kind, count = None, -1
    if answer.score is not None:
        kind, count = "score", count + 1
    if answer.dont_know is not None:
        kind, count = "dont_know", count + 1
    if answer.nps is not None:
        kind, count = "nps", count + 1
    if answer.choice is not None:
        kind, count = "choice", count + 1
    if answer.choices:
        kind, count = "choices", count + 1
    return kind, count
