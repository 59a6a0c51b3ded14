"""Who takes part: providers with their institutions, sites and manners, and the periods that they report on."""

from dataclasses import dataclass
from datetime import date
from random import Random

KINDS = ("start", "completion_whole", "completion_parts", "workplace_instructor", "workplace")

# One for each branch of the coefficient, an old and a new model version. All lies in the past of any clock.
PERIODS = {
    "2018-2019": (date(2018, 7, 1), date(2019, 6, 30)),
    "2020-2021": (date(2020, 7, 1), date(2021, 6, 30)),
    "2023-2024": (date(2023, 7, 1), date(2024, 6, 30)),
    "2024-2025": (date(2024, 7, 1), date(2025, 6, 30)),
    "2025-2026": (date(2025, 7, 1), date(2025, 10, 31)),
}

QUALIFICATIONS = ("351301", "012345", "381241")

# How many of those who are asked answer: providers reach every branch of the coefficient, and one nobody.
_SHARES_OF_ANSWERS = (0.95, 0.85, 0.65, 0.5, 0.35, 0.12, 0.0, 0.7)


@dataclass(frozen=True)
class Provider:
    """A provider, and the share of its requests that get a response."""

    oid: str
    institutions: tuple[str | None, ...]
    sites: tuple[str | None, ...]
    share_of_answers: float


def providers(random: Random) -> list[Provider]:
    """Eight providers; institutions and sites may be missing, and two providers share one institution."""
    common = _oid(random)
    return [
        Provider(
            oid=_oid(random),
            institutions=(None, _oid(random), common if number < 2 else _oid(random)),
            sites=(None, _oid(random), _oid(random)),
            share_of_answers=share,
        )
        for number, share in enumerate(_SHARES_OF_ANSWERS)
    ]


def _oid(random: Random) -> str:
    form = random.choice(("11 digits", "12 digits", "22 digits"))
    node = random.choice(("10", "99", "199", "299"))
    if form == "22 digits":
        return f"1.2.246.562.{node}.201{random.choice('34')}{random.randrange(10**18):018d}"
    tail = "10" if form == "12 digits" else str(random.randrange(10))
    return f"1.2.246.562.{node}.{random.randrange(10**9, 10**10)}{tail}"
