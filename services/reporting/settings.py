"""The reporting service's settings."""

from typing import Annotated

from pydantic import Field

from services.runtime.settings import HttpSettings, OperationsSettings, PostgresSettings, TokenSettings


class ReportingSettings(PostgresSettings, TokenSettings, HttpSettings, OperationsSettings):
    """Everything that a deployment may decide about a reporting service."""

    database_connections: Annotated[int, Field(ge=1, le=100)] = Field(
        default=8, description="most connections to Postgres, and so most answers that are read at once"
    )
    database_wait_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        default=5.0, description="how long a request waits for a free connection"
    )
    database_answer_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        default=30.0, description="how long the database may work on one statement"
    )
    freshness_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        default=5.0, description="how often the service looks whether the database answers and how far it is"
    )
    drain_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        default=10.0, description="how long requests in flight may take when the service stops"
    )
