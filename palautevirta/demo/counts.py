"""The published counts of the student survey 2020-2021, a provider at a time. data/SOURCE.md says where from."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Final

from schemas.national.surveys import SurveyKind

PERIOD: Final = "2020-2021"
"""The reporting period that the counts are of."""

WHOLE_PERCENT: Final = 100

_COLUMNS: Final[Mapping[SurveyKind, tuple[str, str]]] = {
    "start": ("kohteet_aloitus", "vastanneet_aloitus"),
    "completion_whole": ("kohteet_paatto_koko_tutkinto", "vastanneet_paatto_koko_tutkinto"),
    "completion_parts": ("kohteet_paatto_osia", "vastanneet_paatto_osia"),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Targets of one survey and those of them who answered."""

    targets: int = 0
    respondents: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.targets + other.targets, self.respondents + other.respondents)


NO_COUNTS: Final = Counts()


@dataclass(frozen=True, slots=True)
class Provider:
    """An education provider and its counts; a survey of which nothing was published is missing from `counts`."""

    business_id: str
    name: str
    counts: Mapping[SurveyKind, Counts]


def published_counts() -> tuple[Provider, ...]:
    """All providers, in the order of the published table."""
    return read_counts((files("palautevirta.demo.data") / "student_counts_2020_2021.csv").read_text(encoding="utf-8"))


def read_counts(text: str) -> tuple[Provider, ...]:
    """Providers from a table with the published columns. Raises ValueError or KeyError when it is none."""
    return tuple(
        Provider(
            row["ytunnus"],
            row["nimi"],
            {
                kind: Counts(int(row[targets]), int(row[respondents]))
                for kind, (targets, respondents) in _COLUMNS.items()
                if row[targets] or row[respondents]
            },
        )
        for row in csv.DictReader(text.splitlines())
    )


def share_of(providers: Sequence[Provider], percent: int) -> tuple[Provider, ...]:
    """The same providers with this share of every count, rounded up, so that respondents never pass targets."""
    return tuple(
        replace(
            provider,
            counts={
                kind: Counts(_share(counts.targets, percent), _share(counts.respondents, percent))
                for kind, counts in provider.counts.items()
            },
        )
        for provider in providers
    )


def _share(count: int, percent: int) -> int:
    return -(-count * percent // WHOLE_PERCENT)
