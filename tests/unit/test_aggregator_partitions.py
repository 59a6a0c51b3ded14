"""Which partitions a database holds, as an operator writes it down."""

import pytest

from services.aggregator.settings import AggregatorSettings
from services.runtime.settings import SettingsError

ENVIRON = {"KAFKA_BOOTSTRAP": "broker:9092", "DATABASE_URL": "postgresql://x", "DIGEST_KEYS": "1:" + "5a" * 32}


@pytest.mark.parametrize(
    ("written", "held"),
    [("", set(range(16))), ("0-7", set(range(8))), ("8-15", set(range(8, 16))), ("3", {3}), ("0-1,12", {0, 1, 12})],
)
def test_numbers_and_ranges_say_which_partitions_are_held(written: str, held: set[int]) -> None:
    assert AggregatorSettings.from_environ(ENVIRON | {"PARTITIONS": written}).held() == held


@pytest.mark.parametrize("written", ["16", "0-16", "7-3", "0,7-3", "-1", "1-", "0-7 ", "all", ",", "1,,2", "\u0663"])
def test_anything_else_is_refused_with_the_form_to_write(written: str) -> None:
    with pytest.raises(SettingsError, match=r"PARTITIONS is not usable.*such as 0-7,12"):
        AggregatorSettings.from_environ(ENVIRON | {"PARTITIONS": written})
