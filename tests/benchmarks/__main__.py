"""`make bench`: every measurement beside its alternative or its goal."""

import argparse
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import uvloop

from tests.benchmarks import aggregating, catching_up, exporting, growth, posting, reading, visibility

Measurement = Callable[[Path, argparse.Namespace], Awaitable[None]]

MEASUREMENTS: Final[Mapping[str, Measurement]] = {
    "posting": lambda folder, asked: posting.measure(folder, rounds=asked.rounds, events=asked.events),
    "aggregating": lambda folder, asked: aggregating.measure(folder, rounds=asked.rounds, events=asked.events),
    "visibility": lambda folder, asked: visibility.measure(folder, rate=asked.rate, seconds=asked.seconds),
    "catching-up": lambda folder, asked: catching_up.measure(folder, rounds=asked.rounds, events=asked.backlog),
    "growth": lambda folder, asked: growth.measure(
        folder, rounds=asked.rounds, events=asked.events, base=asked.base, most=asked.most
    ),
    "exporting": lambda folder, asked: exporting.measure(folder, rows=asked.rows),
    "reading": lambda folder, asked: reading.measure(folder, requests=asked.requests, years=asked.years),
}


def main() -> None:
    """Measure what was asked for, all by default."""
    arguments = argparse.ArgumentParser(prog="make bench ARGS=…")
    arguments.add_argument("what", nargs="*", choices=[*MEASUREMENTS, []], default=[], metavar="|".join(MEASUREMENTS))
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--events", type=int, default=40_000, help="events a round")
    arguments.add_argument("--rate", type=int, default=5_000, help="visibility: events offered a second")
    arguments.add_argument("--seconds", type=float, default=30.0, help="visibility: for how long")
    arguments.add_argument("--backlog", type=int, default=200_000, help="catching-up: events that wait")
    arguments.add_argument("--base", type=int, default=10_000, help="growth: requests in the least history")
    arguments.add_argument("--most", type=int, default=10_000_000, help="growth: requests in the largest history")
    arguments.add_argument("--rows", type=int, default=2_000_000, help="exporting: rows of the edition")
    arguments.add_argument("--requests", type=int, default=500_000, help="reading: requests a year")
    arguments.add_argument("--years", type=int, default=10, help="reading: years of them")
    asked = arguments.parse_args()
    print(f"{os.cpu_count()} cores, events of about 0.8 kB, 60 % requests and 40 % responses with 12 answers")
    for name, measure in MEASUREMENTS.items():
        if not asked.what or name in asked.what:
            folder = Path(tempfile.mkdtemp(prefix="palautevirta-bench-"))
            try:
                uvloop.run(measure(folder, asked))
            finally:
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
