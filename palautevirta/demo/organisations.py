"""The organisations of the demonstration: made-up OIDs for real providers, and made-up places below them. Pure.

Every OID is of the test node 99 (national model §3), so that none can be taken for that of a real organisation, and is
derived from the business id, so that every run names the same ones.
"""

from dataclasses import dataclass
from typing import Final, Literal

from palautevirta.demo.seeding import random_of

# Codes of six digits; the national model checks their form only.
_QUALIFICATIONS: Final = ("331101", "344101", "351301", "354245", "361902", "371171", "381203", "039996")
_LANGUAGES: Final[tuple[Literal["fi", "sv", "en"], ...]] = ("fi", "fi", "fi", "sv", "en")
_COMPETENCE_AREAS: Final = ("2155", "2182", "3030")


@dataclass(frozen=True, slots=True)
class Place:
    """Where and for what somebody studies; a site may be missing, and so may both organisations."""

    institution_oid: str | None
    site_oid: str | None
    qualification: str
    competence_areas: tuple[str, ...]
    language: Literal["fi", "sv", "en"]


def provider_oid(business_id: str) -> str:
    """The OID under which a provider posts in the demonstration."""
    return _oid(business_id, 0)


def places_of(business_id: str, seed: int) -> tuple[Place, ...]:
    """The places of a provider, whatever its size: 1 to 3 institutions, 1 to 4 sites, 3 to 6 qualifications."""
    random = random_of(seed, business_id, "places")
    institutions = [_oid(business_id, number) for number in range(1, random.randint(1, 3) + 1)]
    sites = [
        (random.choice(institutions), _oid(business_id, number)) for number in range(11, 11 + random.randint(1, 4))
    ]
    organisations = [*sites, (institutions[0], None), (None, None)]
    return tuple(
        Place(
            *random.choice(organisations),
            qualification,
            (random.choice(_COMPETENCE_AREAS),),
            random.choice(_LANGUAGES),
        )
        for qualification in random.sample(_QUALIFICATIONS, random.randint(3, 6))
        for _ in range(2)
    )


def _oid(business_id: str, number: int) -> str:
    return f"1.2.246.562.99.1{business_id.replace('-', '')}{number:02}"
