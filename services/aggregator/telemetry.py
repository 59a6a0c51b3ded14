"""The aggregator's metrics, a closed list; labels are closed enumerations, never an OID or a subject."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.aggregator.store import Applied


class Telemetry:
    """All metrics of one process in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.records = Counter(
            "aggregator_records",
            "Records applied, by verdict: distinct, duplicate, conflict, rejected.",
            ["verdict"],
            registry=registry,
        )
        self.apply_seconds = Histogram(
            "aggregator_apply_seconds",
            "Time of one transaction that applies a batch.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=registry,
        )
        self.restarts = Counter(
            "aggregator_lane_restarts",
            "How often a lane began again from the fence, by reason: fence_lost, store, log, log_moved.",
            ["reason"],
            registry=registry,
        )
        self.held = Gauge("aggregator_partitions_held", "Partitions that this process holds.", registry=registry)
        self.stopped = Gauge(
            "aggregator_partition_stopped",
            "1 while a held partition stands still because its log can't be trusted or understood.",
            ["partition"],
            registry=registry,
        )
        self.left_out = Gauge(
            "aggregator_partition_without_leader",
            "1 while a held partition isn't read because no broker that leads it answers.",
            ["partition"],
            registry=registry,
        )
        self.next_offset = Gauge(
            "aggregator_next_offset", "The next offset to read of a held partition.", ["partition"], registry=registry
        )
        self.lag = Gauge(
            "aggregator_lag_records",
            "Records of a held partition that wait to be applied, as of the last look at its end; also while it stands "
            "still.",
            ["partition"],
            registry=registry,
        )
        self.quarantine_open = Gauge(
            "aggregator_quarantine_open",
            "Records of a held partition that stand in quarantine, conflicts among them.",
            ["partition"],
            registry=registry,
        )
        self.quarantine_oldest = Gauge(
            "aggregator_quarantine_oldest_seconds",
            "How long ago the oldest of them was received; 0 when none stands.",
            ["partition"],
            registry=registry,
        )
        self.books_out_of_balance = Gauge(
            "aggregator_books_out_of_balance",
            "1 while a held partition's books differ from what was read of it, or a provider's from its ledger, or a"
            " provider's figures or requests were not what its requests and its ledger say when last compared.",
            ["partition"],
            registry=registry,
        )
        self.books_checked = Gauge(
            "aggregator_books_checked_timestamp_seconds",
            "When its books were last looked at, about every 15 s; later on a record so large that it takes longer.",
            ["partition"],
            registry=registry,
        )
        self.requests_compared = Gauge(
            "aggregator_requests_compared_timestamp_seconds",
            "When the last round over the requests of all providers of a held partition ended: each was compared with"
            " its figures and its ledger.",
            ["partition"],
            registry=registry,
        )
        self.of_watched_partitions = (
            self.quarantine_open,
            self.quarantine_oldest,
            self.books_out_of_balance,
            self.books_checked,
            self.requests_compared,
        )

    def applied(self, applied: Applied, seconds: float) -> None:
        """Count one batch."""
        self.apply_seconds.observe(seconds)
        for verdict in ("distinct", "duplicate", "conflict", "rejected"):
            self.records.labels(verdict).inc(getattr(applied, verdict))
