"""The whole recount: from what stands in the log to every answer that the reporting API should give."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from recount.figures import Row
from recount.instants import instant_us
from recount.ledger import Arrival, Event, Name, content_of, name_of, verdicts
from recount.population import Population
from recount.requests import Request, requests_of
from recount.targets import targets_of


class Recount(Population):
    """A recount of the records of a log, given in any order."""

    def __init__(self, arrivals: Iterable[Arrival]) -> None:
        self._verdicts = verdicts(arrivals)
        self.standing: dict[Name, Arrival] = {
            name_of(arrival.event): arrival for arrival, verdict in self._verdicts if verdict == "distinct"
        }
        self.requests: dict[tuple[str, str], Request] = requests_of(one.event for one in self.standing.values())
        super().__init__(targets_of(self.requests.values()))

    @property
    def contents(self) -> dict[Name, Any]:
        """What every event says that stands."""
        return {name: content_of(arrival.event) for name, arrival in self.standing.items()}

    @property
    def conflicts(self) -> list[Arrival]:
        """The records that contradict the event standing under their name."""
        return [arrival for arrival, verdict in self._verdicts if verdict == "conflict"]

    def event(self, name: Name) -> Row:
        """What a look-up says of an event: whether it holds a register of its request."""
        provider, source, event_id = name
        row: Row = {"providerid": provider, "source": source, "id": event_id, "reason": None}
        arrival = self.standing.get(name)
        if arrival is None:
            return {**row, "state": "unknown", "receipt": None}
        state = "applied" if self._holds_register(arrival.event) else "superseded"
        return {**row, "state": state, "receipt": arrival.receipt}

    def request(self, provider: str, subject: str) -> Row:
        """What a look-up says of a request; its times in microseconds."""
        request = self.requests.get((provider, subject))
        row: Row = {"providerid": provider, "subject": subject}
        if request is None:
            return {**row, "target": "no_request", "response": "no_request", "exclusion": None, **_times(None, None)}
        return {**row, **_judgement(request)}

    def uncounted(self, provider: str) -> list[Row]:
        """The rows of `/v1/requests` of a provider."""
        return [
            {
                "subject": request.subject,
                "survey": None if request.recorded is None else request.recorded["survey_kind"],
                **_judgement(request),
            }
            for request in self.requests.values()
            if request.provider == provider and request.response_reason != "counts"
        ]

    def books(self) -> list[Row]:
        """The rows of `/v1/books`."""
        counts = Counter((arrival.event["providerid"], verdict) for arrival, verdict in self._verdicts)
        rows = []
        for provider in sorted({provider for provider, _ in counts}):
            own = [request for request in self.requests.values() if request.provider == provider]
            standing = sum((one.background is not None) + (one.response is not None) for one in own)
            distinct, duplicate, conflict = (
                counts[provider, verdict] for verdict in ("distinct", "duplicate", "conflict")
            )
            rows.append(
                {
                    "provider": provider,
                    "records": distinct + duplicate + conflict,
                    "standing": standing,
                    "waiting": sum(one.background is None and one.response is not None for one in own),
                    "superseded": distinct - standing,
                    "duplicate": duplicate,
                    "conflict": conflict,
                    "rejected": 0,
                }
            )
        return rows

    def _holds_register(self, event: Event) -> bool:
        request = self.requests[event["providerid"], event["subject"]]
        return event is request.background or event is request.response


def _judgement(request: Request) -> Row:
    return {
        "target": request.target_reason,
        "response": request.response_reason,
        "exclusion": request.exclusion,
        **_times(request.background, request.response),
    }


def _times(background: Event | None, response: Event | None) -> Row:
    return {
        "background_time": None if background is None else instant_us(background["time"]),
        "response_time": None if response is None else instant_us(response["time"]),
    }
