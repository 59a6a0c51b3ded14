"""What the reporting service counts. Every label is one of a closed enumeration; nothing that a caller wrote is one."""

from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.runtime.tokens import TokenFailure

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Telemetry:
    """The metrics of one process, in the registry that its operations port shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Histogram(
            "reporting_request_duration_seconds",
            "From a request to its answer, by the name of the call (other: no call of ours) and HTTP status.",
            ["call", "status"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._rows = Counter("reporting_rows", "Rows answered, by the name of the call.", ["call"], registry=registry)
        self._failures = Counter(
            "reporting_store_failures",
            "Answers that the database didn't give, by reason: unavailable, too_slow.",
            ["reason"],
            registry=registry,
        )
        failures = Counter(
            "reporting_token_failures", "Requests without a good token, by reason.", ["reason"], registry=registry
        )
        self._token_failures = {failure: failures.labels(failure.name.lower()) for failure in TokenFailure}
        self._as_of = Gauge(
            "reporting_as_of_timestamp_seconds",
            "The moment up to which every accepted event is counted; 0 while a partition was never read.",
            registry=registry,
        )

    def answered(self, call: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(call, str(status)).observe(seconds)

    def rows_answered(self, call: str, rows: int) -> None:
        """Count the rows of one answer."""
        self._rows.labels(call).inc(rows)

    def token_refused(self, failure: TokenFailure) -> None:
        """Count one request without a good token."""
        self._token_failures[failure].inc()

    def store_failed(self, reason: str) -> None:
        """Count one answer that the database didn't give."""
        self._failures.labels(reason).inc()

    def counted_until(self, as_of: datetime | None) -> None:
        """Note how far the figures are."""
        self._as_of.set(as_of.timestamp() if as_of else 0.0)
