"""A disk of a few MiB for Postgres, which can be filled to its last byte and emptied again.

It is memory, mounted in a namespace of its own: nobody else sees it, and it needs no rights of root where users may
make namespaces, as the local stack does for Postgres itself. A full one answers as every full disk does; that its
content would outlive the machine is all that is missing.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from palautevirta.local.process import ChildProcess, Program, run_to_end

_DEADLINE_S: Final = 10.0
_MOUNT: Final = 'mount -t tmpfs -o mode=700,size="$1" small-disk "$2" && echo mounted && exec cat'


class SmallDisk:
    """Where Postgres' data is, as it sees it (`folder`), and as those outside do."""

    def __init__(self, holder: int, folder: Path) -> None:
        self.folder = folder
        self.enter = ("nsenter", f"--target={holder}", "--user", "--mount", "--preserve-credentials", "--")
        self._filler = Path(f"/proc/{holder}/root{folder}/filler")

    def fill(self) -> None:
        """Leave no byte."""
        left = os.statvfs(self._filler.parent)
        with self._filler.open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, left.f_bavail * left.f_frsize)

    def make_room(self) -> None:
        """Give back what was filled."""
        self._filler.unlink()


@asynccontextmanager
async def small_disk(folder: Path, size: str) -> AsyncIterator[SmallDisk]:
    """A new disk of this size (`200m`) in this folder, for processes that enter it; it goes with all that is on it."""
    holder = await asyncio.create_subprocess_exec(
        *("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MOUNT, "small-disk", size, str(folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        async with asyncio.timeout(_DEADLINE_S):
            said = await holder.stdout.readline()
        assert said == b"mounted\n", "a user of this machine can't mount memory in a namespace of his own"
        yield SmallDisk(holder.pid, folder)
    finally:
        holder.stdin.close()  # what it waits for
        async with asyncio.timeout(_DEADLINE_S):
            await holder.wait()


async def move_to(disk: SmallDisk, postgres: ChildProcess) -> None:
    """Stop the server, copy its data to the disk, and start it there."""
    await postgres.stop()
    argv = list(postgres.program.argv)
    data = argv.index("-D") + 1
    moved = disk.folder / "data"
    await run_to_end(
        Program(
            name="cp",
            argv=(*disk.enter, "cp", "--archive", argv[data], str(moved)),
            log=postgres.program.log,
            environment=os.environ,
        )
    )
    argv[data] = str(moved)
    postgres.program = replace(postgres.program, argv=(*disk.enter, *argv))
    await postgres.start()
