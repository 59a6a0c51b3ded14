"""The population, one row a target, with what its response brings (§7)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from recount.instants import period_of
from recount.questionnaires import Questionnaire, questionnaires
from recount.requests import EMPLOYER_KINDS, Request

KEYS = ("provider", "month", "institution", "site", "qualification")
"""What figures may be grouped by."""


@dataclass(frozen=True)
class Target:
    """One target. `days` are its duration, None for students; `answers` are those of a response that counts.

    The copy that an entrepreneur's instructor request adds to the workplace survey is a target of its own here,
    without answers to questions.
    """

    survey: str
    provider: str
    month: str
    institution: str | None
    site: str | None
    qualification: str
    days: int | None
    respondent: bool = False
    respondent_days: int = 0
    points: Fraction = Fraction(0)
    questionnaire: Questionnaire | None = None
    answers: tuple[dict[str, Any], ...] = ()

    @property
    def period(self) -> str:
        """The reporting period."""
        return period_of(self.month)


def targets_of(requests: Iterable[Request]) -> list[Target]:
    """All targets of all requests, entrepreneurs' copies included."""
    found: list[Target] = []
    for request in requests:
        if request.target_reason != "counts":
            continue
        assert request.recorded is not None
        target = _target(request, request.recorded)
        found.append(target)
        if target.survey == "workplace_instructor" and request.recorded.get("apprenticeship_basis") == "entrepreneur":
            points = target.points * Fraction(9, 8)
            found.append(replace(target, survey="workplace", points=points, questionnaire=None, answers=()))
    return found


def _target(request: Request, data: dict[str, Any]) -> Target:
    assert request.attribution_date is not None
    employer = data["survey_kind"] in EMPLOYER_KINDS
    target = Target(
        survey=data["survey_kind"],
        provider=request.provider,
        month=request.attribution_date.strftime("%Y-%m"),
        institution=data.get("institution_oid"),
        site=data.get("site_oid"),
        qualification=data["qualification"],
        days=int(data["duration_days"]) if employer else None,
    )
    if request.response_reason != "counts":
        return target
    assert request.submitted is not None
    questionnaire = questionnaires()[request.submitted["questionnaire"]]
    funding = [answer for answer in request.submitted["answers"] if questionnaire.question(answer["question"]).funding]
    weight = 1 if target.days is None else target.days
    return replace(
        target,
        respondent=True,
        respondent_days=(target.days or 0) if funding else 0,
        points=Fraction(sum(int(answer.get("score") or 0) for answer in funding) * weight),
        questionnaire=questionnaire,
        answers=tuple(request.submitted["answers"]),
    )
