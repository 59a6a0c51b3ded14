"""The organisation table: OID, business id or institution code, names, and when a provider is funded (§9). Pure."""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Self

from pydantic import AfterValidator, BeforeValidator, model_validator

from palautevirta.reference_data.sheet import Cell, Name, Oid, Refusal, Sheet, SheetRow, refused, twice, year_of
from palautevirta.reference_data.versions import NO_YEAR
from schemas.national.rules.business_id import is_business_id

_INSTITUTION_CODE: Final = re.compile(r"[0-9A-Za-z]{5}")


def _business_id(text: str) -> str:
    if not is_business_id(text):
        raise refused("it isn't a business id: seven digits, a hyphen and the right check digit")
    return text


def _institution_code(text: str) -> str:
    if not _INSTITUTION_CODE.fullmatch(text):
        raise refused("give the institution code's 5 characters")
    return text


def _years(text: object) -> tuple[int, ...]:
    if text == NO_YEAR:
        return ()
    years = tuple(year_of(year) for year in str(text).split())
    if len(set(years)) != len(years):
        raise refused("name every year once")
    return tuple(sorted(years))


class OrganisationRow(SheetRow):
    """A provider has a business id, an institution its code, a site neither.

    `funded_years` are separated by blanks; `none` says that the provider is funded in no year, an empty cell nothing.
    """

    columns: ClassVar = ("oid", "business_id", "institution_code", "name_fi", "name_sv", "funded_years")
    key: ClassVar = ("oid",)

    oid: Oid
    business_id: Annotated[str, AfterValidator(_business_id)] | None = None
    institution_code: Annotated[str, AfterValidator(_institution_code)] | None = None
    name_fi: Name
    name_sv: Name | None = None
    funded_years: Annotated[tuple[int, ...], BeforeValidator(_years)] | None = None

    @model_validator(mode="after")
    def _only_providers_are_funded(self) -> Self:
        if self.funded_years is not None and self.business_id is None:
            raise refused("funded_years: only a provider is funded, and a provider has a business id")
        return self

    def cells(self) -> tuple[Cell, ...]:
        """The values of `columns`, in that order."""
        years = None if self.funded_years is None else list(self.funded_years)
        return (self.oid, self.business_id, self.institution_code, self.name_fi, self.name_sv, years)


def judge_organisations(sheet: Sheet[OrganisationRow], _: frozenset[str]) -> Iterator[Refusal]:
    """What is wrong between rows that are right by themselves: an organisation or a business id twice."""
    yield from twice(sheet, ("oid",), "the organisation")
    yield from twice(sheet, ("business_id",), "the business id")
