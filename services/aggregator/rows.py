"""How values lie in the columns of the statements, and back: the only place that knows the order of columns. Pure.

Statements take one array a column, so a batch of rows is turned on its side by `columns`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from schemas.events.codec import FORM
from schemas.national.surveys import STUDENT_KINDS
from services.aggregator.contribution import AnswersKey, Contribution, Deltas, MonthKey
from services.aggregator.decode import Arrival, Reject
from services.aggregator.fold import (
    ChangedRequest,
    DayBook,
    EventName,
    RequestName,
    StoredRequest,
    Verdict,
)
from services.aggregator.merge import BackgroundRegister, Facts, RequestState, ResponseRegister, kind_of

Row = tuple[Any, ...]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def columns(rows: Sequence[Row], width: int) -> list[Sequence[Any]]:
    """The columns of these rows, `width` of them even when there is no row."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


LEDGER_COLUMNS: Final = (
    *("partition", "provider", "event_key", "digest", "digest_key", "form"),
    *("log_offset", "received_at", "subject"),
)
"""The columns of `ledger_row`."""


def ledger_row(name: EventName, arrival: Arrival, digest_key: int) -> Row:
    """A whole row of `ledger`, in the order of LEDGER_COLUMNS."""
    received_at = _moment(arrival.received_ms)
    return (*name, arrival.digest, digest_key, FORM, arrival.offset, received_at, arrival.subject)


@lru_cache(maxsize=4096)
def _moment(ms: int) -> datetime:
    """The broker's time; the records of one batch of a producer share it."""
    return _EPOCH + timedelta(milliseconds=ms)


def stored_request(row: Mapping[str, Any]) -> tuple[RequestName, StoredRequest]:
    """read_requests: a request as its row says."""
    background = response = None
    if row["background_at_us"] is not None:
        background = BackgroundRegister(
            row["background_at_us"], row["background_cancelled"], row["background_key"], _stored_facts(row)
        )
    if row["response_at_us"] is not None:
        response = ResponseRegister(
            row["response_at_us"],
            row["response_withdrawn"],
            row["response_key"],
            row["questionnaire"],
            row["answered_at_us"],
            row["answers"],
        )
    counted = row["response"] == "counts"
    added = Contribution(
        row["target"],
        row["response"],
        row["month"],
        row["survey_kind"] if row["month"] is not None else None,
        bool(row["entrepreneur"]) and row["month"] is not None,
        row["target_days"],
        row["respondent_days"],
        row["points"],
        row["questionnaire"] if counted else None,
        row["answers"] if counted else None,
    )
    return (row["partition"], row["provider"], row["subject"]), StoredRequest(RequestState(background, response), added)


def _stored_facts(row: Mapping[str, Any]) -> Facts | None:
    if row["background_cancelled"]:
        return None
    return Facts(
        row["survey_kind"],
        row["trigger_date"],
        row["valid_from"],
        row["valid_to"],
        row["exclusion"],
        row["work_period_end"],
        row["duration_days"],
        row["entrepreneur"],
    )


_NO_BACKGROUND: Row = (None,) * 16
_NO_FACTS: Row = (None,) * 11
_NO_RESPONSE: Row = (None,) * 7

REQUEST_COLUMNS: Final = (
    *("partition", "provider", "subject"),
    *("background_at_us", "background_cancelled", "background_key"),
    *("survey_kind", "institution", "site", "qualification", "trigger_date", "valid_from", "valid_to", "exclusion"),
    *("work_period_end", "duration_days", "entrepreneur", "cancellation", "particulars"),
    *("response_at_us", "response_withdrawn", "response_key"),
    *("questionnaire", "answered_at_us", "answers", "withdrawal"),
    *("target", "response", "month", "target_days", "respondent_days", "points", "rules"),
)
"""The columns of `new_request_row`."""


def new_request_row(change: ChangedRequest, oids: Mapping[str, int], rules: int) -> Row:
    """A whole row of `request`, in the order of REQUEST_COLUMNS."""
    background, response = change.state.background, change.state.response
    return (
        *change.name,
        *(_NO_BACKGROUND if background is None else _background(background, oids)),
        *(_NO_RESPONSE if response is None else _response(response)),
        *_contribution(change.adds),
        rules,
    )


def background_row(change: ChangedRequest, oids: Mapping[str, int]) -> Row:
    """update_backgrounds: name, register with facts and particulars, contribution (25 columns)."""
    assert change.state.background is not None
    return (*change.name, *_background(change.state.background, oids), *_contribution(change.adds))


