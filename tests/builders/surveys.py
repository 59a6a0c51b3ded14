"""Requests of a survey kind on a day, some of them answered: the smallest way to figures that one can count by hand."""

from datetime import date, timedelta
from typing import Any

from .events import answers, employer_background, event, student_background

QUESTION = {
    "start": "start_01",
    "completion_whole": "completion_01",
    "completion_parts": "completion_01",
    "workplace_instructor": "instructor_01",
    "workplace": "workplace_01",
}
"""The first funding question of each kind, the only one that is answered here."""


def survey(
    name: str,
    kind: str,
    day: date,
    *,
    targets: int,
    respondents: int = 0,
    score: int = 5,
    **background: Any,
) -> list[dict[str, Any]]:
    """Events of `targets` requests called `name-1` …, attributed to `day`; the first `respondents` answer `score`.

    `background` holds `provider`, `institution`, `site`, `qualification`; for employers also `days` and
    `entrepreneur`.
    """
    provider = background["provider"]
    noon = f"{day}T12:00:00+02:00"
    found = []
    for number in range(1, targets + 1):
        request = {"subject": f"{name}-{number}", "providerid": provider, "time": noon}
        found.append(event("request.recorded", _background(kind, day, **background), **request))
        if number <= respondents:
            data = {
                "questionnaire": f"{'completion' if kind.startswith('completion') else kind}-2018",
                "answered_at": f"{day + timedelta(days=1)}T12:00:00+02:00",
                "answers": answers(**{QUESTION[kind]: score}),
            }
            found.append(event("response.submitted", data, **request))
    return found


def _background(
    kind: str,
    day: date,
    *,
    provider: str,  # noqa: ARG001 - it stands in the envelope
    institution: str | None = None,
    site: str | None = None,
    qualification: str = "351301",
    days: int = 0,
    entrepreneur: bool = False,
) -> dict[str, Any]:
    placed = {
        "survey_kind": kind,
        "institution_oid": institution,
        "site_oid": site,
        "qualification": qualification,
        "trigger_date": day.isoformat(),
        "valid_from": day.isoformat(),
        "valid_to": (day + timedelta(days=29)).isoformat(),
    }
    if not kind.startswith("workplace"):
        return student_background(**placed)
    return employer_background(
        **placed,
        work_period_start=(day - timedelta(days=60)).isoformat(),
        work_period_end=day.isoformat(),
        apprenticeship_basis="entrepreneur" if entrepreneur else "employment",
        interruptions=[],
        duration_days=days,
    )
