"""Posts a second and their latency: the collector, with tokens, full validation and acks=all, beside the bare server.

The server under measurement has one core; the load generator and Kafka share the other.
"""

import os
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Final

from palautevirta.local.process import ChildProcess, Program
from palautevirta.local.services import COLLECTOR
from palautevirta.local.stack import LocalStack
from tests.benchmarks.load import Measured, post_all, request_bytes
from tests.benchmarks.workload import ROOT, Workload, as_json

BATCH: Final = 100
SHAPES: Final = {"single posts, 32 connections": (1, 32), "batches of 100, 8 connections": (BATCH, 8)}


async def measure(data_dir: Path, *, rounds: int, events: int) -> None:
    """Interleave rounds of both servers and print rates, latencies and ratios."""
    os.sched_setaffinity(0, {1})
    async with LocalStack(data_dir, environment=os.environ, services=(COLLECTOR,)) as stack:
        os.sched_setaffinity(stack.services["collector"].pid, {0})
        collector = f"{stack.endpoints.collector}/v1/events"
        port = _free_port()
        bare = f"http://127.0.0.1:{port}/v1/events"
        program = Program(
            name="bare-server",
            argv=("taskset", "-c", "0", sys.executable, "-m", "tests.benchmarks.bare_server", str(port)),
            log=data_dir / "bare-server.log",
            environment=dict(os.environ),
            directory=ROOT,
            ready=lambda: _answers(port),
        )
        child = ChildProcess(program)
        await child.start()
        try:
            token = stack.issuer.mint(organisations=Workload(0).providers, scope="feedback:write", expires_in_s=3600)
            urls = {"collector": collector, "bare aiohttp": bare}
            for shape in SHAPES:
                await _measure_shape(shape, urls, token, rounds=rounds, events=events)
        finally:
            await child.stop()


async def _measure_shape(shape: str, urls: Mapping[str, str], token: str, *, rounds: int, events: int) -> None:
    size, connections = SHAPES[shape]
    seen: dict[str, list[Measured]] = {server: [] for server in urls}
    workload = Workload(seed=size)
    count = events if size > 1 else events // 4
    for number in range(rounds + 1):  # the first round warms both up and isn't counted
        for server, url in urls.items():
            requests = list(_requests(url, token, workload, size, count))
            measured = await post_all(url, iter(requests), connections=connections, expect=202)
            if number:
                seen[server].append(measured)
    print(f"\n{shape}, {count} events a round, {rounds} rounds")
    for server, all_measured in seen.items():
        print(
            f"  {server:14} {median(m.rate for m in all_measured) * size:9,.0f} events/s"
            f"   p50 {median(m.percentile(0.5) for m in all_measured) * 1000:6.1f} ms"
            f"   p99 {median(m.percentile(0.99) for m in all_measured) * 1000:6.1f} ms"
        )
    pairs = zip(seen["collector"], seen["bare aiohttp"], strict=True)
    ratios = sorted(ours.rate / theirs.rate for ours, theirs in pairs)
    print(f"  collector / bare aiohttp: {median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")


def _requests(url: str, token: str, workload: Workload, size: int, count: int) -> Iterator[bytes]:
    mode = "application/cloudevents+json" if size == 1 else "application/cloudevents-batch+json"
    headers = {"Content-Type": mode, "Authorization": f"Bearer {token}"}
    events = [as_json(event) for event in workload.events(count)]
    for at in range(0, len(events), size):
        body = events[at] if size == 1 else b"[" + b",".join(events[at : at + size]) + b"]"
        yield request_bytes(url, headers, body)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
