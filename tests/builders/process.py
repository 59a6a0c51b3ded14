"""An aggregator as a process of its own, of this release or another."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from palautevirta.local.postgres import Database

KEYS: Final = "1:" + "5a" * 32
TODAY: Final = ("services.aggregator",)


def aggregator_environ(kafka: str, topic: str, database: Database) -> dict[str, str]:
    """The variables that an aggregator needs."""
    return {
        "KAFKA_BOOTSTRAP": kafka,
        "KAFKA_TOPIC": topic,
        "DATABASE_URL": database.aggregator_dsn,
        "DIGEST_KEYS": KEYS,
        "OPERATIONS_PORT": "0",
    }


@asynccontextmanager
async def aggregator_process(
    environ: Mapping[str, str], *, module: Sequence[str] = TODAY, folder: Path | None = None, log: Path | None = None
) -> AsyncIterator[Process]:
    """Runs inside the context, out of another folder than ours if one is given, and then has to end as one should."""
    environ = {"PATH": os.environ["PATH"], **environ}
    if folder is not None:
        environ["PYTHONPATH"] = str(folder)
    command = (sys.executable, "-m", *module)
    if log is None:
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environ, stderr=DEVNULL)
    else:
        with log.open("ab") as stream:
            process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environ, stderr=stream)
    try:
        yield process
    finally:
        process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0
