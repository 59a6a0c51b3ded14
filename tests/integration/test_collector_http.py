"""The collector's public port against a real Kafka."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from builders.events import PROVIDER, answers, body, cancelled, recorded, submitted
from multidict import CIMultiDictProxy
from prometheus_client import CollectorRegistry

from palautevirta.local.directory import DataDirectory
from palautevirta.local.issuer import AUDIENCE, ISSUER, JWKS_PATH, Issuer
from schemas.national.model import load_models
from services.collector.app import DRAIN, HEALTH, build_app
from services.collector.settings import CollectorSettings
from services.runtime.http_server import serve_http
from services.runtime.operations import operations_app
from services.runtime.partitioning import partition_of

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
STRANGER = "1.2.246.562.10.10000000003"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    json: Any


@dataclass(frozen=True)
class Collector:
    url: str
    operations: str
    session: aiohttp.ClientSession
    issuer: Issuer
    begin_drain: Any

    async def request(self, method: str, path: str, *, data: bytes | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, self.url + path, data=data, headers=named) as response:
            return Answer(response.status, response.headers, json.loads(await response.read()))

    async def post(self, data: bytes, content_type: str = STRUCTURED, **headers: str) -> Answer:
        token = self.issuer.mint(organisations=[PROVIDER], scope="feedback:write")
        given = {"Authorization": f"Bearer {token}", "Content_Type": content_type, **headers}
        return await self.request("POST", "/v1/events", data=data, **given)

    async def metrics(self) -> str:
        async with self.session.get(f"{self.operations}/metrics") as response:
            return await response.text()

    async def operation(self, path: str) -> tuple[int, Any]:
        async with self.session.get(self.operations + path) as response:
            return response.status, json.loads(await response.read())


@pytest.fixture
async def collector(kafka: str, topic: str, data_dir: Path) -> AsyncIterator[Collector]:
    issuer = Issuer.of(DataDirectory(data_dir))
    async with AsyncExitStack() as opened:
        keys = await issuer.serve(0)
        opened.push_async_callback(keys.cleanup)
        settings = CollectorSettings(
            kafka_bootstrap=kafka,
            kafka_topic=topic,
            token_issuer=ISSUER,
            token_audience=AUDIENCE,
            token_jwks_url=f"http://127.0.0.1:{keys.addresses[0][1]}{JWKS_PATH}",
            batch_limit_events=10,
            body_limit_bytes=200_000,
        )
        registry = CollectorRegistry()
        app = build_app(settings, load_models(), registry)
        operations = operations_app(app[HEALTH], registry)
        operations_port = await opened.enter_async_context(serve_http(operations, "127.0.0.1", 0, shutdown_timeout_s=1))
        port = await opened.enter_async_context(serve_http(app, "127.0.0.1", 0, shutdown_timeout_s=5))
        session = await opened.enter_async_context(aiohttp.ClientSession())
        found = Collector(
            f"http://127.0.0.1:{port}",
            f"http://127.0.0.1:{operations_port}",
            session,
            issuer,
            app[DRAIN].begin,
        )
        async with asyncio.timeout(30):
            while (await found.operation("/readyz"))[0] != 200:  # noqa: ASYNC110 - asked as a deployment asks
                await asyncio.sleep(0.02)
        yield found


async def record_at(kafka: str, topic: str, receipt: str) -> Any:
    """The record that a receipt names."""
    partition, offset = map(int, receipt.split("-"))
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="none")
    await consumer.start()
    try:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        consumer.seek(place, offset)
        async with asyncio.timeout(20):
            return await consumer.getone()
    finally:
        await consumer.stop()


async def test_an_accepted_event_is_the_record_that_its_receipt_names(
    collector: Collector, kafka: str, topic: str
) -> None:
    event = submitted(id="e-1", traceparent="00-1-2-3")
    answer = await collector.post(body(event))
    assert answer.status == 202
    (result,) = answer.json["results"]
    assert result["receipt"].startswith(f"{partition_of(PROVIDER, 16)}-")
    record = await record_at(kafka, topic, result["receipt"])
    assert record.key == PROVIDER.encode()
    assert dict(record.headers) == {
        "content-type": b"application/cloudevents+json",
        "model": str(load_models().newest.number).encode(),
    }
    value = json.loads(record.value)
    assert (value["id"], value["type"], value["subject"]) == ("e-1", event["type"], "r-1001")
    assert "traceparent" not in value
    assert record.timestamp_type == 1  # the broker's clock


async def test_a_batch_is_told_event_by_event(collector: Collector, kafka: str, topic: str) -> None:
    answer = await collector.post(
        body(
            [
                recorded(id="same"),
                submitted(answers(start_01=9), id="wrong"),
                recorded(id="same"),
                recorded(id="same", subject="another"),
                recorded(id="foreign", providerid=STRANGER),
            ]
        ),
        BATCH,
    )
    assert answer.status == 207
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.json["accepted"], answer.json["refused"], answer.json["retry"]) == (2, 3, 0)
    statuses = [(result["index"], result["id"], result["status"]) for result in answer.json["results"]]
    assert statuses == [
        (0, "same", "accepted"),
        (1, "wrong", "invalid"),
        (2, "same", "accepted"),
        (3, "same", "conflict"),
        (4, "foreign", "forbidden"),
    ]
    receipts = [answer.json["results"][index]["receipt"] for index in (0, 2)]
    assert len(set(receipts)) == 2
    values = [(await record_at(kafka, topic, receipt)).value for receipt in receipts]
    assert values[0] == values[1]


async def test_an_event_in_binary_mode_is_the_same_record(collector: Collector, kafka: str, topic: str) -> None:
    event = cancelled(id="e%41")
    attributes = {f"ce_{name}": str(event[name]) for name in event if name not in {"data", "datacontenttype"}}
    answer = await collector.post(body(event["data"]), "application/json", **attributes)
    assert answer.status == 202
    (result,) = answer.json["results"]
    assert result["id"] == "eA"
    structured = await collector.post(body({**event, "id": "eA"}))
    values = [
        (await record_at(kafka, topic, receipt)).value
        for receipt in (result["receipt"], structured.json["results"][0]["receipt"])
    ]
    assert values[0] == values[1]


async def test_an_empty_batch_is_accepted(collector: Collector) -> None:
    answer = await collector.post(b"[]", BATCH)
    assert (answer.status, answer.json) == (202, {"accepted": 0, "refused": 0, "retry": 0, "results": []})


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "code"),
    [
        (body(recorded(providerid=STRANGER)), STRUCTURED, 403, "events_forbidden"),
        (body(submitted(answers(start_01=9))), STRUCTURED, 422, "events_refused"),
        (b"{", STRUCTURED, 400, "unreadable_body"),
        (b"[]", STRUCTURED, 400, "unreadable_body"),
        (b"{}", BATCH, 400, "unreadable_body"),
        (b'[{}, {"a": "\xff"}]', BATCH, 400, "unreadable_body"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, STRUCTURED, 400, "unreadable_body"),
        (b"{}", "application/json", 400, "unreadable_body"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"{}", f"{STRUCTURED}; charset=utf-16", 415, "unsupported_media_type"),
        (b"[" + b"{}," * 10 + b"{}]", BATCH, 413, "too_many_events"),
        (b"[" + b" " * 200_000 + b"]", BATCH, 413, "content_too_large"),
    ],
)
async def test_what_isnt_accepted_is_a_problem_document(
    collector: Collector, raw: bytes, content_type: str, status: int, code: str
) -> None:
    answer = await collector.post(raw, content_type)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json["type"], answer.json["status"]) == (f"/problems/{code}", status)
    assert answer.json["instance"].endswith(answer.headers["X-Request-Id"])
    assert ("results" in answer.json) == (status in {403, 422})


async def test_a_body_without_a_length_is_bounded_all_the_same(collector: Collector) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 1_000

    token = collector.issuer.mint(organisations=[PROVIDER], scope="feedback:write")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": BATCH}
    async with collector.session.post(f"{collector.url}/v1/events", data=endless(), headers=headers) as response:
        assert response.status == 413


async def test_a_compressed_body_isnt_taken_and_the_answer_says_what_is(collector: Collector) -> None:
    answer = await collector.post(b"\x1f\x8b", Content_Encoding="gzip")
    assert (answer.status, answer.headers["Accept-Encoding"]) == (415, "identity")


async def test_an_unknown_media_type_is_told_which_are_taken(collector: Collector) -> None:
    answer = await collector.post(b"{}", "application/xml")
    assert answer.headers["Accept"] == f"{STRUCTURED}, {BATCH}, application/json"


async def test_without_a_token_there_is_no_error_code(collector: Collector) -> None:
    answer = await collector.request("POST", "/v1/events", data=body(recorded()), Content_Type=STRUCTURED)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="palautevirta"')


async def test_a_bad_token_is_told_and_a_token_without_the_scope_allows_nothing(collector: Collector) -> None:
    expired = collector.issuer.mint(organisations=[PROVIDER], scope="feedback:write", expires_in_s=-1)
    answer = await collector.post(body(recorded()), Authorization=f"Bearer {expired}")
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    reader = collector.issuer.mint(organisations=[PROVIDER], scope="figures:read")
    answer = await collector.post(body(recorded()), Authorization=f"Bearer {reader}")
    assert answer.status == 403
    assert 'error="insufficient_scope", scope="feedback:write"' in answer.headers["WWW-Authenticate"]


async def test_a_token_of_eight_kibibytes_fits_into_its_header(collector: Collector) -> None:
    providers = [PROVIDER, *(f"1.2.246.562.10.1000000{number:04d}" for number in range(190))]
    token = collector.issuer.mint(organisations=providers, scope="feedback:write")
    assert 7_000 < len(token) <= 8 * 1024
    padded = collector.issuer.mint(
        organisations=providers, scope="feedback:write", jti="j" * (32 + (8 * 1024 - len(token)) * 3 // 4)
    )
    assert 8_185 < len(padded) <= 8 * 1024
    assert (await collector.post(body(recorded()), Authorization=f"Bearer {padded}")).status == 202
    answer = await collector.post(body(recorded()), Authorization=f"Bearer {'x' * 8_193}")
    assert (answer.status, answer.json["detail"]) == (401, "A token has at most 8 KiB.")


async def test_a_request_id_of_a_harmless_form_is_taken_over(collector: Collector) -> None:
    taken = await collector.post(b"[]", BATCH, X_Request_Id="my-request-1")
    assert taken.headers["X-Request-Id"] == "my-request-1"
    for odd in ("short", "with space in it", "x" * 65):
        answer = await collector.post(b"[]", BATCH, X_Request_Id=odd)
        assert answer.headers["X-Request-Id"] != odd
    assert taken.headers["Content-Language"] == "en"
    assert "Accept-Language" in taken.headers["Vary"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/events", 405),
        ("GET", "/v1/national-model/1999.1", 404),
        ("GET", "/v1/national-model/%00", 400),
        ("GET", "/v1/national-model?a=%0a", 400),
        ("GET", "/livez", 404),
        ("GET", "/metrics", 404),
    ],
)
async def test_every_failure_is_a_problem_document(collector: Collector, method: str, path: str, status: int) -> None:
    answer = await collector.request(method, path)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == status
    if status == 405:
        assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"no HTTP at all\r\n\r\n",
        b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret" + b"x" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_http_request_is_neither_repeated_nor_logged(
    collector: Collector, request_bytes: bytes, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(collector.url.rpartition(":")[2]))
    writer.write(request_bytes)
    async with asyncio.timeout(10):
        head, _, document = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    assert head.startswith(b"HTTP/1.0 400 ")
    assert b"Content-Type: application/problem+json" in head
    assert json.loads(document)["detail"] == "This is not an HTTP request that we read."
    logged = caplog.text + capsys.readouterr().out
    assert "request_not_parsed" in logged
    assert "secret" not in logged
    assert "aaaa" not in logged


async def test_a_body_that_breaks_off_is_no_failure_of_ours(
    collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    token = collector.issuer.mint(organisations=[PROVIDER], scope="feedback:write")
    _, writer = await asyncio.open_connection("127.0.0.1", int(collector.url.rpartition(":")[2]))
    writer.write(
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {STRUCTURED}\r\nContent-Length: 100\r\n\r\n{{".encode()
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(10):
        while 'duration_seconds_count{status="400"} 1.0' not in await collector.metrics():  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.01)
    assert "request_failed" not in capsys.readouterr().out


async def test_the_national_model_can_be_read(collector: Collector) -> None:
    versions = (await collector.request("GET", "/v1/national-model")).json["versions"]
    assert versions[0]["from"] == "2018-07-01"
    assert versions[-1]["to"] is None
    model = (await collector.request("GET", f"/v1/national-model/{versions[-1]['version']}")).json
    assert {survey["kind"] for survey in model["surveys"]} == {
        "start", "completion_whole", "completion_parts", "workplace_instructor", "workplace",
    }  # fmt: skip
    listed = {code for survey in model["surveys"] for code in survey["questionnaires"]}
    assert {questionnaire["code"] for questionnaire in model["questionnaires"]} == listed
    question = model["questionnaires"][0]["questions"][0]
    assert set(question) == {"code", "kind", "funding", "dont_know", "choices", "text"}
    assert set(model["code_lists"]) == {
        "trigger_source", "exclusion", "cancellation", "withdrawal", "competence_acquisition",
    }  # fmt: skip
    assert set(model["code_lists"]["exclusion"][0]) == {"code", "text", "from", "to"}


async def test_operations_tell_life_readiness_and_figures(collector: Collector) -> None:
    assert await collector.operation("/livez") == (200, {"ok": True, "reasons": {}})
    await collector.post(body(recorded()))
    assert 'collector_events_total{status="accepted"} 1.0' in await collector.metrics()
    collector.begin_drain()
    status, reasons = await collector.operation("/readyz")
    assert (status, list(reasons["reasons"])) == (503, ["drain"])
