"""The demonstration with a small share of the nation, over a real stack whose parts are killed while it posts."""

import asyncio
import io
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from rich.console import Console

from palautevirta.demo.comparison import Comparison
from palautevirta.demo.counts import published_counts, share_of
from palautevirta.demo.demonstration import invite, perform
from palautevirta.demo.nation import Batch, Nation
from palautevirta.local.process import ChildProcess
from palautevirta.local.stack import LocalStack
from schemas.national.model import load_models

PERCENT = 3


class NationWithAccidents(Nation):
    """Kills a part of the stack just before each of these batches is posted."""

    accidents: Mapping[int, ChildProcess] = MappingProxyType({})

    def batches(self) -> Iterator[Batch]:
        for number, batch in enumerate(super().batches()):
            if number in self.accidents:
                self.accidents[number].kill()
            yield batch


def nation() -> NationWithAccidents:
    return NationWithAccidents(share_of(published_counts(), PERCENT), load_models())


async def run(command: str) -> dict[str, Any]:
    """What a command of the invitation prints."""
    process = await asyncio.create_subprocess_exec(*shlex.split(command), stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return msgspec.json.decode(output, type=dict[str, Any])


@pytest.mark.timeout(240)
async def test_the_figures_are_the_published_ones_whoever_dies_and_however_often_it_is_posted(data_dir: Path) -> None:
    said: list[str] = []
    progress = io.StringIO()
    console = Console(file=progress, width=200)

    async with LocalStack(data_dir, environment=os.environ, keep_running=True, say=said.append) as stack:

        async def demonstrate(posted: Nation) -> Comparison:
            return await perform(posted, stack.endpoints, stack.issuer, console)

        interrupted = nation()
        victims = {20: stack.services["aggregator"], 45: stack.services["collector"]}
        if stack.kafka is not None and stack.postgres is not None:
            victims |= {80: stack.postgres, 110: stack.kafka}
        interrupted.accidents = victims
        first = await demonstrate(interrupted)
        second = await demonstrate(nation())

        lines = await invite(nation(), stack.endpoints, stack.issuer, subject="one-more:1")
        post, show = (line for line in lines if line.startswith("curl "))
        before = await run(show)
        posted_once, posted_twice = await run(post), await run(post)
        third = await demonstrate(nation())
        after = await run(show)

    assert first.equal
    assert second == first, "every event was a duplicate"
    assert third == first, "the invitation's event belongs to another period"
    assert posted_once["accepted"] == posted_twice["accepted"] == 1
    assert before["rows"] == []
    assert [(row["targets"], row["respondents"]) for row in after["rows"]] == [(1, 0)]
    assert len(first.providers) == 154
    assert [survey.kind for survey in first.students] == ["start", "completion_whole", "completion_parts"]
    assert sum("was ended by SIGKILL" in sentence for sentence in said) == len(victims)
    assert f"{nation().events_count:,} events posted and acknowledged" in progress.getvalue()
