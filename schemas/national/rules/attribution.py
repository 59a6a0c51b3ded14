"""The date that places a request in a month and a period (national model §5).

A request without one is accepted, but no target; its reason is ``no_attribution_date``.
"""

from datetime import date

from schemas.national.parameters import Attribution


def student_attribution_date(*, valid_from: date, trigger_date: date, rule: Attribution) -> date | None:
    """Return the valid-from date up to the day on which the rule changed, the trigger date after it.

    None when a request meets both conditions, neither, or when its date lies before the first one.
    """
    by_valid_from = valid_from <= rule.valid_from_until
    by_trigger = trigger_date > rule.valid_from_until
    if by_valid_from == by_trigger:
        return None
    return _on_or_after_first(valid_from if by_valid_from else trigger_date, rule)


def employer_attribution_date(*, work_period_end: date, rule: Attribution) -> date | None:
    """Return the end date of the work period; None when it lies before the first attribution date."""
    return _on_or_after_first(work_period_end, rule)


def _on_or_after_first(day: date, rule: Attribution) -> date | None:
    return day if day >= rule.first_date else None
