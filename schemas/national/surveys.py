"""The five survey kinds of the national model (§2), by the names that events, rows and files carry."""

from typing import Literal

SurveyKind = Literal["start", "completion_whole", "completion_parts", "workplace_instructor", "workplace"]

STUDENT_KINDS: tuple[SurveyKind, ...] = ("start", "completion_whole", "completion_parts")
EMPLOYER_KINDS: tuple[SurveyKind, ...] = ("workplace_instructor", "workplace")
SURVEY_KINDS: tuple[SurveyKind, ...] = STUDENT_KINDS + EMPLOYER_KINDS
