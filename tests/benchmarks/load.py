"""A load generator that costs little: keep-alive connections over raw sockets, one request in flight on each."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Measured:
    """What one round saw: requests answered with the expected status, and each one's seconds."""

    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency, in seconds, that this share of the requests didn't exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request_bytes(url: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """One POST, as it goes over the wire."""
    parts = urlsplit(url)
    head = {"Host": parts.netloc, "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST {parts.path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def post_all(url: str, requests: Iterator[bytes], *, connections: int, expect: int) -> Measured:
    """Post all requests over so many connections; raises on the first answer of another status."""
    latencies: list[float] = []
    parts = urlsplit(url)

    async def work() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            for request in requests:
                began = time.perf_counter()
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                answer = await reader.readexactly(length)
                if not head.startswith(b"HTTP/1.1 %d " % expect):
                    raise AssertionError(f"{head[:40]!r} {answer[:300]!r}")
                latencies.append(time.perf_counter() - began)
        finally:
            writer.close()

    began = time.perf_counter()
    async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(work())
    return Measured(time.perf_counter() - began, latencies)
