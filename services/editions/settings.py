"""The settings of the batch job that cuts editions."""

from typing import Annotated

from pydantic import Field

from services.runtime.settings import PostgresSettings


class EditionsSettings(PostgresSettings):
    """Everything that a deployment may decide about cutting editions."""

    database_statement_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=600.0, description="how long the database may work on one statement"
    )
