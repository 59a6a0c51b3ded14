"""`make bench`: posting and aggregating, each beside its alternative."""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

import uvloop

from tests.benchmarks import aggregating, posting


def main() -> None:
    """Measure what was asked for, all by default."""
    arguments = argparse.ArgumentParser(prog="make bench ARGS=…")
    arguments.add_argument(
        "what", nargs="*", choices=["posting", "aggregating", []], default=[], metavar="posting|aggregating"
    )
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--events", type=int, default=40_000)
    asked = arguments.parse_args()
    print(f"{os.cpu_count()} cores, events of about 0.8 kB, 60 % requests and 40 % responses with 12 answers")
    for name, measurement in {"posting": posting, "aggregating": aggregating}.items():
        if not asked.what or name in asked.what:
            folder = Path(tempfile.mkdtemp(prefix="palautevirta-bench-"))
            try:
                uvloop.run(measurement.measure(folder, rounds=asked.rounds, events=asked.events))
            finally:
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
