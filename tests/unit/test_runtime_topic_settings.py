"""Which settings of a topic stand otherwise than declared."""

import pytest

from services.runtime.partitioning import declared_settings
from services.runtime.topic_settings import differences

DECLARED = {"cleanup.policy": "delete", "min.insync.replicas": "2"}


def test_a_topic_as_declared_differs_in_nothing() -> None:
    assert differences(declared_settings(), declared_settings() | {"segment.bytes": "1"}, 3) == {}


@pytest.mark.parametrize(
    ("brokers", "found", "differs"), [(1, "1", False), (3, "1", True), (3, "2", False), (3, "3", False)]
)
def test_as_many_replicas_are_in_sync_as_there_are_brokers(brokers: int, found: str, *, differs: bool) -> None:
    stands = DECLARED | {"min.insync.replicas": found}
    assert differences(DECLARED, stands, brokers) == ({"min.insync.replicas": ("2", found)} if differs else {})


def test_what_differs_or_is_missing_is_named() -> None:
    assert differences(DECLARED, {"cleanup.policy": "compact", "min.insync.replicas": "2"}, 2) == {
        "cleanup.policy": ("delete", "compact")
    }
    assert differences(DECLARED, {"min.insync.replicas": "2"}, 2) == {"cleanup.policy": ("delete", None)}
