"""`make crash`: seeded histories of faults, one after the other; the first one that fails ends the run."""

import argparse
import asyncio
import secrets
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from traffic.campaign import Compared
from traffic.comparison import counted
from traffic.notes import tell

from faults.history import history
from faults.schedule import CUTS, KILLS_AND_PAUSES
from palautevirta.local.services import AGGREGATOR

_EPILOG: Final = (
    "A history of 19 faults takes about half a minute on two cores, one of 140 several minutes. The exit code is 1 "
    "when anything was lost, doubled or broken."
)


def main() -> int:
    """Run what was asked for."""
    asked = _asked()
    first = secrets.randbits(32) if asked.seed is None else asked.seed
    total: Counter[str] = Counter()
    compared = Compared(0, 0, 0, 0)
    for seed in range(first, first + asked.histories):
        tell(f"seed {seed} begins")
        folder = Path(tempfile.mkdtemp(prefix="palautevirta-crash-"))
        try:
            account = asyncio.run(history(folder / "data", seed, faults=asked.faults, aggregator=asked.aggregator))
        except BaseException as failure:
            found = _differences(failure)
            for difference in found or ():
                tell(difference)
            tell(f'seed {seed} failed; again: make crash ARGS="{_again(seed, asked)}"')
            tell(f"its logs are kept in {folder}")
            if found is None:
                raise
            return 1
        shutil.rmtree(folder, ignore_errors=True)
        tell(str(account))
        compared += account.compared
        for (kind, part), count in account.faults.items():
            total[f"{kind} {part}"] += count
    for what, count in sorted(total.items()):
        tell(f"{count:5} {what}")
    hurt = sum(count for what, count in total.items() if what.split()[0] in KILLS_AND_PAUSES)
    met, missed = (
        sum(count for what, count in total.items() if what.split()[0] in CUTS and ("(missed)" in what) == over)
        for over in (False, True)
    )
    tell(f"{met} of {met + missed} cuts met a transaction")
    tell(f"compared with a recount of what clients were told: {compared}")
    told = counted(asked.histories, "history", "histories")
    tell(f"{told}, {hurt} kills and pauses, nothing lost, doubled or broken at any moment")
    return 0


def _asked() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(
        prog="make crash ARGS=…", epilog=_EPILOG, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    arguments.add_argument(
        "--seed", type=int, help="of the first history; the next ones count on; a random one if none"
    )
    arguments.add_argument("--histories", type=int, default=6, help="how many, one after the other")
    arguments.add_argument("--faults", type=int, default=140, help="a history")
    arguments.add_argument(
        "--aggregator", default=AGGREGATOR.module, help="its module: tests.faults.planted.… has bugs"
    )
    return arguments.parse_args()


def _again(seed: int, asked: argparse.Namespace) -> str:
    """What runs one of these histories alone, as it was."""
    again = f"--seed {seed} --histories 1 --faults {asked.faults}"
    return again if asked.aggregator == AGGREGATOR.module else f"{again} --aggregator {asked.aggregator}"


def _differences(failure: BaseException) -> list[str] | None:
    """What the judge and the watcher found, when that is all that went wrong; tasks wrap it in groups."""
    if isinstance(failure, BaseExceptionGroup):
        parts = [_differences(one) for one in failure.exceptions]
        return None if None in parts else [line for part in parts for line in part or ()]
    return [str(failure) or "a comparison failed"] if isinstance(failure, AssertionError) else None


if __name__ == "__main__":
    sys.exit(main())
