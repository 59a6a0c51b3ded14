"""What the crash tests share: a seed that is printed, and a stack with two aggregators and an impatient collector."""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from traffic.aftermath import leases, until
from traffic.notes import tell

from palautevirta.local.services import AGGREGATOR, COLLECTOR, REPORTING
from palautevirta.local.stack import LocalStack

AGGREGATORS = ("aggregator-1", "aggregator-2")
# Soon enough that a broker that is away leaves outcomes unknown instead of only late.
IMPATIENT = {"ACKNOWLEDGEMENT_TIMEOUT_MS": "1000"}


@pytest.fixture
def seed() -> int:
    """A new seed, or that of $TEST_SEED: a failure shows what was printed."""
    seed = int(os.environ.get("TEST_SEED") or secrets.randbits(32))
    tell(f"TEST_SEED={seed}")
    return seed


@pytest.fixture
async def stack(data_dir: Path) -> AsyncIterator[LocalStack]:
    """Everything, with fsync; the two aggregators have shared the partitions when the test begins."""
    services = [
        replace(COLLECTOR, settings=IMPATIENT),
        *(replace(AGGREGATOR, name=name) for name in AGGREGATORS),
        REPORTING,
    ]
    async with LocalStack(data_dir, environment=os.environ, services=services) as stack:

        async def shared() -> bool:
            return await leases(stack.endpoints.postgres) == dict.fromkeys(AGGREGATORS, 8)

        await until(shared, deadline_s=15)
        yield stack
