"""A digest key that is taken away while rows written with it stand: nobody guesses, and giving it back mends all."""

from builders.events import recorded
from builders.process import KEYS
from builders.thread import HOME, Thread

from services.runtime.partitioning import partition_of

NEWER = f"2:{'c3' * 32}"
BOTH = f"{KEYS},{NEWER}"
ELSEWHERE = "1.2.246.562.10.10000000003"
OTHER = partition_of(ELSEWHERE, 16)


async def test_an_event_sent_again_stops_its_partition_alone_until_the_key_is_given_back(thread: Thread) -> None:
    first = recorded()
    await thread.count(first)
    await thread.post(recorded(subject="under-the-newer-key"))
    await thread.post(recorded(providerid=ELSEWHERE), partition=OTHER)
    async with thread.aggregator(DIGEST_KEYS=BOTH):
        await thread.read_up_to(2)
        await thread.read_up_to(1, OTHER)
    await thread.post(first)
    await thread.post(recorded(providerid=ELSEWHERE, subject="goes-on"), partition=OTHER)
    async with thread.aggregator(DIGEST_KEYS=NEWER):
        stopped = await thread.until(
            f"SELECT stopped FROM feedback.fence WHERE partition = {HOME}", lambda value: value is not None
        )
        await thread.read_up_to(2, OTHER)
    assert stopped == "digest_key_missing"
    await thread.read_up_to(2)
    assert await thread.broken() == []
    async with thread.aggregator(DIGEST_KEYS=BOTH):
        await thread.read_up_to(3)
    book = await thread.connection.fetchrow("SELECT sum(records), sum(duplicate), sum(conflict) FROM reporting.book")
    assert tuple(book) == (5, 1, 0)
    assert await thread.connection.fetchval("SELECT count(stopped) FROM feedback.fence") == 0