def response_row(change: ChangedRequest) -> Row:
    """update_responses: name, register, contribution (16 columns)."""
    assert change.state.response is not None
    return (*change.name, *_response(change.state.response), *_contribution(change.adds))


def _background(register: BackgroundRegister, oids: Mapping[str, int]) -> Row:
    if register.facts is None or register.particulars is None:
        facts, rest = _NO_FACTS, None
    else:
        known, placed = register.facts, register.particulars
        facts = (
            known.survey_kind,
            None if placed.institution is None else oids[placed.institution],
            None if placed.site is None else oids[placed.site],
            placed.qualification,
            known.trigger_date,
            known.valid_from,
            known.valid_to,
            known.exclusion,
            known.work_period_end,
            known.duration_days,
            known.entrepreneur,
        )
        rest = placed.rest
    return (*register.stamp, *facts, register.cancellation, rest)


def _response(register: ResponseRegister) -> Row:
    return (
        *register.stamp,
        register.questionnaire,
        register.answered_at_us,
        register.answers,
        register.withdrawal,
    )


def _contribution(adds: Contribution) -> Row:
    return (adds.target, adds.response, adds.month, adds.target_days, adds.respondent_days, adds.points)


def contribution_row(name: RequestName, adds: Contribution) -> Row:
    """update_contributions: name, contribution (9 columns)."""
    return (*name, *_contribution(adds))


def replaced_month_figures(figures: Mapping[MonthKey, Sequence[int]]) -> list[Row]:
    """replace_month_figures: key and five sums (10 columns)."""
    return [(*key, *sums) for key, sums in sorted(figures.items())]


def replaced_month_answers(histograms: Mapping[AnswersKey, Sequence[int]]) -> list[Row]:
    """replace_month_answers: key and two histograms as the texts of their arrays (7 columns)."""
    replaced = []
    for key, numbers in sorted(histograms.items()):
        cells = len(numbers) if key[3] in STUDENT_KINDS else len(numbers) // 2
        replaced.append((*key, _array(numbers[:cells]), _array(numbers[cells:])))
    return replaced


def month_figure_rows(deltas: Deltas) -> list[Row]:
    """add_month_figures: key and five sums (10 columns), in the order in which rows are locked."""
    return [(*key, *sums) for key, sums in sorted(deltas.months.items()) if any(sums)]


def month_answers_rows(deltas: Deltas) -> list[Row]:
    """add_month_answers: key and two histograms as the texts of their arrays (7 columns)."""
    return [
        (*key, _array(heads), _array(days))
        for key, (heads, days) in sorted(deltas.answers.items())
        if any(heads) or any(days)
    ]


def _array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def provider_day_rows(books: Mapping[tuple[int, int, date], DayBook]) -> list[Row]:
    """add_provider_days: partition, provider, day, records, duplicate, conflict, rejected."""
    return [(*key, book.records, book.duplicate, book.conflict, book.rejected) for key, book in sorted(books.items())]


def quarantine_rows(
    verdicts: Iterable[tuple[Arrival, Verdict]], rejects: Iterable[Reject], providers: Mapping[str, int]
) -> list[Row]:
    """quarantine: partition, log_offset, reason, pointers, provider, event_key, digest, kind of event, received ms."""
    rows: list[Row] = [
        (
            arrival.partition,
            arrival.offset,
            "conflict",
            "",
            providers[arrival.provider],
            arrival.key,
            arrival.digest,
            kind_of(arrival.register),
            arrival.received_ms,
        )
        for arrival, verdict in verdicts
        if verdict == "conflict"
    ]
    rows += [
        (
            reject.partition,
            reject.offset,
            reject.reason,
            "\n".join(reject.pointers),
            None if reject.provider is None else providers[reject.provider],
            reject.key,
            None,
            None,
            reject.received_ms,
        )
        for reject in rejects
    ]
    return sorted(rows, key=lambda row: (row[0], row[1]))


def places(arrival: Arrival) -> Iterable[str]:
    """The organisations besides the provider that an arrival's row will name."""
    register = arrival.register
    if isinstance(register, BackgroundRegister) and register.particulars is not None:
        if register.particulars.institution is not None:
            yield register.particulars.institution
        if register.particulars.site is not None:
            yield register.particulars.site
