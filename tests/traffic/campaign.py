"""A load posted through a gate to a stack that is being hurt, and the judgement of what is left afterwards."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

import aiohttp
from recount.report import Recount

from palautevirta.local.directory import LOOPBACK
from palautevirta.local.services import COLLECTOR
from palautevirta.local.stack import LocalStack
from palautevirta.verification import verify
from traffic.aftermath import log_faults, next_offsets, whole_log
from traffic.comparison import (
    COARSE_GRAINS,
    compare_books,
    compare_events,
    compare_figures,
    compare_requests,
    differences,
    readable,
    tables_of_figures,
)
from traffic.gate import Gate
from traffic.load import ClientLoad
from traffic.reports import reading
from traffic.sender import PATIENCE_S, Told, post_all

_POSTING_DEADLINE_S = 150.0
_COUNTING_DEADLINE_S = 30.0


@dataclass(frozen=True)
class Compared:
    """What the judge held against the recount: tables of figures, requests, events, records of the log."""

    tables: int
    requests: int
    events: int
    records: int

    def __add__(self, other: "Compared") -> "Compared":
        return Compared(*(sum(pair) for pair in zip(astuple(self), astuple(other), strict=True)))

    def __str__(self) -> str:
        return (
            f"{self.tables} tables of figures, {self.requests} requests and {self.events} events as the API tells "
            f"them, and {self.records} records of the log"
        )


class Campaign:
    """Clients at work on a load; `gate` says how far they may go."""

    def __init__(self, stack: LocalStack, clients: Sequence[ClientLoad], gate: Gate, patience_s: float) -> None:
        self.gate = gate
        self.postings = sum(len(client.postings) for client in clients)
        self._stack = stack
        self._clients = clients
        self._patience_s = patience_s
        self._told: list[asyncio.Task[Told]] = []

    async def post(self, session: aiohttp.ClientSession, group: asyncio.TaskGroup) -> None:
        """Start every client."""
        urls = _collectors(self._stack)
        for client in self._clients:
            token = self._stack.issuer.mint(organisations=client.organisations, scope="feedback:write")
            posting = post_all(
                session,
                urls,
                token,
                client,
                deadline_s=_POSTING_DEADLINE_S,
                patience_s=self._patience_s,
                turn=self.gate.turn,
                settled=self.gate.settled,
            )
            self._told.append(group.create_task(posting))

    @property
    def told(self) -> list[Told]:
        """What the clients were told, once all of them are done."""
        return [task.result() for task in self._told]

    async def judge(self) -> Compared:
        """Fail, and say what differs, unless everything that was acknowledged is counted, once, and nothing else is."""
        mistakes = [line for client in self.told for line in client.mistakes]
        assert not mistakes, readable(mistakes)
        accepted = [arrival for client in self.told for arrival in client.accepted]
        log = await whole_log(self._stack.endpoints.kafka)
        faults = log_faults(log, accepted, (event for client in self.told for event in client.posted))
        assert not faults, readable(faults)
        by_clients, by_log = Recount(accepted), Recount(log)
        # A contradiction is posted after the first content was acknowledged, so both know which of them stands.
        assert by_clients.contents == by_log.contents, "the log holds other contents than the clients were told of"
        await self._judge_reports(by_clients, by_log)
        fences, ends = await next_offsets(self._stack.endpoints.postgres), Counter(record.partition for record in log)
        assert fences == ends, f"the fences stand at {fences}, the log ends at {dict(ends)}"
        broken = [finding for finding in await verify(self._stack.endpoints.postgres) if finding.broken_by]
        assert not broken, readable([f"{finding.name}: {finding.broken_by}" for finding in broken])
        return Compared(tables_of_figures(COARSE_GRAINS), len(by_clients.requests), len(by_log.standing), len(log))

    async def _judge_reports(self, by_clients: Recount, by_log: Recount) -> None:
        url = self._stack.endpoints.reporting
        assert url is not None
        token = self._stack.issuer.mint(organisations=[], scope="figures:national operations")
        async with reading(url, token) as reports:
            await reports.until_complete(datetime.now(UTC), deadline_s=_COUNTING_DEADLINE_S)
            lines = await compare_figures(reports, by_clients, COARSE_GRAINS)
            # Receipts and books also know the copies of which the clients were never told.
            lines += await compare_events(reports, by_log, sorted(by_log.standing))
            lines += await compare_requests(reports, by_clients, sorted(by_clients.requests))
            lines += await compare_books(reports, by_log)
            held = [{"id": row["receipt"], "reason": row["reason"]} for row in await reports.rows("/v1/quarantine")]
        conflicts = [{"id": arrival.receipt, "reason": "conflict"} for arrival in by_log.conflicts]
        lines += differences("/v1/quarantine", conflicts, held)
        assert not lines, readable(lines)


def _collectors(stack: LocalStack) -> list[str]:
    """Where every collector of a stack listens; the stack itself names only the first."""
    environments = [child.program.environment for name, child in stack.services.items() if COLLECTOR.name in name]
    return [f"http://{LOOPBACK}:{environment['HTTP_PORT']}" for environment in environments]


async def counted(stack: LocalStack) -> None:
    """Wait until everything that is acknowledged by now is counted."""
    assert stack.endpoints.reporting is not None
    token = stack.issuer.mint(organisations=[], scope="figures:national")
    async with reading(stack.endpoints.reporting, token) as reports:
        await reports.until_complete(datetime.now(UTC), deadline_s=_COUNTING_DEADLINE_S)


@asynccontextmanager
async def campaign(
    stack: LocalStack, clients: Sequence[ClientLoad], *, patience_s: float = PATIENCE_S
) -> AsyncIterator[Campaign]:
    """Clients that wait at the gate, and are done when the block is left."""
    running = Campaign(stack, clients, Gate(), patience_s)
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        await running.post(session, group)
        yield running
