"""`make crash`: seeded histories of faults, one after the other; the first one that fails ends the run."""

import argparse
import asyncio
import secrets
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from traffic.notes import tell

from faults.history import history
from faults.schedule import CUTS, KILLS_AND_PAUSES
from palautevirta.local.services import AGGREGATOR


def main() -> int:
    """Run what was asked for."""
    arguments = argparse.ArgumentParser(prog="make crash ARGS=…")
    arguments.add_argument("--seed", type=int, default=None, help="of the first history; the next ones count on")
    arguments.add_argument("--histories", type=int, default=6)
    arguments.add_argument("--faults", type=int, default=140, help="a history")
    arguments.add_argument(
        "--aggregator", default=AGGREGATOR.module, help="its module: tests.faults.planted.… has bugs"
    )
    asked = arguments.parse_args()
    first = secrets.randbits(32) if asked.seed is None else asked.seed
    total: Counter[str] = Counter()
    for seed in range(first, first + asked.histories):
        tell(f"seed {seed} begins")
        folder = Path(tempfile.mkdtemp(prefix="palautevirta-crash-"))
        try:
            account = asyncio.run(history(folder / "data", seed, faults=asked.faults, aggregator=asked.aggregator))
        except BaseException:
            tell(f'seed {seed} failed; again: make crash ARGS="--seed {seed} --histories 1 --faults {asked.faults}"')
            tell(f"its logs are kept in {folder}")
            raise
        shutil.rmtree(folder, ignore_errors=True)
        tell(str(account))
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
    tell(f"{asked.histories} histories, {hurt} kills and pauses, nothing lost, doubled or broken at any moment")
    return 0


if __name__ == "__main__":
    sys.exit(main())
