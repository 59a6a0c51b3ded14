from palautevirta.topics import Topic, declared_topics, for_cluster


def declared() -> Topic:
    (topic,) = declared_topics()
    return topic


def test_the_events_topic_is_declared_as_the_store_needs_it() -> None:
    assert (declared().name, declared().key, declared().partitions) == ("feedback.events.v1", "providerid", 16)
    assert declared().settings["message.timestamp.type"] == "LogAppendTime"
    assert declared().settings["cleanup.policy"] == "delete"


def test_three_brokers_hold_what_is_declared() -> None:
    topic = for_cluster(declared(), 3)
    assert (topic.replication_factor, topic.settings["min.insync.replicas"]) == (3, "2")
    assert for_cluster(declared(), 5) == topic


def test_one_broker_holds_the_only_replica() -> None:
    topic = for_cluster(declared(), 1)
    assert (topic.replication_factor, topic.settings["min.insync.replicas"]) == (1, "1")
    assert topic.settings.keys() == declared().settings.keys()
