"""A topic is deleted and made anew under its name: nothing of it is read on, whoever runs, until it is adopted."""

from functools import partial

from builders.command import run_command
from builders.events import recorded
from builders.thread import HOME, Thread
from traffic.operations import make_topic_anew

from palautevirta.local.postgres import Database

STOPPED = "SELECT stopped FROM feedback.fence WHERE partition = $1"
SUBJECTS = "SELECT string_agg(subject, '' ORDER BY subject) FROM feedback.request"


async def test_a_topic_made_anew_while_nobody_runs_is_not_read_on_and_can_be_adopted(
    thread: Thread, kafka: str, topic: str, database: Database
) -> None:
    """A client sends B again, so that the record before the offset is the one that stood there before; C isn't."""
    a, b, c, d = (recorded(subject=subject) for subject in "ABCD")
    await thread.count(a, b)
    await make_topic_anew(kafka, topic)
    await thread.post(c, b, d)
    async with thread.aggregator():
        assert await thread.until(STOPPED, lambda reason: reason is not None, HOME) == "another_topic"
    assert await thread.connection.fetchval(SUBJECTS) == "AB"

    tool = partial(run_command, settings=thread.settings | {"DATABASE_URL": database.dsn})
    code, told = await tool("log", "adopt", "--yes")
    assert code == 0, told
    async with thread.aggregator():
        await thread.read_up_to(3)
    assert await thread.connection.fetchval(STOPPED, HOME) is None
    assert await thread.connection.fetchval(SUBJECTS) == "ABCD"
    assert await thread.broken() == []


async def test_a_topic_made_anew_stays_another_one_when_it_has_grown_past_what_was_read(
    thread: Thread, kafka: str, topic: str
) -> None:
    """One aggregator sees it while it is still too short, the next one when nothing tells it any more but its id."""
    a, b = (recorded(subject=subject) for subject in "AB")
    await thread.count(a, b)
    await make_topic_anew(kafka, topic)
    async with thread.aggregator():
        assert await thread.until(STOPPED, lambda reason: reason is not None, HOME) == "another_topic"
    await thread.connection.execute("UPDATE feedback.fence SET stopped = NULL")  # as if it had been killed before
    await thread.post(recorded(subject="C"), b, recorded(subject="D"))
    async with thread.aggregator():
        assert await thread.until(STOPPED, lambda reason: reason is not None, HOME) == "another_topic"
    assert await thread.connection.fetchval(SUBJECTS) == "AB"
