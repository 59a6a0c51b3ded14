"""What the collector counts. Every label is one of a closed enumeration; nothing that a caller wrote becomes one."""

from collections import Counter as Tally
from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.events.problems import ErrorCode
from services.collector.verdict import Status, Verdict
from services.runtime.tokens import TokenFailure

_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_RECORDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_STATUSES: Final = (202, 207, 400, 401, 403, 405, 404, 408, 413, 415, 422, 500, 503)


class Telemetry:
    """The metrics of one collector, in the registry that its operations port shows."""

    def __init__(self, registry: CollectorRegistry, partitions: int) -> None:
        events = Counter("collector_events", "Events by their verdict.", ["status"], registry=registry)
        self._events = {status: events.labels(status.value) for status in Status}
        errors = Counter("collector_errors", "Reasons of invalid events by code.", ["code"], registry=registry)
        self._errors = {code.value: errors.labels(code.value) for code in ErrorCode}
        requests = Histogram(
            "collector_request_duration_seconds",
            "From the head of a request to its answer, by HTTP status.",
            ["status"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._requests = {status: requests.labels(str(status)) for status in _STATUSES}
        self._other_requests = requests.labels("other")
        self.requests_in_flight = Gauge(
            "collector_in_flight_requests", "Requests that are being answered.", registry=registry
        )
        failures = Counter(
            "collector_token_failures", "Requests without a good token, by reason.", ["reason"], registry=registry
        )
        self._token_failures = {failure: failures.labels(failure.name.lower()) for failure in TokenFailure}
        self._acknowledgements = Histogram(
            "collector_acknowledgement_duration_seconds",
            "From handing a batch to Kafka to its acknowledgement by all in-sync replicas.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._batches = Histogram(
            "collector_batch_records", "Records in one batch to Kafka.", buckets=_RECORDS, registry=registry
        )
        self._queued = Gauge("collector_queue_bytes", "Bytes that wait for their batch.", registry=registry)
        self._queue_refusals = Counter(
            "collector_queue_refusals", "Slices that a full queue turned away.", registry=registry
        )
        self._deadlines = Counter(
            "collector_missed_deadlines", "Batches and waiting slices whose outcome is unknown.", registry=registry
        )
        self._replacements = Counter(
            "collector_producer_replacements", "Kafka producers that could no longer be trusted.", registry=registry
        )
        receipts = Gauge(
            "collector_highest_receipt_offset",
            "The highest offset given out as a receipt, by partition; -1 before the first.",
            ["partition"],
            registry=registry,
        )
        self._receipts = tuple(receipts.labels(str(partition)) for partition in range(partitions))
        self._highest = [-1] * partitions
        for gauge in self._receipts:
            gauge.set(-1)

    def judged(self, verdicts: Iterable[Verdict]) -> None:
        """Count the verdicts of one request."""
        statuses: Tally[Status] = Tally()
        for verdict in verdicts:
            statuses[verdict.status] += 1
            for error in verdict.errors or ():
                self._errors[error.code].inc()
        for status, number in statuses.items():
            self._events[status].inc(number)

    def answered(self, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.get(status, self._other_requests).observe(seconds)

    def token_refused(self, failure: TokenFailure) -> None:
        """Count one request without a good token."""
        self._token_failures[failure].inc()

    def acknowledged(self, partition: int, last_offset: int, *, records: int, seconds: float) -> None:
        """Count one batch that Kafka has."""
        self._acknowledgements.observe(seconds)
        self._batches.observe(records)
        if last_offset > self._highest[partition]:
            self._highest[partition] = last_offset
            self._receipts[partition].set(last_offset)

    def queued(self, size_bytes: int) -> None:
        """Note how much waits."""
        self._queued.set(size_bytes)

    def queue_refused(self) -> None:
        """Count one slice that wasn't queued."""
        self._queue_refusals.inc()

    def deadline_passed(self) -> None:
        """Count one batch or slice whose outcome is unknown."""
        self._deadlines.inc()

    def producer_replaced(self) -> None:
        """Count one producer given up."""
        self._replacements.inc()
