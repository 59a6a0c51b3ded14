"""The demonstration's clients against a server that does what a service may do: be away, drop the line, refuse."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from palautevirta.demo import patience, reporting
from palautevirta.demo.counts import Counts
from palautevirta.demo.nation import Batch
from palautevirta.demo.patience import DemoFailed
from palautevirta.demo.replay import replay
from palautevirta.demo.reporting import Reporting
from palautevirta.local.directory import LOOPBACK, free_port

pytestmark = pytest.mark.timeout(30)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BATCHES = [Batch("provider", 2, b"[1,2]"), Batch("provider", 1, b"[3]")]
TOKENS = {"provider": "TOKEN"}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_FIRST_PAUSE_S", 0.01)


@asynccontextmanager
async def serving(method: str, path: str, handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route(method, path, handler)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, LOOPBACK, port).start()
    yield f"http://{LOOPBACK}:{port}"
    await runner.cleanup()


def accepted(events: int) -> web.Response:
    results = [{"index": index, "status": "accepted", "receipt": f"0-{index}"} for index in range(events)]
    return web.json_response({"accepted": events, "refused": 0, "retry": 0, "results": results}, status=202)


async def test_a_batch_whose_outcome_is_unknown_is_sent_again_whole_until_it_is_accepted() -> None:
    bodies: list[bytes] = []
    told: list[int] = []

    async def collector(request: web.Request) -> web.Response:
        body = await request.read()
        assert request.headers["Authorization"] == "Bearer TOKEN"
        assert request.content_type == "application/cloudevents-batch+json"
        bodies.append(body)
        match bodies.count(body):
            case 1:
                return web.json_response({}, status=503, headers={"Retry-After": "0"})
            case 2:
                assert request.transport is not None
                request.transport.abort()
        return accepted(len(body.split(b",")))

    async with serving("POST", "/v1/events", collector) as url:
        before = datetime.now(UTC)
        posted = await replay(BATCHES, url=url, tokens=TOKENS, acknowledged=told.append)

    assert sorted(bodies) == [b"[1,2]"] * 3 + [b"[3]"] * 3
    assert sorted(told) == [1, 2]
    assert (posted.events, posted.batches_sent_again) == (3, 2)
    assert before < posted.last_at <= datetime.now(UTC)


async def test_an_event_without_a_receipt_is_a_defect() -> None:
    async def collector(_: web.Request) -> web.Response:
        return accepted(1)

    async with serving("POST", "/v1/events", collector) as url:
        with pytest.raises(DemoFailed, match="1 receipts for 2 events"):
            await replay(BATCHES, url=url, tokens=TOKENS, acknowledged=lambda _: None)


async def test_a_refused_event_ends_the_demonstration_and_says_why() -> None:
    async def collector(_: web.Request) -> web.Response:
        results = [
            {"index": 0, "status": "accepted", "receipt": "0-1"},
            {"index": 1, "status": "invalid", "errors": [{"code": "unknown_code", "pointer": "/x", "detail": "why"}]},
        ]
        return web.json_response({"accepted": 1, "refused": 1, "retry": 0, "results": results}, status=207)

    async with serving("POST", "/v1/events", collector) as url:
        with pytest.raises(DemoFailed, match=r"status 207: invalid .*unknown_code"):
            await replay(BATCHES, url=url, tokens=TOKENS, acknowledged=lambda _: None)


async def test_a_service_that_stays_away_is_given_up() -> None:
    async def always_away() -> str | patience.Away:
        return patience.Away("status 503")

    with pytest.raises(DemoFailed, match="the last one: status 503"):
        await patience.until_answered(always_away, within_s=0.05)


async def test_all_pages_are_read_also_when_one_is_away_first() -> None:
    pages = {
        "": {"rows": [{"provider": "a", "targets": 5, "respondents": 2}], "next": "TOKEN-2"},
        "TOKEN-2": {"rows": [{"provider": "b", "targets": 1, "respondents": 0}], "next": None},
    }
    asked: list[str] = []

    async def figures(request: web.Request) -> web.Response:
        token = request.query.get("next", "")
        asked.append(token)
        if asked.count(token) == 1:
            return web.json_response({}, status=503)
        return web.json_response(pages[token])

    async with serving("GET", "/v1/figures", figures) as url, Reporting(url, "TOKEN") as client:
        counts = await client.student_counts("start")

    assert counts == {"a": Counts(5, 2), "b": Counts(1, 0)}
    assert asked == ["", "", "TOKEN-2", "TOKEN-2"]


async def test_figures_are_waited_for_until_they_are_later_than_the_last_acknowledgement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    seconds = iter([None, -1, 0, 1])

    async def figures(_: web.Request) -> web.Response:
        after_s = next(seconds)
        as_of = None if after_s is None else (moment + timedelta(seconds=after_s)).isoformat()
        return web.json_response({"as_of": as_of, "rows": [], "next": None})

    async with serving("GET", "/v1/figures", figures) as url, Reporting(url, "TOKEN") as client:
        assert await client.wait_until_counted(moment) == moment + timedelta(seconds=1)

    async def stale(_: web.Request) -> web.Response:
        return web.json_response({"as_of": moment.isoformat(), "rows": [], "next": None})

    monkeypatch.setattr(reporting, "PATIENCE_S", 0.05)
    async with serving("GET", "/v1/figures", stale) as url, Reporting(url, "TOKEN") as client:
        with pytest.raises(DemoFailed, match="complete as of"):
            await client.wait_until_counted(moment)


async def test_a_replay_that_is_cancelled_ends_at_once() -> None:
    arrived, released = asyncio.Event(), asyncio.Event()

    async def collector(_: web.Request) -> web.Response:
        arrived.set()
        await released.wait()
        return accepted(2)

    async with serving("POST", "/v1/events", collector) as url:
        task = asyncio.create_task(replay(BATCHES, url=url, tokens=TOKENS, acknowledged=lambda _: None))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        released.set()
