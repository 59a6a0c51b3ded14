"""The collector's settings."""

from typing import Annotated

from pydantic import Field

from services.runtime.settings import HttpSettings, KafkaSettings, OperationsSettings, TokenSettings

_Bytes = Annotated[int, Field(ge=1)]
_Count = Annotated[int, Field(ge=1)]
_Milliseconds = Annotated[int, Field(ge=1, le=600_000)]


class CollectorSettings(KafkaSettings, TokenSettings, HttpSettings, OperationsSettings):
    """Everything that a deployment may decide about a collector."""

    body_limit_bytes: _Bytes = Field(default=5 * 1024 * 1024, description="the largest body of a request")
    batch_limit_events: _Count = Field(default=1_000, description="the most events of a batch")
    event_limit_bytes: Annotated[int, Field(ge=1, le=512 * 1024)] = Field(
        default=64 * 1024, description="the largest event; at most half of what Kafka takes as one batch"
    )
    body_timeout_ms: _Milliseconds = Field(default=30_000, description="how long a body may take to arrive")
    acknowledgement_timeout_ms: _Milliseconds = Field(
        default=10_000, description="how long an event waits for Kafka before it is to be sent again"
    )
    queue_limit_bytes: _Bytes = Field(
        default=64 * 1024 * 1024, description="how much may wait for Kafka before more is turned away"
    )
    retry_after_seconds: Annotated[int, Field(ge=1, le=3600)] = Field(
        default=5, description="what Retry-After tells a client that should send again"
    )
    kafka_request_timeout_ms: _Milliseconds = Field(
        default=5_000, description="how long one request to a broker may take before it is repeated"
    )
    kafka_metadata_max_age_ms: _Milliseconds = Field(
        default=60_000, description="after how long the brokers are asked anew which of them leads what"
    )
    drain_notice_ms: Annotated[int, Field(ge=0, le=60_000)] = Field(
        default=0, description="how long a stopping collector still serves, so that load balancers notice it first"
    )
