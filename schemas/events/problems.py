"""The closed list of what can be wrong with an event, each code with the sentence that says how to mend it.

A problem names a code and a JSON Pointer (RFC 6901) into the event's structured form. Neither the pointer of an
unknown member nor the detail ever repeats a value that the sender wrote (national model §3).
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class ErrorCode(StrEnum):
    """Why an event is refused. Codes are part of the outside contract: add freely, never rename."""

    MISSING = "missing"
    UNKNOWN_MEMBER = "unknown_member"
    NOT_AN_OBJECT = "not_an_object"
    NOT_A_LIST = "not_a_list"
    NOT_TEXT = "not_text"
    NOT_A_WHOLE_NUMBER = "not_a_whole_number"
    NOT_ALLOWED = "not_allowed"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    SCORE_OUT_OF_RANGE = "score_out_of_range"
    NPS_OUT_OF_RANGE = "nps_out_of_range"
    EMPTY_LIST = "empty_list"

    EVENT_TOO_LARGE = "event_too_large"
    UNKNOWN_TYPE = "unknown_type"
    SPECVERSION_NOT_SUPPORTED = "specversion_not_supported"
    DATA_BASE64_NOT_SUPPORTED = "data_base64_not_supported"
    DATACONTENTTYPE_NOT_JSON = "datacontenttype_not_json"

    MALFORMED_IDENTIFIER = "malformed_identifier"
    MALFORMED_SOURCE = "malformed_source"
    MALFORMED_OID = "malformed_oid"
    MALFORMED_BUSINESS_ID = "malformed_business_id"
    MALFORMED_CODE = "malformed_code"
    MALFORMED_DATE = "malformed_date"
    MALFORMED_TIME = "malformed_time"
    PERSONAL_IDENTIFIER = "personal_identifier"

    TIME_TOO_EARLY = "time_too_early"
    TIME_IN_THE_FUTURE = "time_in_the_future"

    UNKNOWN_CODE = "unknown_code"
    CODE_NOT_IN_FORCE = "code_not_in_force"
    WINDOW_ENDS_BEFORE_START = "window_ends_before_start"
    WORK_PERIOD_ENDS_BEFORE_START = "work_period_ends_before_start"
    INTERRUPTION_ENDS_BEFORE_START = "interruption_ends_before_start"
    DURATION_EXCEEDS_PERIOD = "duration_exceeds_period"
    PART_TIME_PERCENTAGE_NEEDED = "part_time_percentage_needed"
    BASIS_WITHOUT_APPRENTICESHIP = "basis_without_apprenticeship"

    UNKNOWN_QUESTIONNAIRE = "unknown_questionnaire"
    UNKNOWN_QUESTION = "unknown_question"
    REPEATED_QUESTION = "repeated_question"
    NOT_EXACTLY_ONE_ANSWER = "not_exactly_one_answer"
    ANSWER_OF_WRONG_KIND = "answer_of_wrong_kind"
    DONT_KNOW_NOT_ALLOWED = "dont_know_not_allowed"
    UNKNOWN_CHOICE = "unknown_choice"


DETAILS: Final[dict[ErrorCode, str]] = {
    ErrorCode.MISSING: "this member is needed",
    ErrorCode.UNKNOWN_MEMBER: "this object holds a member that its event type and survey kind don't have; "
    "leave out what the schema doesn't name",
    ErrorCode.NOT_AN_OBJECT: "this has to be a JSON object",
    ErrorCode.NOT_A_LIST: "this has to be a JSON array",
    ErrorCode.NOT_TEXT: "this has to be a JSON string",
    ErrorCode.NOT_A_WHOLE_NUMBER: "this has to be a whole number, written as a JSON number",
    ErrorCode.NOT_ALLOWED: "this is not one of the values that the schema allows here",
    ErrorCode.NUMBER_OUT_OF_RANGE: "this number lies outside the range that the schema allows here",
    ErrorCode.SCORE_OUT_OF_RANGE: "a score is a whole number from 1 to 5",
    ErrorCode.NPS_OUT_OF_RANGE: "an NPS answer is a whole number from 0 to 10",
    ErrorCode.EMPTY_LIST: "at least one item is needed here",
    ErrorCode.EVENT_TOO_LARGE: "one event takes at most 64 KiB",
    ErrorCode.UNKNOWN_TYPE: "this event type doesn't exist; the documentation lists the types",
    ErrorCode.SPECVERSION_NOT_SUPPORTED: "only CloudEvents specversion 1.0 is taken",
    ErrorCode.DATA_BASE64_NOT_SUPPORTED: "data has to be a JSON object in the member data; data_base64 isn't taken",
    ErrorCode.DATACONTENTTYPE_NOT_JSON: "datacontenttype has to be application/json, or absent",
    ErrorCode.MALFORMED_IDENTIFIER: "an identifier has 1 to 128 of the characters A-Z a-z 0-9 . _ : ~ -",
    ErrorCode.MALFORMED_SOURCE: "source is a URI or path of 1 to 200 of the characters A-Z a-z 0-9 . _ : ~ - /, "
    "without user part and query",
    ErrorCode.MALFORMED_OID: "this has to be an organisation OID such as 1.2.246.562.10.10000000001",
    ErrorCode.MALFORMED_BUSINESS_ID: "a business id has seven digits, a hyphen and its right check digit",
    ErrorCode.MALFORMED_CODE: "this code doesn't have the form that the schema gives for it",
    ErrorCode.MALFORMED_DATE: "a date is written YYYY-MM-DD and has to exist in the calendar",
    ErrorCode.MALFORMED_TIME: "a time is written as RFC 3339 says, with an offset, such as 2025-08-11T09:30:00+03:00",
    ErrorCode.PERSONAL_IDENTIFIER: "this holds a personal identity code or a learner OID; "
    "use an identifier of your own that says nothing about a person",
    ErrorCode.TIME_TOO_EARLY: "this time lies before 2018-07-01, when the feedback began",
    ErrorCode.TIME_IN_THE_FUTURE: "this time lies more than five minutes ahead of ours; check the sender's clock",
    ErrorCode.UNKNOWN_CODE: "the national model in force on the date of time has no such code in this list",
    ErrorCode.CODE_NOT_IN_FORCE: "this code is not in force on the date of time",
    ErrorCode.WINDOW_ENDS_BEFORE_START: "valid_to lies before valid_from, which is taken only with an exclusion",
    ErrorCode.WORK_PERIOD_ENDS_BEFORE_START: "work_period_end lies before work_period_start",
    ErrorCode.INTERRUPTION_ENDS_BEFORE_START: "an interruption's end lies before its start",
    ErrorCode.DURATION_EXCEEDS_PERIOD: "duration_days is more than the calendar days of the work period",
    ErrorCode.PART_TIME_PERCENTAGE_NEEDED: "part_time_percentage is needed for periods that end after 2023-06-30",
    ErrorCode.BASIS_WITHOUT_APPRENTICESHIP: "apprenticeship_basis belongs to an apprenticeship only",
    ErrorCode.UNKNOWN_QUESTIONNAIRE: "no version of the national model has this questionnaire",
    ErrorCode.UNKNOWN_QUESTION: "the questionnaire that the response names has no such question",
    ErrorCode.REPEATED_QUESTION: "this question is answered more than once in one response",
    ErrorCode.NOT_EXACTLY_ONE_ANSWER: "an answer has exactly one of score, dont_know, nps, choice and choices",
    ErrorCode.ANSWER_OF_WRONG_KIND: "this question takes another kind of answer; the national model says which",
    ErrorCode.DONT_KNOW_NOT_ALLOWED: "this question has no don't-know answer",
    ErrorCode.UNKNOWN_CHOICE: "this question has no such choice",
}
"""What each code tells the sender, in English."""


class Problem(Struct, frozen=True):
    """One thing wrong with an event: `code` of the closed list, `pointer` into the event's structured form."""

    code: ErrorCode
    pointer: str

    @property
    def detail(self) -> str:
        """The sentence that says what to do."""
        return DETAILS[self.code]
