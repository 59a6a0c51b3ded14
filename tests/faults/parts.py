"""The parts of a stack as something to be hurt, each by one fault at a time, and set right again at the end."""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import asyncpg
from traffic.aftermath import AWAY, until
from traffic.delayed_line import Cut, DelayedLine, Trouble, cut_one

from faults.schedule import CUTS, KAFKA, POSTGRES, TO_POSTGRES, Fault
from palautevirta.local.directory import free_port
from palautevirta.local.process import ChildFailed, ChildProcess
from palautevirta.local.stack import LocalStack

_AT_ONCE: Final = 6
_ORDER_DEADLINE_S: Final = 40.0
_CUT_DEADLINE_S: Final = 20.0
_MORE_AFTER_S: Final = 0.5
"""How long a cut waits for a transaction before it asks for more load."""
_MEND_DEADLINE_S: Final = 60.0
_CALL_TIMEOUT_S: Final = 5.0


class Parts:
    """What can be hurt. `counts` has what was done, by kind and part; `surprises` what ended without being killed."""

    def __init__(
        self, stack: LocalStack, lines: Mapping[str, DelayedLine], more: Callable[[], Awaitable[None]]
    ) -> None:
        assert stack.postgres is not None
        assert stack.kafka is not None
        self.counts: Counter[tuple[str, str]] = Counter()
        self.surprises: list[str] = []
        self._dsn = stack.endpoints.postgres
        self._lines = lines
        self._more = more
        self._whole = {POSTGRES: stack.postgres, KAFKA: stack.kafka, **stack.services}
        self._locks = {name: asyncio.Lock() for name in (*self._whole, *lines)}
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._cutting = asyncio.Lock()

    async def room(self, fault: Fault) -> None:
        """Wait until fewer faults than the most are going on, and take the place of one; `suffer` gives it back."""
        if fault.kind not in CUTS:
            await self._places.acquire()

    async def suffer(self, fault: Fault) -> None:
        """One fault from its beginning to its end; a part that suffers already has it afterwards."""
        try:
            match fault.kind:
                case "killed" | "paused" | "slept_past_lease" | "restarted" | "second_of_its_name":
                    async with self._locks[fault.part]:
                        done = await self._hurt(fault)
                case "line_slow" | "line_broken" | "line_half_open":
                    async with self._locks[fault.part]:
                        done = await self._in_trouble(fault)
                case "connections_cut":
                    async with self._cutting:
                        done = await self._loaded(self._cut_connections())
                case "read_only":
                    done = await self._read_only(fault.for_s)
                case "cut_before_commit" | "cut_after_commit":
                    async with self._cutting:
                        done = await self._loaded(
                            self._cut_at_commit("before" if fault.kind == "cut_before_commit" else "after")
                        )
            self.counts[fault.kind if done else f"{fault.kind} (missed)", fault.part] += 1
        finally:
            if fault.kind not in CUTS:
                self._places.release()

    async def mend(self) -> None:
        """Every part runs and serves."""
        for name in (POSTGRES, KAFKA):
            await self._begin_again(name, self._whole[name])
        await self._order("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
        for name, child in self._whole.items():
            if name not in (POSTGRES, KAFKA):
                await self._begin_again(name, child)
        for child in self._whole.values():
            assert child.program.ready is not None
            await until(child.program.ready, deadline_s=_MEND_DEADLINE_S)

    async def _begin_again(self, name: str, child: ChildProcess) -> None:
        if not child.running:
            self.surprises.append(f"{name} ended by itself with status {await child.wait()}")
            await self._start_again(name, child)

    async def _hurt(self, fault: Fault) -> bool:
        child = self._whole[fault.part]
        await self._begin_again(fault.part, child)
        match fault.kind:
            case "killed":
                child.kill()
                await child.wait()
                await self._start_again(fault.part, child)
            case "restarted":
                await child.restart()
            case "second_of_its_name":
                await self._second(child, fault.for_s)
            case _:
                child.kill(signal.SIGSTOP)
                try:
                    await asyncio.sleep(fault.for_s)
                finally:
                    child.kill(signal.SIGCONT)
        return True

    @staticmethod
    async def _start_again(name: str, child: ChildProcess) -> None:
        """A service may be hurt again before it is ready; of a server that doesn't come back we want to know."""
        if name in (POSTGRES, KAFKA):
            await until(lambda: _started(child), deadline_s=_MEND_DEADLINE_S)
            return
        program = child.program
        child.program = replace(program, ready=None)
        try:
            await child.start()
        finally:
            child.program = program

    @staticmethod
    async def _second(first: ChildProcess, for_s: float) -> None:
        """Another process with the name of this one works beside it, and is killed."""
        program = first.program
        environment = {**program.environment, "OPERATIONS_PORT": str(free_port())}
        second = ChildProcess(
            replace(
                program, name=f"second {program.name}", environment=environment, log=program.log.with_suffix(".second")
            )
        )
        second.program = replace(second.program, ready=None)
        await second.start()
        try:
            await asyncio.sleep(2 + for_s)  # to start, and then to work
        finally:
            second.kill()
            await second.wait()

    async def _in_trouble(self, fault: Fault) -> bool:
        troubles: dict[str, Trouble] = {"line_slow": "slow", "line_broken": "broken", "line_half_open": "half_open"}
        await self._lines[fault.part].suffer(troubles[fault.kind], fault.for_s)
        return True

    async def _cut_at_commit(self, when: Cut) -> bool:
        return await cut_one([self._lines[name] for name in TO_POSTGRES], b"COMMIT", when, deadline_s=_CUT_DEADLINE_S)

    async def _loaded(self, cut: Coroutine[Any, Any, bool]) -> bool:
        """Wait for a cut; while no transaction comes by itself, let some more of the load on."""
        cutting = asyncio.create_task(cut)
        try:
            while not (await asyncio.wait([cutting], timeout=_MORE_AFTER_S))[0]:
                await self._more()
            return await cutting
        finally:
            cutting.cancel()

    async def _cut_connections(self) -> bool:
        """End the aggregators' sessions, as soon as one of them is inside a transaction that has written."""

        async def cut() -> bool:
            return await self._ask(
                """
                SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity
                WHERE application_name = 'palautevirta-aggregator' AND backend_xid IS NOT NULL
                """
            )

        try:
            await until(cut, deadline_s=_CUT_DEADLINE_S)
        except TimeoutError:
            return False
        return True

    async def _read_only(self, for_s: float) -> bool:
        await self._order("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        try:
            await asyncio.sleep(for_s)
        finally:
            await self._order("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
        return True

    async def _ask(self, question: str) -> bool:
        """Whether something is so; not when Postgres is away."""
        try:
            async with asyncio.timeout(_CALL_TIMEOUT_S):
                connection = await asyncpg.connect(self._dsn)
                try:
                    return bool(await connection.fetchval(question))
                finally:
                    connection.terminate()
        except AWAY:
            return False

    async def _order(self, *orders: str) -> None:
        """Give the server these orders, however often it goes away meanwhile."""

        async def given() -> bool:
            with suppress(*AWAY):
                async with asyncio.timeout(_CALL_TIMEOUT_S):
                    connection = await asyncpg.connect(self._dsn)
                    try:
                        for order in orders:
                            await connection.execute(order)
                    finally:
                        connection.terminate()
                return True
            return False

        await until(given, deadline_s=_ORDER_DEADLINE_S)


async def _started(child: ChildProcess) -> bool:
    """Whether it starts; Postgres does not before the memory that its killed sessions shared is free."""
    try:
        await child.start()
    except ChildFailed:
        return False
    return True
