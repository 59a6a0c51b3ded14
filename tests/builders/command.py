"""`palautevirta` as an operator runs it."""

import asyncio
import os
import sys
from collections.abc import Mapping

DEADLINE_S = 60.0


async def run_command(*arguments: str, settings: Mapping[str, str], typed: str = "") -> tuple[int | None, str]:
    """Run a command with these environment variables and what is typed into it; its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "palautevirta", *arguments),
        env={**os.environ, **settings},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(DEADLINE_S):
        said, _ = await process.communicate(typed.encode())
    return process.returncode, said.decode()
