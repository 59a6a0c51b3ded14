"""A page of the difference of two editions, read provider by provider, so that a page costs what it shows.

What the processor has to do runs in a thread, so that others are answered meanwhile.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from schemas.national.model import NationalModels
from services.reporting import edition_store
from services.reporting.difference import Block, Change, Difference, Sum
from services.reporting.difference_questions import Answered, question_changes
from services.reporting.difference_table import InputChange, Line, input_changes
from services.reporting.edition_query import DifferenceQuery
from services.reporting.editions import Edition
from services.reporting.store import Snapshot

_BLOCKS_AT_ONCE: Final = 16
"""How many providers of a set are read at once."""

_KEPT: Final = 2
"""How many differences are kept: some ten thousand sums each."""

_Changes = Callable[[Block, Sequence[Any], Sequence[Any]], list[Change]]


class Differences:
    """The last few differences that were asked for, so that the next page needs no new way: editions never change."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Difference] = {}

    async def of(self, snapshot: Snapshot, first: Edition, second: Edition) -> Difference:
        """The way from one edition to the other."""
        key = (first.digest, second.digest)
        found = self._kept.pop(key, None)
        if found is None:
            before, later = [await edition_store.compared(snapshot, edition) for edition in (first, second)]
            found = await asyncio.to_thread(Difference, before, later)
        self._kept[key] = found
        if len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return found


async def lines(
    snapshot: Snapshot,
    difference: Difference,
    editions: tuple[Edition, Edition],
    query: DifferenceQuery,
    models: NationalModels,
) -> list[Line]:
    """The lines after the last one seen, one more than the limit."""
    first, second = editions
    offsets = (await edition_store.offsets(snapshot, first), await edition_store.offsets(snapshot, second))
    inputs = input_changes(first, second, offsets)
    found: list[Line] = list(_after_input(inputs, query.after))
    blocks = [block for block in difference.blocks() if query.after is None or block >= query.after[:2]]

    def of_questions(block: Block, before: Sequence[Answered], later: Sequence[Answered]) -> list[Change]:
        return question_changes(difference, block, before, later, models)

    changes: _Changes = of_questions if query.what == "questions" else difference.changes
    missing = query.limit + 1 - len(found)
    for place in range(0, len(blocks), _BLOCKS_AT_ONCE):
        if missing <= 0:
            break
        some = blocks[place : place + _BLOCKS_AT_ONCE]
        members = {member for _, provider in some for member in difference.members(provider)}
        before, later = [await _sums(snapshot, edition, members, query) for edition in editions]
        of_block = _by_block(difference, before), _by_block(difference, later)
        found += await asyncio.to_thread(_of_blocks, changes, some, of_block, query, missing)
        missing = query.limit + 1 - len(found)
    return found[: query.limit + 1]


async def _sums(snapshot: Snapshot, of: Edition, members: set[str], query: DifferenceQuery) -> Sequence[Any]:
    if query.what == "questions":
        return await edition_store.histograms(snapshot, of, members)
    return await edition_store.cells(snapshot, of, members, query.by)


def _by_block(difference: Difference, sums: Sequence[Sum | Answered]) -> dict[Block, list[Any]]:
    """The sums of each block; those of a merged provider stand in two, and each step takes its own."""
    found: dict[Block, list[Any]] = {}
    for one in sums:
        structures = (difference.first.successors, difference.second.successors)
        for provider in {structure.get(one.provider, one.provider) for structure in structures}:
            found.setdefault((one.of_set, provider), []).append(one)
    return found


def _of_blocks(
    changes: _Changes,
    blocks: Sequence[Block],
    of_block: tuple[dict[Block, list[Any]], dict[Block, list[Any]]],
    query: DifferenceQuery,
    most: int,
) -> list[Change]:
    """The changes of these blocks, `most` at the most: no block after them is looked at."""
    listed: list[Change] = []
    for block in blocks:
        found = changes(block, of_block[0].get(block, []), of_block[1].get(block, []))
        if query.after is not None and block == query.after[:2]:
            places = [place for place, change in enumerate(found) if change.page_key == query.after]
            found = found[places[0] + 1 :] if places else []
        listed += found[: most - len(listed)]
        if len(listed) == most:
            break
    return listed


def _after_input(inputs: Sequence[InputChange], last: tuple[str, ...] | None) -> Sequence[InputChange]:
    if last is None:
        return inputs
    places = [place for place, line in enumerate(inputs) if line.page_key == last]
    return inputs[places[0] + 1 :] if places else []
