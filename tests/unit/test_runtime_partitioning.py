import random

from aiokafka.partitioner import DefaultPartitioner

from services.runtime.partitioning import declared_partitions, partition_of


def test_a_provider_lives_where_kafkas_default_partitioner_puts_its_key() -> None:
    partitions = list(range(16))
    for number in range(200):
        provider = f"1.2.246.562.10.1000000{number:04d}"
        assert partition_of(provider, 16) == DefaultPartitioner()(provider.encode(), partitions, partitions)


def test_providers_keep_their_partitions_for_ever() -> None:
    assert partition_of("1.2.246.562.10.10000000001", 16) == 8
    assert declared_partitions() == 16


def test_keys_of_every_length_are_placed_as_kafka_places_them() -> None:
    partitions = list(range(16))
    letters = random.Random(4)
    for length in range(40):
        key = "".join(letters.choices("abcdefghijklmnopqrstuvwxyzåäö0123456789.", k=length))
        assert partition_of(key, 16) == DefaultPartitioner()(key.encode(), partitions, partitions)
