"""What a broker says about a topic, as its bytes are read."""

import pytest
from aiokafka.errors import UnknownTopicOrPartitionError

from services.aggregator.generations import Generation, GenerationRequest, generation

TOPIC_ID = bytes(range(16))
VERSIONS = {3: (0, 13)}


def answer(error_code: int, *leader_epochs: int) -> object:
    """Decoded from the bytes that a broker sends."""
    described = [(0, partition, 1, epoch, [1], [1], [], {}) for partition, epoch in enumerate(leader_epochs)]
    topic = (error_code, "t", TOPIC_ID, False, described, 0, {})
    response = GenerationRequest("t").prepare(VERSIONS).RESPONSE_TYPE
    return response.decode(response.SCHEMA.encode((0, [(1, "h", 9092, None, {})], "c", 1, [topic], 0, {})))


def test_a_topic_is_known_by_its_id_and_a_partition_by_the_epoch_of_its_leader() -> None:
    assert generation(answer(0, 4, 5, 6), [0, 2]) == Generation("c", TOPIC_ID, {0: 4, 2: 6})


def test_a_topic_that_the_broker_does_not_know_is_no_other_topic() -> None:
    with pytest.raises(UnknownTopicOrPartitionError):
        generation(answer(3), [0])
