"""The published counts that the demonstration replays."""

import pytest

from palautevirta.demo.counts import PERIOD, Counts, Provider, published_counts, read_counts, share_of
from schemas.national.rules.business_id import is_business_id
from schemas.national.surveys import STUDENT_KINDS

TABLE = """tilastokausi,ytunnus,nimi,kohteet_aloitus,vastanneet_aloitus,kohteet_paatto_koko_tutkinto,\
vastanneet_paatto_koko_tutkinto,kohteet_paatto_osia,vastanneet_paatto_osia
01.07.2020 - 30.06.2021,0763403-0,Aapa Oy,10,3,0,0,,
"""


def test_the_national_totals_of_the_period_are_the_published_ones() -> None:
    providers = published_counts()

    totals = {
        kind: sum((provider.counts.get(kind, Counts()) for provider in providers), Counts()) for kind in STUDENT_KINDS
    }
    assert len(providers) == 154
    assert totals == {
        "start": Counts(121_719, 61_376),
        "completion_whole": Counts(64_233, 32_552),
        "completion_parts": Counts(16_938, 6_443),
    }
    assert sum(total.targets for total in totals.values()) == 202_890
    assert sum(total.respondents for total in totals.values()) == 100_371


def test_every_provider_has_a_business_id_of_its_own_and_no_more_respondents_than_targets() -> None:
    providers = published_counts()

    assert len({provider.business_id for provider in providers}) == len(providers)
    assert all(is_business_id(provider.business_id) for provider in providers)
    assert all(counts.respondents <= counts.targets for provider in providers for counts in provider.counts.values())


def test_an_empty_cell_is_nothing_published_and_a_zero_is_a_count() -> None:
    assert read_counts(TABLE) == (
        Provider("0763403-0", "Aapa Oy", {"start": Counts(10, 3), "completion_whole": Counts()}),
    )


@pytest.mark.parametrize(("percent", "shared"), [(100, Counts(10, 3)), (50, Counts(5, 2)), (1, Counts(1, 1))])
def test_a_share_is_rounded_up(percent: int, shared: Counts) -> None:
    (provider,) = share_of(read_counts(TABLE), percent)

    assert provider.counts == {"start": shared, "completion_whole": Counts()}


def test_the_period_is_the_one_of_the_table() -> None:
    assert PERIOD == "2020-2021"
