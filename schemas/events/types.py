"""The scalars that events are made of, each written once: its pattern, and its type in the contract.

Patterns are ASCII and whole-string. They are written for JSON Schema (`^…$`), where `$` means the very end, as it does
for pydantic; the codec, which uses Python's `re`, gets them through `whole` because Python's `$` lets a newline pass.
"""

import datetime as dt
import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.events.instants import INSTANT_PATTERN, canonical_instant
from schemas.events.personal import holds_personal_identifier
from schemas.events.problems import ErrorCode

OID_PATTERN: Final = (
    r"^1\.2\.246\.562\.(10|[12]?99)\.([1-9][0-9]{9}([0-9]|10)|0{10}1|201[34][0-9]{18})$"  # §3, form only
)
IDENTIFIER_PATTERN: Final = r"^[A-Za-z0-9._:~-]{1,128}$"
SOURCE_PATTERN: Final = r"^[A-Za-z0-9._:~/-]{1,200}$"
BUSINESS_ID_PATTERN: Final = r"^[0-9]{7}-[0-9]$"
QUALIFICATION_PATTERN: Final = r"^[0-9]{6}$"
UNIT_PATTERN: Final = r"^[0-9]{6,7}$"
COMPETENCE_AREA_PATTERN: Final = r"^[0-9]{1,10}$"
CODE_PATTERN: Final = r"^[a-z][a-z0-9_]{0,63}$"
QUESTIONNAIRE_PATTERN: Final = r"^[a-z][a-z0-9_-]{0,63}$"

PATTERN_CODES: Final = {
    OID_PATTERN: ErrorCode.MALFORMED_OID,
    IDENTIFIER_PATTERN: ErrorCode.MALFORMED_IDENTIFIER,
    SOURCE_PATTERN: ErrorCode.MALFORMED_SOURCE,
    BUSINESS_ID_PATTERN: ErrorCode.MALFORMED_BUSINESS_ID,
    QUALIFICATION_PATTERN: ErrorCode.MALFORMED_CODE,
    UNIT_PATTERN: ErrorCode.MALFORMED_CODE,
    COMPETENCE_AREA_PATTERN: ErrorCode.MALFORMED_CODE,
    CODE_PATTERN: ErrorCode.MALFORMED_CODE,
    QUESTIONNAIRE_PATTERN: ErrorCode.MALFORMED_CODE,
}
"""Which error code a text that doesn't match its pattern gets."""

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def whole(pattern: str) -> str:
    r"""The pattern for Python's `re`: `$` becomes `\Z`."""
    return pattern.removesuffix("$") + r"\Z"


def _refusal(code: ErrorCode) -> PydanticCustomError:
    return PydanticCustomError(code.value, "see the list of error codes")


def _no_person(text: str) -> str:
    if holds_personal_identifier(text):
        raise _refusal(ErrorCode.PERSONAL_IDENTIFIER)
    return text


def _date(value: Any) -> dt.date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise _refusal(ErrorCode.MALFORMED_DATE)


def _instant(text: str) -> str:
    try:
        return canonical_instant(text)
    except ValueError:
        raise _refusal(ErrorCode.MALFORMED_TIME) from None


def _whole_number(value: Any) -> Any:
    """`4.0` is the whole number 4 (§4); everything else is left to the strict integer check behind this one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _true(value: bool) -> bool:
    if not value:
        raise _refusal(ErrorCode.NOT_ALLOWED)
    return value


def _json_media_type(text: str) -> str:
    media_type = text.partition(";")[0].strip().lower()
    if media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json")):
        return "application/json"
    raise _refusal(ErrorCode.DATACONTENTTYPE_NOT_JSON)


Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER_PATTERN), AfterValidator(_no_person)]
Source = Annotated[str, StringConstraints(pattern=SOURCE_PATTERN), AfterValidator(_no_person)]
OrganisationOid = Annotated[str, StringConstraints(pattern=OID_PATTERN)]
BusinessId = Annotated[str, StringConstraints(pattern=BUSINESS_ID_PATTERN)]
Qualification = Annotated[str, StringConstraints(pattern=QUALIFICATION_PATTERN)]
QualificationUnit = Annotated[str, StringConstraints(pattern=UNIT_PATTERN)]
CompetenceArea = Annotated[str, StringConstraints(pattern=COMPETENCE_AREA_PATTERN)]
Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
QuestionnaireCode = Annotated[str, StringConstraints(pattern=QUESTIONNAIRE_PATTERN)]
Language = Literal["fi", "sv", "en"]
Date = Annotated[
    dt.date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
]
Instant = Annotated[
    str, AfterValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN})
]
JsonMediaType = Annotated[str, AfterValidator(_json_media_type)]
DontKnow = Annotated[bool, AfterValidator(_true), WithJsonSchema({"const": True})]  # pydantic's Literal[True] takes 1
# The bounds stand before the validator, so that they reach the JSON Schemas.
Percentage = Annotated[int, Field(ge=1, le=100), BeforeValidator(_whole_number)]
Days = Annotated[int, Field(ge=0, le=3_652_059), BeforeValidator(_whole_number)]  # at most the whole calendar
Score = Annotated[int, Field(ge=1, le=5), BeforeValidator(_whole_number)]
NpsAnswer = Annotated[int, Field(ge=0, le=10), BeforeValidator(_whole_number)]
