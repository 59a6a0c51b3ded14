"""A base back-up of a stack's Postgres, taken while it works, and put in the place of what was lost."""

import os
import shutil
import signal
from pathlib import Path
from typing import Final

from palautevirta.local.process import ChildProcess, Program, run_to_end

_BACKUP: Final = "backup"


async def back_up(postgres: ChildProcess, admin_dsn: str) -> Path:
    """Take a base back-up with its own stretch of the write-ahead log; the folder that it is in.

    It is taken as the user that the server runs as, so that the server can start over it.
    """
    as_server, data = _before_the_binary(postgres), _data(postgres)
    binary = Path(postgres.program.argv[len(as_server)]).with_name("pg_basebackup")
    folder = data.with_name(_BACKUP)
    await run_to_end(
        Program(
            name=binary.name,
            argv=(
                *as_server, str(binary), f"--dbname={admin_dsn}", f"--pgdata={folder}",
                "--wal-method=stream", "--checkpoint=fast",
            ),
            log=postgres.program.log,
            environment=os.environ,
        )
    )  # fmt: skip
    return folder


async def lose(postgres: ChildProcess) -> None:
    """Kill every process of the server and delete its data."""
    postgres.kill()
    assert await postgres.wait() == -signal.SIGKILL
    shutil.rmtree(_data(postgres))


async def restore(postgres: ChildProcess, backup: Path) -> None:
    """Put the back-up where the data was and start the server over it."""
    shutil.move(backup, _data(postgres))
    await postgres.start()


def _data(postgres: ChildProcess) -> Path:
    argv = postgres.program.argv
    return Path(argv[argv.index("-D") + 1])


def _before_the_binary(postgres: ChildProcess) -> tuple[str, ...]:
    argv = postgres.program.argv
    return argv[: argv.index("-D") - 1]
