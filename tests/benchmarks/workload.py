"""The national event, with which everything is measured.

60 % recorded requests and 40 % responses with 12 answers; providers by their real share of the national counts.
"""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from palautevirta.demo.counts import published_counts
from palautevirta.demo.organisations import provider_oid

SOURCE: Final = "https://student-system.example/feedback"
_ANSWERED: Final = 0.4
_DAYS: Final = 300


class Workload:
    """A seeded stream of distinct events of the 154 providers."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._seed = seed
        targets = {
            provider_oid(provider.business_id): sum(counts.targets for counts in provider.counts.values())
            for provider in published_counts()
        }
        self.providers: Sequence[str] = [oid for oid, count in targets.items() if count]
        self._weights = [count for count in targets.values() if count]
        self._number = 0

    def events(self, count: int) -> Iterator[dict[str, Any]]:
        """So many events; a response follows on a request that came before."""
        asked: list[tuple[str, str, date]] = []
        for provider in self._random.choices(self.providers, self._weights, k=count):
            self._number += 1
            if asked and self._random.random() < _ANSWERED:
                position = self._random.randrange(len(asked))
                asked[position], asked[-1] = asked[-1], asked[position]
                yield self._response(*asked.pop())
            else:
                subject = f"r-{self._seed}-{self._number}"
                day = date(2025, 7, 1) + timedelta(days=self._random.randrange(_DAYS))
                asked.append((provider, subject, day))
                yield self._request(provider, subject, day)

    def _clock(self) -> str:
        """A time of day, so that hardly two events share an instant."""
        return f"{self._random.randrange(24):02}:{self._random.randrange(60):02}:{self._random.randrange(60):02}"

    def _envelope(self, kind: str, provider: str, subject: str, time: str) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "type": f"fi.feedback.{kind}.v1",
            "source": SOURCE,
            "id": f"e-{self._seed}-{self._number}",
            "time": time,
            "providerid": provider,
            "subject": subject,
            "datacontenttype": "application/json",
        }

    def _request(self, provider: str, subject: str, day: date) -> dict[str, Any]:
        number = int(provider.rpartition(".")[2]) % 1_000_000_000
        return self._envelope("request.recorded", provider, subject, f"{day}T{self._clock()}+03:00") | {
            "data": {
                "survey_kind": "start",
                "institution_oid": f"1.2.246.562.99.{10_000_000_000 + number}",
                "site_oid": f"1.2.246.562.99.{30_000_000_000 + number + self._random.randrange(5)}",
                "qualification": f"{351_301 + self._random.randrange(20)}",
                "competence_areas": ["2155"],
                "qualification_language": "fi",
                "trigger_date": str(day),
                "trigger_source": "study_start",
                "valid_from": str(day),
                "valid_to": str(day + timedelta(days=29)),
                "competence_acquisition": "education",
            }
        }

    def _response(self, provider: str, subject: str, day: date) -> dict[str, Any]:
        answered = f"{day + timedelta(days=3)}T{self._clock()}+03:00"
        answers: list[dict[str, Any]] = [
            {"question": f"start_{number:02}", "score": self._random.randint(1, 5)} for number in range(1, 10)
        ]
        answers[4] = {"question": "start_05", "dont_know": True}
        answers += [
            {"question": "start_nps", "nps": self._random.randint(0, 10)},
            {"question": "start_reason", "choice": "interest"},
            {"question": "start_needs", "choices": ["schedule", "place"]},
        ]
        return self._envelope("response.submitted", provider, subject, answered) | {
            "data": {"questionnaire": "start-2025", "answered_at": answered, "answers": answers}
        }


def as_json(event: dict[str, Any]) -> bytes:
    """The event as a sender writes it."""
    return json.dumps(event, separators=(",", ":")).encode()


ROOT: Final = Path(__file__).parents[2]
