"""An aggregator that commits how far it read before it applies what it read."""

import sys
from collections.abc import Sequence

from services.aggregator.__main__ import main
from services.aggregator.store import Applied, Batch, Read, Store
from services.runtime.process import run

_advance, _apply = Store._advance, Store.apply  # noqa: SLF001 - what is planted is inside


async def apply(store: Store, batch: Batch) -> Applied:
    """The position in a transaction of its own, then the rest."""
    await _advance(store, batch.reads)
    return await _apply(store, batch)


async def advanced_already(_: Store, __: Sequence[Read]) -> None:
    """Nothing is left to do."""


def plant() -> None:
    """Take the position out of the one transaction."""
    Store.apply, Store._advance = apply, advanced_already  # type: ignore[method-assign]  # noqa: SLF001


if __name__ == "__main__":
    plant()
    sys.exit(run(main))
