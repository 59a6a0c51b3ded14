"""`palautevirta topics create`: the topics of schemas/topics.toml on a cluster that doesn't have them."""

import asyncio
import os
from dataclasses import replace

import click
from aiokafka.errors import KafkaError

from palautevirta.commands.edge import CouldNotAsk, edge
from palautevirta.topics import Topic, TopicRefused, create_topics, declared_topics
from services.runtime.kafka import client_options
from services.runtime.settings import KafkaSettings


@click.group("topics")
def command() -> None:
    """The topics of the service in Kafka."""


@command.command("create")
def create_command() -> None:
    """Create what is missing, with the settings of schemas/topics.toml; a topic that stands is left as it is.

    Takes KAFKA_… as the services do, as somebody who may create topics. Start all brokers first: a cluster of fewer
    than are declared gets as many replicas as it has brokers.
    """
    with edge():
        settings = KafkaSettings.from_environ(os.environ)
    (declared,) = declared_topics()
    wanted = replace(declared, name=settings.kafka_topic)
    try:
        made = asyncio.run(create_topics(settings.kafka_bootstrap, [wanted], client_options(settings)))
    except TopicRefused as error:
        raise click.ClickException(str(error)) from error
    except (KafkaError, OSError) as error:  # a time that ran out is an OSError too
        raise CouldNotAsk(f"Kafka doesn't answer: {type(error).__name__}") from error
    click.echo(_told(wanted, made))


def _told(wanted: Topic, made: tuple[Topic, ...]) -> str:
    if not made:
        return f"{wanted.name} stands already; its settings were left as they are"
    (topic,) = made
    told = f"created {topic.name}: {topic.partitions} partitions, replication factor {topic.replication_factor}"
    fewer = topic.replication_factor < wanted.replication_factor
    return f"{told} instead of {wanted.replication_factor}, as there are no more brokers" if fewer else told
