"""`python -m tests.evolution.tomorrow services.aggregator`: a service as tomorrow's release would run it.

Tomorrow knows one event type more, invented for the tests: version 2 of a withdrawal, which also says who asked for it.
"""

import runpy
import sys
from typing import ClassVar, Literal

import msgspec
from pydantic import BaseModel, ConfigDict

from schemas.events import codec
from schemas.events.envelope import Envelope
from schemas.events.v1 import EVENT_MODELS

TYPE = "fi.feedback.response.withdrawn.v2"


class ReasonAndAsker(codec.Reason, frozen=True, forbid_unknown_fields=True, gc=False):
    """Why, and who asked."""

    asked_by: Literal["respondent", "provider"]


class ResponseWithdrawnV2(codec.ResponseWithdrawn, frozen=True, kw_only=True, tag=TYPE):
    """For the codec; whatever is done with version 1 is done with it."""

    data: ReasonAndAsker


class AskerModel(BaseModel):
    """The data of the contract's model."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    reason: str
    asked_by: Literal["respondent", "provider"]


class ResponseWithdrawnV2Model(Envelope):
    """For the contract."""

    TYPE: ClassVar = TYPE
    type: Literal["fi.feedback.response.withdrawn.v2"]
    data: AskerModel


def register() -> None:
    """Make this process one of tomorrow's release."""
    EVENT_MODELS[TYPE] = ResponseWithdrawnV2Model
    codec._decoder = msgspec.json.Decoder(codec.Event | ResponseWithdrawnV2)  # type: ignore[misc]  # noqa: SLF001


if __name__ == "__main__":
    register()
    runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
