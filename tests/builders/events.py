"""Events in structured form, as a provider's system would write them."""

import itertools
import json
from typing import Any

PROVIDER = "1.2.246.562.10.10000000001"
INSTITUTION = "1.2.246.562.10.10000000002"
SOURCE = "https://student-system.example/feedback"

_numbers = itertools.count(1)


def event(kind: str, data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """One event; `kind` is the part of its type between `fi.feedback.` and `.v1`."""
    return {
        "specversion": "1.0",
        "type": f"fi.feedback.{kind}.v1",
        "source": SOURCE,
        "id": f"event-{next(_numbers)}",
        "time": "2025-08-11T09:30:00+03:00",
        "providerid": PROVIDER,
        "subject": "r-1001",
        "datacontenttype": "application/json",
        "data": data,
    } | attributes


def student_background(**members: Any) -> dict[str, Any]:
    return {
        "survey_kind": "start",
        "institution_oid": INSTITUTION,
        "site_oid": None,
        "commissioned_provider_oid": None,
        "qualification": "351301",
        "competence_areas": ["2155"],
        "qualification_language": "fi",
        "trigger_date": "2025-08-11",
        "trigger_source": "study_start",
        "valid_from": "2025-08-11",
        "valid_to": "2025-09-09",
        "exclusion": None,
        "competence_acquisition": "education",
    } | members


def employer_background(**members: Any) -> dict[str, Any]:
    return {
        "survey_kind": "workplace_instructor",
        "institution_oid": INSTITUTION,
        "qualification": "351301",
        "trigger_date": "2025-10-31",
        "valid_from": "2025-10-31",
        "valid_to": "2025-11-29",
        "employer_business_id": "0763403-0",
        "work_period_start": "2025-09-01",
        "work_period_end": "2025-10-31",
        "part_time_percentage": 100,
        "contract_type": "apprenticeship",
        "apprenticeship_basis": "employment",
        "interruptions": [{"start": "2025-10-13", "end": "2025-10-17"}],
        "qualification_unit": "106945",
        "duration_days": 40,
    } | members


def recorded(data: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    return event("request.recorded", student_background() if data is None else data, **attributes)


def cancelled(reason: str = "entered_in_error", **attributes: Any) -> dict[str, Any]:
    return event("request.cancelled", {"reason": reason}, **attributes)


def answers(**scores: Any) -> list[dict[str, Any]]:
    """Answers by question: a number is a score, None "don't know", a dictionary any other kind."""
    return [
        {"question": question}
        | ({"dont_know": True} if value is None else value if isinstance(value, dict) else {"score": value})
        for question, value in scores.items()
    ]


def submitted(
    given: list[dict[str, Any]] | None = None,
    *,
    questionnaire: str = "start-2025",
    answered_at: str = "2025-08-14T18:02:11+03:00",
    **attributes: Any,
) -> dict[str, Any]:
    data = {
        "questionnaire": questionnaire,
        "answered_at": answered_at,
        "answers": answers(start_01=4, start_02=None, start_nps={"nps": 9}) if given is None else given,
    }
    return event("response.submitted", data, **{"time": "2025-08-14T18:02:11+03:00"} | attributes)


def withdrawn(reason: str = "respondent_request", **attributes: Any) -> dict[str, Any]:
    return event("response.withdrawn", {"reason": reason}, **{"time": "2025-08-20T12:00:00+03:00"} | attributes)


def body(value: Any) -> bytes:
    return json.dumps(value).encode()
