"""The response window of students (national model §4, with its worked checks)."""

from datetime import date, timedelta

from schemas.national.model import load_models
from schemas.national.rules.windows import ResponseWindow, student_window

RULE = load_models().newest.rules.window


def test_a_late_invitation_ends_with_the_latest_day_after_the_trigger() -> None:
    window = student_window(trigger_date=date(2024, 2, 24), issued=date(2024, 3, 28), rule=RULE)
    assert window == ResponseWindow(date(2024, 3, 28), date(2024, 4, 23))


def test_an_invitation_issued_before_the_trigger_waits_for_it() -> None:
    window = student_window(trigger_date=date(2024, 4, 26), issued=date(2024, 4, 1), rule=RULE)
    assert window == ResponseWindow(date(2024, 4, 26), date(2024, 5, 25))


def test_a_window_whose_end_has_passed_at_issue_is_empty() -> None:
    trigger = date(2024, 2, 24)
    last = student_window(trigger_date=trigger, issued=trigger + timedelta(days=59), rule=RULE)
    assert last.holds(trigger + timedelta(days=59))
    late = student_window(trigger_date=trigger, issued=trigger + timedelta(days=60), rule=RULE)
    assert late.valid_to < late.valid_from
    assert not late.holds(late.valid_from)


def test_both_ends_belong_to_the_window() -> None:
    window = ResponseWindow(date(2025, 8, 11), date(2025, 9, 9))
    days = [date(2025, 8, 10), date(2025, 8, 11), date(2025, 9, 9), date(2025, 9, 10)]
    assert [window.holds(day) for day in days] == [False, True, True, False]
