"""Postgres' disk is full to the last byte: events are still taken, nothing is half counted, and room heals it."""

from pathlib import Path

import pytest
from faults.watcher import watched
from traffic.aftermath import until
from traffic.campaign import campaign, counted
from traffic.load import load
from traffic.small_disk import move_to, small_disk

from palautevirta.local.stack import LocalStack

SIZE = "200m"
DEADLINE_S = 30.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the disk is; another user, as whom Postgres may run, finds it."""
    tmp_path.chmod(0o711)
    small = tmp_path / "small"
    small.mkdir()
    return small


@pytest.mark.timeout(120)
async def test_a_full_disk_of_postgres_loses_nothing(stack: LocalStack, seed: int, folder: Path) -> None:
    postgres = stack.postgres
    assert postgres is not None
    async with small_disk(folder, SIZE) as disk:
        await move_to(disk, postgres)
        log_begins = postgres.program.log.stat().st_size

        async def refused() -> bool:
            return b"No space left on device" in postgres.program.log.read_bytes()[log_begins:]

        async with (
            watched(stack.endpoints.postgres) as watcher,
            campaign(stack, load(seed, requests=600, clients=4)) as running,
        ):
            third = running.postings // 3
            await running.gate.open_for(third)
            await running.gate.until_left(0)
            await counted(stack)
            disk.fill()
            await running.gate.open_for(third)
            await running.gate.until_left(0)
            await until(refused, deadline_s=DEADLINE_S)
            disk.make_room()
            if not postgres.running:  # what it couldn't write was its own log
                await postgres.start()
            await counted(stack)
            await running.gate.open_for(running.postings)
        await running.judge()
        assert watcher.found == []
        await postgres.stop()
