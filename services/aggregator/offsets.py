"""How far we are, told to Kafka under a group's name, for lag tools and autoscalers; nothing here ever reads it.

The group has no members: who reads what, the leases say. So an offset is committed as a tool does that sets a group's
offsets, by the one request for it.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiokafka.client import ConnectionGroup, CoordinationType
from aiokafka.errors import for_code
from aiokafka.protocol.commit import OffsetCommitRequest

GROUP: Final = "palautevirta-aggregator"


class GroupOffsets:
    """The offsets of our group in one topic, through a client of the driver."""

    def __init__(self, topic: str, client: Any) -> None:
        self._topic = topic
        self._client = client
        self._coordinator: int | None = None

    async def commit(self, positions: Mapping[int, int]) -> None:
        """Commit these next offsets by partition. Raises KafkaError, after which the group's broker is sought anew."""
        coordinator, self._coordinator = self._coordinator, None
        if coordinator is None:
            coordinator = await self._client.coordinator_lookup(CoordinationType.GROUP, GROUP)
        request = OffsetCommitRequest(
            GROUP,
            OffsetCommitRequest.DEFAULT_GENERATION_ID,
            "",
            OffsetCommitRequest.DEFAULT_RETENTION_TIME,
            [(self._topic, [(partition, offset, "") for partition, offset in positions.items()])],
        )
        answer = await self._client.send(coordinator, request, group=ConnectionGroup.COORDINATION)
        for _, partitions in answer.topics:
            for _, code in partitions:
                if code:
                    raise for_code(code)
        self._coordinator = coordinator
