"""Why a request or its response counts or doesn't: the first that holds, in this order (national model §4, Reasons)."""

from typing import Final, Literal, get_args

Reason = Literal[
    "counts",
    "no_request",
    "cancelled",
    "excluded",
    "no_attribution_date",
    "no_response",
    "withdrawn",
    "other_questionnaire",
    "answered_before_window",
    "answered_after_window",
]

REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
