"""Real processes, small ones: the shell, sleep and Python."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from palautevirta.local.process import ChildFailed, ChildProcess, Program, run_to_end

Build = Callable[..., Program]


@pytest.fixture
def program(tmp_path: Path) -> Build:
    def build(
        script: str, *, ready: Callable[[], Awaitable[bool]] | None = None, stop_timeout_s: float = 5.0
    ) -> Program:
        return Program(
            name="child",
            argv=("sh", "-c", script),
            log=tmp_path / "child.log",
            environment={"PATH": os.defpath},
            ready=ready,
            ready_timeout_s=5.0,
            stop_timeout_s=stop_timeout_s,
        )

    return build


def exists(path: Path) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return await asyncio.to_thread(path.exists)

    return ready


def state(pid: int) -> str:
    """The state of a process as the kernel names it: R or S when it lives, T when it is paused."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.01)


async def test_starting_returns_when_the_child_serves(program: Build, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    child = ChildProcess(program(f"sleep 0.1; touch {mark}; exec sleep 60", ready=exists(mark)))
    await child.start()
    assert mark.exists()
    assert child.running
    await child.stop()
    assert not child.running


async def test_a_child_that_ends_before_it_serves_is_reported_with_its_log(program: Build, tmp_path: Path) -> None:
    child = ChildProcess(program("echo no such table; exit 3", ready=exists(tmp_path / "never")))
    with pytest.raises(ChildFailed, match=r"child ended with status 3, its log ends:\nno such table"):
        await child.start()


async def test_a_child_that_ends_at_once_is_not_taken_for_one_that_serves(program: Build) -> None:
    async def stranger_answers() -> bool:
        while child.running:  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.01)
        return True

    child = ChildProcess(program("exit 0", ready=stranger_answers))
    with pytest.raises(ChildFailed, match="child ended with status 0"):
        await child.start()


async def test_a_child_that_ignores_the_request_is_killed_with_its_descendants(program: Build, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    script = f"trap '' TERM; sleep 60 & echo $! > {mark}.draft; mv {mark}.draft {mark}; while true; do wait; done"
    child = ChildProcess(program(script, ready=exists(mark), stop_timeout_s=0.2))
    await child.start()
    grandchild = int(mark.read_text())
    assert state(grandchild) in "RS"
    await child.stop()
    assert await child.wait() == -signal.SIGKILL
    await until(lambda: not Path(f"/proc/{grandchild}").exists() or state(grandchild) in "ZX")


async def test_a_paused_child_goes_on_and_can_be_stopped(program: Build) -> None:
    child = ChildProcess(program("exec sleep 60"))
    await child.start()
    pid = child.pid
    child.kill(signal.SIGSTOP)
    await until(lambda: state(pid) == "T")
    child.kill(signal.SIGCONT)
    await until(lambda: state(pid) in "RS")
    child.kill(signal.SIGSTOP)
    await until(lambda: state(pid) == "T")
    await child.stop()
    assert await child.wait() == -signal.SIGTERM


async def test_a_killed_child_can_be_started_again(program: Build) -> None:
    child = ChildProcess(program("exec sleep 60"))
    await child.start()
    first = child.pid
    child.kill()
    assert await child.wait() == -signal.SIGKILL
    await child.start()
    assert child.pid != first
    await child.restart()
    await child.stop()


async def test_a_child_that_dies_unasked_is_started_again_and_that_is_said(program: Build) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    child = ChildProcess(program("exec sleep 60"), keep_running=said.put_nowait)
    await child.start()
    first = child.pid
    child.kill()
    assert "child was ended by SIGKILL; starting it again in 0.5 s" in await said.get()
    assert await said.get() == "child serves again"
    assert child.pid != first
    child.kill()
    assert "starting it again in 1 s" in await said.get()
    await child.stop()
    assert not child.running


async def test_a_child_does_not_outlive_its_parent(tmp_path: Path) -> None:
    parent = f"""
import asyncio, os, pathlib, signal
from palautevirta.local.process import ChildProcess, Program

mark = pathlib.Path("mark")

async def serves() -> bool:
    return mark.exists()

async def main() -> None:
    argv = ("sh", "-c", "touch mark; exec sleep 60")
    child = ChildProcess(
        Program(name="child", argv=argv, log=pathlib.Path("log"), environment=os.environ, ready=serves)
    )
    await child.start()
    pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(child.pid))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(Path(__file__).parents[2])}
    with pytest.raises(ChildFailed, match="SIGKILL"):
        await run_to_end(
            Program(
                name="parent",
                argv=(sys.executable, "-c", parent),
                log=tmp_path / "parent.log",
                environment=environment,
                directory=tmp_path,
            )
        )
    pid = int((tmp_path / "pid").read_text())
    await until(lambda: not Path(f"/proc/{pid}").exists() or state(pid) in "ZX")


async def test_a_program_that_ends_by_itself_must_succeed(program: Build) -> None:
    await run_to_end(program("exit 0"))
    with pytest.raises(ChildFailed, match=r"child ended with status 1, its log ends:\ndisk full"):
        await run_to_end(program("echo disk full; exit 1"))
