"""Single events as a provider's system would write them: backgrounds, answers, times in any notation."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from recount.ledger import Event
from recount.questionnaires import Question, Questionnaire, questionnaires

from traffic.cast import KINDS, PERIODS, QUALIFICATIONS, Provider

HELSINKI = ZoneInfo("Europe/Helsinki")
EARLIEST = datetime(2018, 7, 1, tzinfo=HELSINKI)

_SOURCES = ("https://student-system.example/feedback", "/work-placements", "urn:backup:system")
_EXCLUSIONS = ("sent_too_late", "externally_funded", "interrupted", "outside_surveys")
_NEW_CODES_FROM = date(2025, 7, 1)
_OLD_CODES_UNTIL = date(2021, 6, 30)


class Writer:
    """Writes the events of one provider's system; numbers start at 1 for each, so that providers share subjects."""

    def __init__(self, random: Random, provider: Provider) -> None:
        self.random = random
        self.provider = provider
        self._subjects = 0
        self._events = 0

    def subject(self) -> str:
        """A subject of this provider that wasn't used before."""
        self._subjects += 1
        return f"r-{self._subjects}"

    def event(self, kind: str, subject: str, at: datetime, data: dict[str, Any]) -> Event:
        """One event at this moment or, when that is too early to be taken, at the first one that is not."""
        self._events += 1
        return {
            "specversion": "1.0",
            "type": f"fi.feedback.{kind}.v1",
            "source": self.random.choice(_SOURCES),
            "id": f"e-{self._events}",
            "time": self.notation(max(at, EARLIEST)),
            "providerid": self.provider.oid,
            "subject": subject,
            "datacontenttype": "application/json",
            "data": data,
        }

    def notation(self, moment: datetime) -> str:
        """An instant in one of the notations that mean it."""
        zone = self.random.choice((UTC, HELSINKI, timezone(timedelta(hours=-3, minutes=-30))))
        text = moment.astimezone(zone).isoformat(timespec="microseconds")
        if self.random.random() < 0.2:
            text = text.replace("T", "t").replace("+00:00", "z")
        if self.random.random() < 0.1:
            head, point, rest = text.partition(".")
            text = f"{head}{point}{rest[:6]}999{rest[6:]}"
        return text

    def background(self, survey: str, period: str) -> dict[str, Any]:
        """A background that counts, with a window that lies within Finland's days."""
        random = self.random
        first, last = PERIODS[period]
        day = first + timedelta(days=random.randrange((last - first).days + 1))
        if random.random() < 0.1:
            day = random.choice((first, last))
        valid_from = min(day + timedelta(days=random.choice((0, 0, 3, 20))), last)
        data: dict[str, Any] = {
            "survey_kind": survey,
            "institution_oid": random.choice(self.provider.institutions),
            "qualification": random.choice(QUALIFICATIONS),
            "competence_areas": random.choice(([], ["2155"], ["2155", "3018"])),
            "trigger_date": day.isoformat(),
            "valid_from": valid_from.isoformat(),
            "valid_to": (valid_from + timedelta(days=29)).isoformat(),
        }
        site = random.choice(self.provider.sites)
        if site is not None or random.random() < 0.5:
            data["site_oid"] = site
        if random.random() < 0.5:
            data |= {"qualification_language": random.choice(("fi", "sv", "en")), "trigger_source": "study_start"}
        if survey in ("workplace_instructor", "workplace"):
            data |= self._work_period(day)
        elif random.random() < 0.5:
            data["competence_acquisition"] = "education"
        return data

    def _work_period(self, end: date) -> dict[str, Any]:
        random = self.random
        length = random.randrange(1, 90)
        start = end - timedelta(days=length - 1)
        data: dict[str, Any] = {
            "employer_business_id": business_id(random),
            "work_period_start": start.isoformat(),
            "work_period_end": end.isoformat(),
            "part_time_percentage": random.choice((100, 50, 80.0)),
            "contract_type": "training_agreement",
            "interruptions": random.choice((None, [], [{"start": start.isoformat(), "end": None}])),
            "duration_days": 0 if random.random() < 0.1 else random.randrange(length + 1),
        }
        if random.random() < 0.5:
            data |= {
                "contract_type": "apprenticeship",
                "apprenticeship_basis": random.choice((None, "employment", "entrepreneur", "entrepreneur")),
                "qualification_unit": "106945",
            }
        if end <= date(2023, 6, 30) and random.random() < 0.5:
            del data["part_time_percentage"]
        return data

    def exclusion(self, at: datetime) -> str:
        """A code that is in force on the Finnish day of the event."""
        day = max(at, EARLIEST).astimezone(HELSINKI).date()
        codes = list(_EXCLUSIONS)
        codes += ["provider_changed"] * 3 if day >= _NEW_CODES_FROM else []
        codes += ["no_contact_details"] * 3 if day <= _OLD_CODES_UNTIL else []
        return self.random.choice(codes)

    def response(self, survey: str, answered: datetime, *, other: bool = False) -> dict[str, Any]:
        """Answers to a questionnaire of this survey kind or, if `other`, to one that doesn't belong to it."""
        fitting = [one for one in questionnaires().values() if (survey in one.kinds) != other]
        questionnaire = self.random.choice(fitting)
        return {
            "questionnaire": questionnaire.code,
            "answered_at": self.notation(answered),
            "answers": self._answers(questionnaire),
        }

    def _answers(self, questionnaire: Questionnaire) -> list[dict[str, Any]]:
        random = self.random
        asked: Sequence[Question] = questionnaire.questions
        if random.random() < 0.15:  # no answer to any funding question
            asked = [question for question in asked if not question.funding]
        given = [question for question in asked if random.random() < 0.85] or [random.choice(asked)]
        random.shuffle(given)
        return [{"question": question.code, **self._answer(question)} for question in given]

    def _answer(self, question: Question) -> dict[str, Any]:
        random = self.random
        if question.dont_know and random.random() < 0.3:
            return {"dont_know": True}
        match question.kind:
            case "score":
                return {"score": random.choice((1, 2, 3, 4, 5, 5, 4.0))}
            case "nps":
                return {"nps": random.randrange(11)}
            case "choice":
                return {"choice": random.choice(question.choices)}
            case _:
                return {"choices": random.choices(question.choices, k=random.randrange(1, 4))}


def in_finland(day: str, *, last_moment: bool = False) -> datetime:
    """The first or the last microsecond of a day in Finland."""
    return datetime.combine(date.fromisoformat(day), time.max if last_moment else time.min, HELSINKI)


def other_kind(random: Random, survey: str) -> str:
    """Another survey kind."""
    return random.choice([kind for kind in KINDS if kind != survey])


def business_id(random: Random) -> str:
    """A business id with its check digit (§3)."""
    while True:
        digits = f"{random.randrange(10**7):07d}"
        rest = sum(weight * int(digit) for weight, digit in zip((7, 9, 10, 5, 8, 4, 2), digits, strict=True)) % 11
        if rest != 1:
            return f"{digits}-{0 if rest == 0 else 11 - rest}"
