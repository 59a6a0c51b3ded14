"""Kafka is lost with Postgres intact: the new log is adopted, and clients send again what wasn't counted."""

import os
import shutil
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from recount.report import Recount
from traffic.campaign import counted
from traffic.comparison import COARSE_GRAINS, compare_figures, compare_requests, readable
from traffic.load import load
from traffic.operations import adopt, post
from traffic.reports import reading

from palautevirta.local.kafka import kafka_program
from palautevirta.local.process import ChildProcess
from palautevirta.local.stack import LocalStack, cache_folder
from palautevirta.topics import create_topics, declared_topics
from palautevirta.verification import verify

AGGREGATORS = ("aggregator-1", "aggregator-2")


async def replace_kafka(stack: LocalStack) -> None:
    """Kill the broker, delete all that it had, and start a new cluster with an empty topic at the same address."""
    assert stack.kafka is not None
    stack.kafka.kill()
    assert await stack.kafka.wait() == -signal.SIGKILL
    shutil.rmtree(stack.directory.folder("kafka"))
    address, program = await kafka_program(
        stack.directory, cache=cache_folder(os.environ), environment=os.environ, say=print
    )
    assert address == stack.endpoints.kafka
    stack.kafka = ChildProcess(program)
    await stack.kafka.start()
    await create_topics(address, declared_topics())


@pytest.mark.timeout(120)
async def test_a_lost_log_is_replaced_and_what_it_took_along_is_named(
    stack: LocalStack, seed: int, tmp_path: Path
) -> None:
    """Everything is sent again in the same order, so many records of the new log have the offsets of the old ones."""
    whole = load(seed, requests=600, clients=4)
    first = [replace(one, postings=one.postings[: len(one.postings) * 2 // 3]) for one in whole]
    rest = [replace(one, postings=one.postings[len(one.postings) * 2 // 3 :]) for one in whole]
    applied = await post(stack, first)
    await counted(stack)
    for name in AGGREGATORS:
        await stack.services[name].stop()
    lost = await post(stack, rest)

    await stack.services["collector"].stop()
    await replace_kafka(stack)
    receipts = tmp_path / "receipts"
    receipts.write_text("\n".join(one.receipt for one in (*applied, *lost)))
    status, said = await adopt(stack, "--receipts", str(receipts))
    assert status == 0, said
    named = [line.rpartition(" ")[2] for line in said if line.startswith("not in the record")]
    assert named == [one.receipt for one in lost]
    assert await adopt(stack) == (1, ["Error: The log is the one that the record knows: there is nothing to adopt."])

    for name in ("collector", *AGGREGATORS):
        await stack.services[name].start()
    again = await post(stack, whole)
    await counted(stack)
    recount = Recount([*applied, *lost])
    assert stack.endpoints.reporting is not None
    token = stack.issuer.mint(organisations=[], scope="figures:national operations")
    async with reading(stack.endpoints.reporting, token) as reports:
        lines = await compare_figures(reports, recount, COARSE_GRAINS)
        lines += await compare_requests(reports, recount, sorted(recount.requests))
        listed = await reports.rows("/v1/quarantine", limit="7")
    assert not lines, readable(lines)
    # What the lost log held can never be replayed, so the adoption closed it.
    closed, standing = Recount(applied).conflicts, Recount(again).conflicts
    assert Counter(row["outcome"] for row in listed) == Counter(closed=len(closed), standing=len(standing))
    assert [finding for finding in await verify(stack.endpoints.postgres) if finding.broken_by] == []
