"""The collector's settings."""

from typing import Annotated

from pydantic import Field

from services.runtime.settings import HttpSettings, KafkaSettings, OperationsSettings, TokenSettings

_Bytes = Annotated[int, Field(ge=1)]
_Milliseconds = Annotated[int, Field(ge=1, le=600_000)]


class CollectorSettings(KafkaSettings, TokenSettings, HttpSettings, OperationsSettings):
    """Everything that a deployment may decide about a collector."""

    body_limit_bytes: _Bytes = 5 * 1024 * 1024
    batch_limit_events: Annotated[int, Field(ge=1)] = 1_000
    event_limit_bytes: Annotated[int, Field(ge=1, le=512 * 1024)] = Field(
        default=64 * 1024, description="at most half of what Kafka takes as one batch"
    )
    body_timeout_ms: _Milliseconds = 30_000
    acknowledgement_timeout_ms: _Milliseconds = 10_000
    queue_limit_bytes: _Bytes = 64 * 1024 * 1024
    retry_after_seconds: Annotated[int, Field(ge=1, le=3600)] = 5
    kafka_request_timeout_ms: _Milliseconds = 5_000
    kafka_metadata_max_age_ms: _Milliseconds = 60_000
    drain_notice_ms: Annotated[int, Field(ge=0, le=60_000)] = Field(
        default=0, description="how long a stopping collector still serves, so that load balancers notice it first"
    )
