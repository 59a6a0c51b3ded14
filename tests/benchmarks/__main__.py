"""`make bench`: posting and aggregating, each beside its alternative; and the export of a large edition."""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

import uvloop

from tests.benchmarks import aggregating, exporting, posting


def main() -> None:
    """Measure what was asked for, all by default."""
    arguments = argparse.ArgumentParser(prog="make bench ARGS=…")
    arguments.add_argument(
        "what",
        nargs="*",
        choices=["posting", "aggregating", "exporting", []],
        default=[],
        metavar="posting|aggregating|exporting",
    )
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--events", type=int, default=40_000)
    arguments.add_argument("--rows", type=int, default=2_000_000, help="of the edition that is exported")
    asked = arguments.parse_args()
    print(f"{os.cpu_count()} cores, events of about 0.8 kB, 60 % requests and 40 % responses with 12 answers")
    measurements = {
        "posting": lambda folder: posting.measure(folder, rounds=asked.rounds, events=asked.events),
        "aggregating": lambda folder: aggregating.measure(folder, rounds=asked.rounds, events=asked.events),
        "exporting": lambda folder: exporting.measure(folder, rows=asked.rows),
    }
    for name, measure in measurements.items():
        if not asked.what or name in asked.what:
            folder = Path(tempfile.mkdtemp(prefix="palautevirta-bench-"))
            try:
                uvloop.run(measure(folder))
            finally:
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
