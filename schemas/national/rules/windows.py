"""The response window that the national rule gives a student's request (national model §4).

Providers send the window themselves. The rule is offered to them, and a different window is worth a warning, never a
rejection.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from schemas.national.parameters import Window


@dataclass(frozen=True, slots=True)
class ResponseWindow:
    """The Finnish days on which an answer counts, both inclusive; empty when it ends before it begins."""

    valid_from: date
    valid_to: date

    def holds(self, day: date) -> bool:
        """Say whether an answer of that day counts."""
        return self.valid_from <= day <= self.valid_to


def student_window(*, trigger_date: date, issued: date, rule: Window) -> ResponseWindow:
    """Return the window of a request whose invitation is issued on ``issued``.

    An empty window means that its end has passed at issue: the provider sends the exclusion ``sent_too_late``.
    """
    valid_from = max(trigger_date, issued)
    longest = valid_from + timedelta(days=rule.days - 1)
    latest = trigger_date + timedelta(days=rule.days_from_trigger - 1)
    return ResponseWindow(valid_from, min(longest, latest))
