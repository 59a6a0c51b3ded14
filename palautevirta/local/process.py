"""One child process: started, awaited, stopped, killed, and started again when it dies.

A child never outlives the process that started it: the kernel kills it with its parent (`setpriv --pdeathsig`), so
a killed test run leaves nothing behind. It runs in a session of its own, so Ctrl-C in a terminal reaches only us and
we decide the order of stopping. Linux only. The signal at the parent's death is really one at the death of the
parent's *thread*: start children from the main thread.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Say = Callable[[str], None]
"""Tells the person at the terminal one sentence."""

PROBE_PAUSE_S: Final = 0.02
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
LOG_TAIL_BYTES: Final = 4_000
_LEASH: Final = ("setpriv", "--pdeathsig", "KILL", "--")


class ChildFailed(Exception):
    """A child ended when it should have served or succeeded, or not in time; the message quotes the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run and how to know that it serves.

    `ready` answers whether the child serves now and never raises; without it, a child serves as soon as it runs.
    `stop_signal` asks it to end in order.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str]
    directory: Path | None = None
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_timeout_s: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 15.0


class ChildProcess:
    """A program and, while it runs, its process.

    With `keep_running`, a child that dies unasked is started again after a pause that doubles from half a second to
    half a minute, and each time the given function is told so.
    """

    def __init__(self, program: Program, *, keep_running: Say | None = None) -> None:
        self.program = program
        self._say = keep_running
        self._popen: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether the process exists; a paused one does."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the running child."""
        if self._popen is None or not self.running:
            raise ProcessLookupError(f"{self.program.name} is not running")
        return self._popen.pid

    async def start(self) -> None:
        """Start the child and return once it serves; raise ChildFailed when it ends or is not ready in time."""
        if self.running:
            raise RuntimeError(f"{self.program.name} is already running")
        await self._launch()
        if self._say is not None:
            self._keeper = asyncio.create_task(self._keep(self._say), name=f"keep {self.program.name}")

    async def wait(self) -> int:
        """Wait until the child has ended; its exit status, negative for the signal that ended it."""
        if self._popen is None:
            raise ProcessLookupError(f"{self.program.name} was never started")
        if self._popen.poll() is None:
            # A pid file descriptor becomes readable when its process ends; unlike asyncio's own subprocesses it is
            # bound to no event loop, so a server started in one test may be awaited in another.
            pidfd = os.pidfd_open(self._popen.pid)
            loop = asyncio.get_running_loop()
            ended = asyncio.Event()
            loop.add_reader(pidfd, ended.set)
            try:
                await ended.wait()
            finally:
                loop.remove_reader(pidfd)
                os.close(pidfd)
        return self._popen.wait()

    async def stop(self) -> None:
        """Ask the child to end and kill it, with all its descendants, when it has not done so in time."""
        await self._stop_keeping()
        if not self.running:
            return
        with contextlib.suppress(ProcessLookupError):  # It may end by itself, or at the first of the two.
            os.kill(self.pid, self.program.stop_signal)
            self.kill(signal.SIGCONT)  # A paused child cannot hear the request.
        try:
            async with asyncio.timeout(self.program.stop_timeout_s):
                await self.wait()
        except TimeoutError:
            await self._destroy()

    def kill(self, sent: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the child and all its descendants, as when a machine dies (SIGKILL) or freezes (SIGSTOP).

        Postgres' backends are descendants of the one process that was started. With `keep_running`, a child killed
        this way is started again.
        """
        for pid in family(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sent)

    async def restart(self) -> None:
        """Stop the child in order, then start it."""
        await self.stop()
        await self.start()

    async def _launch(self) -> None:
        program = self.program
        log_begins = program.log.stat().st_size if program.log.exists() else 0
        with program.log.open("ab") as log:
            # Popen returns at once, and asyncio's own subprocesses are bound to one loop. No argument is a stranger's.
            self._popen = subprocess.Popen(  # noqa: ASYNC220, S603
                [*_LEASH, *program.argv],
                env=program.environment,
                cwd=program.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(program.ready_timeout_s):
                await self._until_ready(log_begins)
        except TimeoutError as error:
            await self._destroy()
            raise ChildFailed(
                f"{program.name} was not ready within {program.ready_timeout_s:g} s, its log ends:\n"
                f"{_tail(program.log, log_begins)}"
            ) from error
        except BaseException:
            await self._destroy()
            raise

    async def _until_ready(self, log_begins: int) -> None:
        program = self.program
        if program.ready is None:
            return
        # Asked in this order, a stranger who answers on our port is not taken for a child that has ended.
        while not await program.ready() or not self.running:
            if not self.running:
                raise ChildFailed(f"{_how_it_ended(self)}, its log ends:\n{_tail(program.log, log_begins)}")
            await asyncio.sleep(PROBE_PAUSE_S)

    async def _destroy(self) -> None:
        if self.running:
            self.kill(signal.SIGKILL)
            await self.wait()

    async def _keep(self, say: Say) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            ready_at = time.monotonic()
            await self.wait()
            if time.monotonic() - ready_at > LONGEST_PAUSE_S:
                pause_s = FIRST_PAUSE_S
            say(f"{_how_it_ended(self)}; starting it again in {pause_s:g} s (its log: {self.program.log})")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            try:
                await self._launch()
            except ChildFailed as failure:
                say(str(failure))
            else:
                say(f"{self.program.name} serves again")

    async def _stop_keeping(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait([keeper])


async def run_to_end(program: Program) -> None:
    """Run a program that ends by itself; raise ChildFailed unless it succeeds within its `ready_timeout_s`."""
    log_begins = program.log.stat().st_size if program.log.exists() else 0
    child = ChildProcess(program)
    try:
        await child.start()
        async with asyncio.timeout(program.ready_timeout_s):
            status = await child.wait()
    except TimeoutError as error:
        raise ChildFailed(f"{program.name} did not end within {program.ready_timeout_s:g} s") from error
    finally:
        await child.stop()
    if status != 0:
        raise ChildFailed(f"{_how_it_ended(child)}, its log ends:\n{_tail(program.log, log_begins)}")


def family(pid: int) -> list[int]:
    """The process and its descendants, parents first; those that vanish meanwhile are left out."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        children = []
    return [pid, *(descendant for child in children for descendant in family(int(child)))]


def _how_it_ended(child: ChildProcess) -> str:
    popen = child._popen  # noqa: SLF001 - one module
    assert popen is not None
    status = popen.returncode
    how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
    return f"{child.program.name} {how}"


def _tail(log: Path, begins: int) -> str:
    with log.open("rb") as file:
        file.seek(max(begins, file.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
        return file.read().decode(errors="replace").strip()
