"""The CloudEvents 1.0 envelope that every event travels in (national model §4)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.events.types import Identifier, Instant, JsonMediaType, OrganisationOid, Source


class Envelope(BaseModel):
    """The attributes of every event. Other extension attributes are allowed by CloudEvents, and dropped here."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    specversion: Literal["1.0"] = Field(description="The version of CloudEvents.")
    id: Identifier = Field(description="The event's id, unique in its source.")
    source: Source = Field(description="The sending system, a URI or path.")
    time: Instant = Field(description="When it happened in the sending system, with an offset.")
    providerid: OrganisationOid = Field(description="The education provider on whose behalf the event is posted.")
    subject: Identifier = Field(description="The feedback request's id as the provider's system knows it.")
    datacontenttype: JsonMediaType | None = Field(default=None, description="application/json, or absent.")
