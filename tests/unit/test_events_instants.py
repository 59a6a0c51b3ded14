import pytest

from schemas.events.instants import EARLIEST_US, canonical_instant, format_instant, parse_instant

DAY_US = 24 * 3_600_000_000


@pytest.mark.parametrize(
    ("text", "instant_us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00z", 0),
        ("1970-01-01T00:00:00-00:00", 0),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T18:15:00-05:45", 0),
        ("1970-01-01T23:59:00+23:59", 0),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("1970-01-01T00:00:00.5Z", 500_000),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("2000-02-29T00:00:00Z", 11_016 * DAY_US),
        ("2018-07-01T00:00:00+03:00", EARLIEST_US),
    ],
)
def test_an_instant_is_whole_microseconds_since_1970(text: str, instant_us: int) -> None:
    assert parse_instant(text) == instant_us


@pytest.mark.parametrize("digits", ["1234567", "123456999", "1234560000000000000000000"])
def test_digits_beyond_the_microsecond_are_cut_off(digits: str) -> None:
    assert parse_instant(f"1970-01-01T00:00:00.{digits}Z") == 123_456


def test_digits_are_cut_off_before_1970_too() -> None:
    assert parse_instant("1969-12-31T23:59:59.9999999Z") == parse_instant("1969-12-31T23:59:59.999999Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-08-11",
        "2025-08-11T09:30:00",
        "2025-08-11T09:30Z",
        "2025-08-11 09:30:00Z",
        "2025-08-11T24:00:00Z",
        "2025-06-30T23:59:60Z",
        "2025-08-11T09:60:00Z",
        "2025-02-29T09:30:00Z",
        "2025-13-01T09:30:00Z",
        "2025-00-10T09:30:00Z",
        "0000-01-01T09:30:00Z",
        "2025-08-11T09:30:00+24:00",
        "2025-08-11T09:30:00+03:60",
        "2025-08-11T09:30:00+0300",
        "2025-08-11T09:30:00+03",
        "2025-08-11T09:30:00 +03:00",
        "2025-08-11T09:30:00Z\n",
        " 2025-08-11T09:30:00Z",
        "2025-08-11T09:30:00.Z",
        "2025-08-11T09:30:00,5Z",
        "20250811T093000Z",
        "2025-W33-1T09:30:00Z",
        "+2025-08-11T09:30:00Z",
        "２025-08-11T09:30:00Z",
        "2025-08-11T09:30:00.٥Z",
        "2025-08-11T09:30:00\u2212 03:00",
        "1754893800",
    ],
)
def test_anything_else_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|day|month|year"):
        parse_instant(text)
    with pytest.raises(ValueError, match=r"RFC 3339|day|month|year"):
        canonical_instant(text)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T23:59:59Z",
        "0001-01-02T00:00:00+00:01",
        "9999-12-31T00:00:00.000001Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T00:00:00-00:01",
    ],
)
def test_the_first_and_last_day_of_the_calendar_are_refused(text: str) -> None:
    """Somewhere on earth their date lies outside the calendar, and asking for it would fail."""
    with pytest.raises(ValueError, match="calendar"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["0001-01-02T00:00:00.000000Z", "9999-12-31T00:00:00.000000Z"])
def test_the_days_beside_them_are_taken(text: str) -> None:
    assert canonical_instant(text) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2025-08-11T09:30:00+03:00", "2025-08-11T06:30:00.000000Z"),
        ("2025-08-11t09:30:00.1234567z", "2025-08-11T09:30:00.123456Z"),
        ("2025-01-01T00:30:00+02:00", "2024-12-31T22:30:00.000000Z"),
        ("2025-08-11T09:30:00.000000Z", "2025-08-11T09:30:00.000000Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00.000000Z"),
    ],
)
def test_there_is_one_form_of_writing_an_instant(text: str, canonical: str) -> None:
    assert canonical_instant(text) == canonical
    assert format_instant(parse_instant(text)) == canonical
