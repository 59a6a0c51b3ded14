"""The national data set of a large edition as a file: rows a second, and the memory that a process needs for it."""

import asyncio
import os
import resource
import sys
import time
from pathlib import Path
from typing import Final

import asyncpg

from palautevirta.local.services import REPORTING
from palautevirta.local.stack import LocalStack
from services.reporting.national_files import MEDIA_TYPES

_PROVIDERS: Final = 200
_FILL: Final = """
INSERT INTO feedback.edition_cell
SELECT 1, '1.2.246.562.10.1' || lpad((n % $2)::text, 10, '0'), date '2024-07-01' + interval '1 month' * (n / $2 % 12),
       (ARRAY['start', 'completion_whole', 'completion_parts', 'workplace_instructor', 'workplace'])
           [n / $2 / 12 % 5 + 1]::feedback.survey_kind,
       '1.2.246.562.10.2' || lpad((n % $2)::text, 10, '0'), '', lpad((n / $2 / 60)::text, 6, '0'), false,
       date '2024-07-01' + interval '1 month' * (n / $2 % 12), 3, 2, 60, 40, 1000
FROM generate_series(0, $1::bigint - 1) AS cell (n)
"""
_MEANING: Final = """
INSERT INTO feedback.edition_organisation
SELECT 1, '1.2.246.562.10.' || kind || lpad(n::text, 10, '0'), '0112038-9', '01234', 'Organisation ' || n, NULL,
       '{2026}'
FROM generate_series(0, $1::bigint - 1) AS provider (n), unnest(ARRAY['1', '2']) AS kind
"""
_COEFFICIENTS: Final = """
INSERT INTO feedback.edition_coefficient
SELECT 1, false, kind::feedback.survey_kind, '1.2.246.562.10.1' || lpad(n::text, 10, '0'), '11/20', 'linear', '53/30'
FROM generate_series(0, $1::bigint - 1) AS provider (n),
     unnest(ARRAY['start', 'completion_whole', 'completion_parts', 'workplace_instructor']) AS kind
"""
_HEAD: Final = """
INSERT INTO feedback.edition VALUES (
    1, '2024-2025', '2025-12-01', false, false, now(), now(), '2025.1', $1, 1, 0, 0, '', '{2}', 0, ''
)
"""


async def measure(data_dir: Path, *, rows: int) -> None:
    """Fill an edition in SQL, then export it in every format by a process of its own."""
    from schemas.national.model import load_models  # noqa: PLC0415
    from services.editions.contents import rules_text  # noqa: PLC0415

    async with LocalStack(data_dir, environment=os.environ, services=(REPORTING,)) as stack:
        connection = await asyncpg.connect(stack.database.dsn)
        await connection.execute(_FILL, rows, _PROVIDERS)
        await connection.execute(_MEANING, _PROVIDERS)
        await connection.execute(_COEFFICIENTS, _PROVIDERS)
        await connection.execute(_HEAD, rules_text(load_models().newest.rules))
        await connection.execute("ANALYZE feedback.edition_cell")
        await connection.close()
        for format_name in MEDIA_TYPES:
            await _export(stack.database.reporting_dsn, data_dir / f"national.{format_name}", format_name, rows)


async def _export(dsn: str, output: Path, format_name: str, rows: int) -> None:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.exporting", format_name, str(output)),
        env=os.environ | {"DATABASE_URL": dsn},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told
    seconds = time.perf_counter() - began
    size = output.stat().st_size / 1e6  # noqa: ASYNC240 - a benchmark waits for nobody else
    print(f"  {format_name:8} {rows:9,} rows in {seconds:6.1f} s, {size:6.1f} MB, {told.decode().strip()}")


def _in_a_process_of_its_own(format_name: str, output: str) -> None:
    from palautevirta.commands.export import command  # noqa: PLC0415

    before = _most_memory_mib()
    command.main(
        ["--edition", "1", "--format", format_name, "--output", output], standalone_mode=False, prog_name="export"
    )
    print(f"memory {_most_memory_mib():.0f} MiB at most, {before:.0f} before it began")


def _most_memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    _in_a_process_of_its_own(*sys.argv[1:])
